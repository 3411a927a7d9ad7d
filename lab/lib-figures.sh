# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 source-path=SCRIPTDIR
#
# Compares two libraries that run the same tests, in figures.  Part of lab/upstream-tests.

# sources SELFTESTS: prints the files that any KVM selftest may include or be linked with.
# It leaves out files of migration tests only, and shims of the kernel's headers.
sources()
{
	find "$1"/kvm/{lib,include}/{.,x86} -maxdepth 1 -name '*.[chS]'
}

# lines SELFTESTS: prints the number of their lines, without empty lines and comments.
lines()
{
	sources "$1" | xargs cat | "${CC:-gcc}" -fpreprocessed -dD -E -P -w -x c - 2>/dev/null |
		grep -c '[^[:space:]]'
}

# largest SELFTESTS: prints the lines of the largest function, and its name.
largest()
{
	# shellcheck disable=SC2016 # for awk
	sources "$1" | grep '\.c$' | xargs awk '
		/^[a-z_].*\(/ && !/;$/ { name = $0 }
		/^\{/ { begin = FNR }
		/^\}/ && begin {
			if (FNR - begin > most) { most = FNR - begin; of = name }
			begin = 0
		}
		END {
			sub(/\(.*/, "", of)
			sub(/.*[ *]/, "", of)
			print most - 1, of "()"
		}'
}

# figure WHAT KERNEL OURS
figure()
{
	printf '%-44s %-32s %s\n' "$@"
}

# build_seconds ARGUMENT...: calls build_on, and sets took to its duration in seconds.
build_seconds()
{
	local begin

	begin=$(date +%s%N)
	build_on "$@"
	took=$((($(date +%s%N) - begin) / 100000000))
	took=${took%?}.${took: -1}
}

bytes()
{
	local test sum=0

	for test in "${tests[@]}"; do
		strip -o "$tmp/stripped" "$collection/$1/$(basename "$test")"
		sum=$((sum + $(stat -c %s "$tmp/stripped")))
	done
	echo "$((sum / ${#tests[@]} / 1024)) KiB"
}

figures()
{
	local kernel=$tests_tree/tools/testing/selftests ours took kernel_took

	lab_need strip
	overlay "$tmp"
	lab_say "building ${#tests[@]} tests twice, from nothing"
	build_seconds kernel "$kernel" "$tmp/kernel" \
		KHDR_INCLUDES="-isystem $tests_tree/usr/include" USERLDFLAGS=-static
	kernel_took=$took
	build_seconds ours "$ours" "$tmp/ours"
	figure "" "kernel library" "ours"
	figure "lines of code of library and headers" "$(lines "$kernel")" "$(lines "$ours")"
	figure "lines of its largest function" "$(largest "$kernel")" "$(largest "$ours")"
	figure "seconds to build it and ${#tests[@]} tests" "$kernel_took" "$took"
	figure "a static test, stripped, on average" "$(bytes kernel)" "$(bytes ours)"
}
