# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
#
# The steps of a kernel build: patch, configure, compile with a progress line.
# lib-source.sh sources this file.

# lab_patch TREE NAME: apply the series NAME, which must apply without fuzz.
lab_patch()
{
	local tree=$1 patch tmp

	lab_tmp tmp
	while IFS= read -r patch; do
		patch -d "$tree" -p1 -s --forward --batch --fuzz=0 -i "$patch" >"$tmp/log" 2>&1 || {
			cat "$tmp/log" >&2
			lab_die "$(basename "$patch") does not apply to this source" \
				"('plain' builds it without patches)"
		}
	done < <(lab_series_patches "$2")
}

# Only BTF uses the debugging information, and it ignores the locations of variables.  Their
# generation would take a fifth of the compile time.
LAB_KCFLAGS="-fno-var-tracking -gno-statement-frontiers -gno-variable-location-views"

# Kernels that differ in a patch share nearly all of their objects.
LAB_CCACHE_SIZE=2G

# lab_make_args TREE OUT: sets make_args to a kbuild command for TREE with objects in OUT,
# which may be TREE itself.  It drops the make variables of the caller's own build.
lab_make_args()
{
	make_args=(env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS -u O -u KBUILD_OUTPUT make -C "$1"
		ARCH=x86_64 KBUILD_BUILD_USER=lab KBUILD_BUILD_HOST=lab
		KCFLAGS="$LAB_KCFLAGS")
	[[ $1 == "$2" ]] || make_args+=("O=$2")
	! lab_has ccache || make_args=(env CCACHE_DIR="$LAB_CACHE/ccache" CCACHE_NOHASHDIR=1
		CCACHE_MAXSIZE="$LAB_CCACHE_SIZE" "${make_args[@]}" CC="ccache gcc")
}

# lab_configure NAME TREE OUT STRICT LOG: apply our fragments to tinyconfig, and verify that
# each of their lines survived.  A lost line is an error if STRICT is "strict".
lab_configure()
{
	local name=$1 tree=$2 out=$3 strict=$4 log=$5 lost

	lab_make_args "$tree" "$out"
	lab_do "${make_args[@]}" -s tinyconfig >>"$log" 2>&1 || return 1
	lab_series_config "$name" | xargs -d '\n' cat >>"$out/.config" || return 1
	lab_do "${make_args[@]}" -s olddefconfig >>"$log" 2>&1 || return 1
	lost=$(lab_series_config "$name" | xargs -d '\n' cat | lab_lost_options "$out/.config")
	[[ -n $lost ]] || return 0
	lost=${lost//$'\n'/, }
	[[ $strict != strict ]] || lab_die "this kernel cannot be configured as wanted: lost $lost"
	lab_say "this kernel lacks some options of our configuration: $lost"
}

# lab_lost_options CONFIG <FRAGMENTS: prints the lines of FRAGMENTS that CONFIG contradicts.
# The last line about an option counts.  An option that CONFIG does not mention is not set.
lab_lost_options()
{
	awk '
		function name(line) {
			sub(/^# /, "", line)
			sub(/[= ].*/, "", line)
			return line
		}
		!/^CONFIG_/ && !/^# CONFIG_.* is not set$/ { next }
		FNR == NR		{ have[name($0)] = $0; next }
					{ want[name($0)] = $0 }
		END {
			for (n in want) {
				w = want[n]
				if (w ~ /=n$/)
					w = "# " n " is not set"
				if (n in have ? have[n] != w : w !~ /^#/)
					print w
			}
		}' "$1" -
}

# lab_make_kernel NAME TREE OUT STAGING STRICT: compile; put bzImage and config in STAGING.
lab_make_kernel()
{
	local name=$1 tree=$2 out=$3 staging=$4 strict=$5 log=$LAB_CACHE/build-$1.log

	: >"$log" || lab_failed_write "$LAB_CACHE" "cannot write $log"
	lab_tmp_paths+=("$log")
	lab_configure "$name" "$tree" "$out" "$strict" "$log" || lab_make_failed "$name" "$log"
	lab_compile "$name" "$tree" "$out" "$log" || lab_make_failed "$name" "$log"
	{ cp "$out/arch/x86/boot/bzImage" "$staging/bzImage" &&
		cp "$out/.config" "$staging/config"; } ||
		lab_failed_write "$LAB_CACHE" "cannot keep the kernel"
	lab_gcov_keep "$tree" "$out" "$name" "$staging"
	rm -f "$log"
}

lab_make_failed()
{
	local kept=$LAB_CACHE/$LAB_LOGS/build-$1.log

	grep -a -E 'error|Error|undefined|No space|No such file|not found' "$2" | head -n 20 >&2
	mkdir -p "$LAB_CACHE/$LAB_LOGS" && mv "$2" "$kept"
	lab_failed_write "$LAB_CACHE" "building $1 failed; all of its output: $kept"
}

# A build prints a line per step ("  CC      mm/slub.o").  The last build tells the number of
# steps; the first build has about this many with base.config.
LAB_MAKE_STEPS=1650

lab_compile()
{
	local name=$1 tree=$2 out=$3 log=$4 tmp fd both line steps=0 total status

	total=$LAB_MAKE_STEPS
	[[ ! -s $LAB_CACHE/$name.steps ]] || total=$(<"$LAB_CACHE/$name.steps")
	lab_make_args "$tree" "$out"
	lab_gcov_args "$tree" "$name"
	lab_tmp tmp
	mkfifo "$tmp/out"
	exec {both}<>"$tmp/out"
	lab_progress_start "building $name"
	lab_start "${make_args[@]}" -j"$(nproc)" bzImage >"$tmp/out" 2>>"$log"
	exec {fd}<"$tmp/out"
	exec {both}>&-
	while IFS= read -r line <&"$fd"; do
		printf '%s\n' "$line" >>"$log"
		[[ $line == "  "[A-Z]* ]] || continue
		steps=$((steps + 1))
		((steps % 8)) || lab_progress $((steps < total ? steps * 100 / total : 99))
	done
	exec {fd}<&-
	lab_wait "$lab_pid"
	status=$?
	if ((status != 0)); then
		lab_progress_end failed
		return 1
	fi
	lab_progress_end
	# An incremental build does not tell the number of steps of a complete one.
	((steps < total / 2)) || lab_put "$LAB_CACHE/$name.steps" "$steps"
}
