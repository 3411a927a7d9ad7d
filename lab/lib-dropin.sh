# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2030,SC2031 source-path=SCRIPTDIR
#
# The tests in a kernel tree.  All that changes is first prepared in a small copy of
# the few files concerned, step by step; a step is a commit of the series.  "tree" is
# the kernel, "tmp" a temporary directory, opt_* are the options of lab/dropin.

DROPIN_KVM=tools/testing/selftests/kvm
DROPIN_FROM=$LAB_TOP/$DROPIN_KVM

# What the tests use of a tree: file, what must be in it, in words.
DROPIN_NEEDS=(
	"Makefile|^VERSION =|the Makefile of a kernel"
	"$DROPIN_KVM/Makefile.kvm|^LIBKVM_OBJS|the KVM selftests, with a Makefile.kvm"
	"tools/testing/selftests/kselftest.h|ksft_test_result_code|ksft_test_result_code()"
	"$DROPIN_KVM/include/kvm_util_types.h|gva_t;|the type gva_t"
	"$DROPIN_KVM/include/kvm_util.h|vm_alloc\\(|vm_alloc()"
	"$DROPIN_KVM/include/kvm_syscalls.h|define __KVM_SYSCALL_DEFINE|__KVM_SYSCALL_DEFINE()"
	"$DROPIN_KVM/include/numaif.h|mbind|mbind() of the selftests"
	"include/uapi/linux/kvm.h|GUEST_MEMFD_FLAG_INIT_SHARED|guest_memfd that can be mapped"
)

# Architectures that the tests are ported to.
dropin_archs()
{
	local dir

	for dir in "$DROPIN_FROM"/lib/*/migrate; do
		basename "$(dirname "$dir")"
	done
}

# dropin_fits: leaves where the tests cannot be used in the tree, and says why not.
dropin_fits()
{
	local need file pattern words arch lacks=()

	[[ -z $opt_core ]] || DROPIN_NEEDS+=(
		"$DROPIN_KVM/include/kvm_syscalls.h|pthread_create|system calls of 7.3")
	for need in "${DROPIN_NEEDS[@]}"; do
		IFS='|' read -r file pattern words <<<"$need"
		grep -q -s -E -e "$pattern" "$tree/$file" || lacks+=("$words ($file)")
	done
	if [[ -r $tree/$DROPIN_KVM/Makefile.kvm ]]; then
		for arch in $(dropin_archs); do
			grep -q "^TEST_GEN_PROGS_$arch\\b" "$tree/$DROPIN_KVM/Makefile.kvm" ||
				lacks+=("the list TEST_GEN_PROGS_$arch ($DROPIN_KVM/Makefile.kvm)")
		done
	fi
	[[ ! -d $tree/$DROPIN_KVM/lib/migrate ||
		-e $tree/$DROPIN_KVM/lib/migrate/libmigrate.mk ]] ||
		lab_die "$tree has another $DROPIN_KVM/lib/migrate"
	((${#lacks[@]})) || return 0
	if [[ ! -e $tree/$DROPIN_KVM && ! -e $tree/Kbuild ]]; then
		lab_say "error: $tree is not a kernel tree"
	else
		lab_say "error: this kernel is too old, or changed too much: $tree$(dropin_version)"
	fi
	printf '  lacks %s\n' "${lacks[@]}" >&2
	exit "$LAB_ERROR"
}

dropin_version()
{
	sed -n -E '1,6s/^(VERSION|PATCHLEVEL|SUBLEVEL) = //p' "$tree/Makefile" 2>/dev/null |
		paste -s -d. | sed 's/^./ is Linux &/'
}

# ---- The patches of lab/series

# dropin_read_series: sets patch_subjects, patch_words and patch_texts, an entry per patch.  With
# --core, only what "+" marks.
dropin_read_series()
{
	local line n=-1 part word

	patch_subjects=()
	patch_words=()
	patch_texts=()
	while IFS= read -r line; do
		case $line in
		'#'*)	continue ;;
		'['*)	n=$((n + 1))
			part=words
			patch_subjects[n]=${line:1:-1}
			patch_words[n]=
			patch_texts[n]=
			continue ;;
		esac
		((n >= 0)) || continue
		[[ -n $line || $part == text ]] || { part=text; continue; }
		if [[ $part == text ]]; then
			patch_texts[n]+=$line$'\n'
			continue
		fi
		for word in $line; do
			[[ -n $opt_core && $word != +* ]] || patch_words[n]+=" ${word#+}"
		done
	done <"$LAB_DIR/series"
}

# dropin_files WORD...: prints the files that words of lab/series stand for; a word that stands for
# none, as it is.
dropin_files()
{
	local word file any

	for word; do
		any=
		for file in "$DROPIN_FROM"/{lib,include}{,/*}/migrate/"$word"{,.c,.h,.S} \
			"$DROPIN_FROM/$word.c"; do
			[[ -f $file ]] || continue
			any=y
			echo "${file#"$DROPIN_FROM/"}"
		done
		[[ -n $any ]] || echo "$word"
	done
}

# dropin_shared: prints what the tests share, relative to the directory of the KVM selftests.
dropin_shared()
{
	# shellcheck disable=SC2046 # lists of words
	dropin_files $(printf '%s\n' "${patch_words[@]}") | grep -v "_test[.]c\$" | sort
}

dropin_tests()
{
	# shellcheck disable=SC2046 # lists of words
	dropin_files $(printf '%s\n' "${patch_words[@]}") | grep "_test[.]c\$"
}

# dropin_whole: as dropin_shared, also with --core of the whole series.
dropin_whole()
{
	local opt_core=''

	dropin_read_series
	dropin_shared
}

# dropin_complete: fails where a file is in no patch.  The two must not drift apart.
dropin_complete()
{
	local lost

	lost=$(cd "$DROPIN_FROM" && find include/migrate lib/migrate include/*/migrate \
		lib/*/migrate -name '*.[chS]' -o -name '*.mk' | sort |
		comm -3 - <(opt_core='' && dropin_read_series && dropin_shared))
	[[ -z $lost ]] || lab_die "lab/series and $DROPIN_KVM differ: ${lost//$'\n'/ }"
}

# dropin_is_core: fails where TREE has files that the core has not.
dropin_is_core()
{
	local file

	while IFS= read -r file; do
		[[ ! -e $tree/$DROPIN_KVM/$file ]] ||
			lab_die "$tree has more than the core: $DROPIN_KVM/$file"
	done < <(dropin_shared | comm -13 - <(dropin_whole))
}

# ---- The core

DROPIN_CORE_TRIGGERS=(move_pages move_pages_all move_pages_remote
	mbind_move mbind_strict mbind_move_all migrate_pages migrate_pages_remote)
DROPIN_CORE_PROPERTIES=(idle running running_uaddr running_two_slots partial pinned punch_refault)
DROPIN_CORE_CONFIG="KVM|KVM_INTEL|KVM_AMD|KVM_SW_PROTECTED_VM|MEMFD_CREATE|NUMA|MIGRATION|\
PROC_PAGE_MONITOR"

# Names of what the core has not, as lab/core.awk takes them.
DROPIN_CORE_LACKS=(
	# memory that a CPU encrypts or firmware takes over, and conversions of private memory
	launch launch_ops launched launch_later convert_clears gmem_launch_fill end_launch
	map_encrypted GMEM_GVA_SHARED accept accept_page not_accepted guest_done encrypted
	encrypted_vm_map vm_kind_reads_zero PAGES_LAUNCHED PAGES_PRIVATE conversion
	convert_to_private
	# triggers by frame, and those whose pages or target node the kernel picks
	pfns by_pfn frame_is unmapped unmapped_ops finder partial kernel_picks_node huge moves_once
	all_or_nothing exclusive_only exclusive_only_unless_nice
	placement placement_state placement_setup placement_teardown placement_select_node
	placement_populated select_placement placement_again begin_placed
	judges_nothing fire_until_one_moves fixture_fire_tries fixture_fire_again
	must_not_touch TRIGGERS_NEVER OUTCOME_NEVER
	# what changes and watches the system around a case
	hook runner_hook env test_env test_env_hook exit_hook on_end handle_end_signals
	CONTRACT_BY_BTF
	# options and results of other tests
	group unsafe allow_unsafe slow allow_slow left_out help_left_out stress_vcpus parse_bytes
	results name_results help_perf
	RET_EBUSY RET_ENOMEM RET_EINVAL RET_EINTR flags_off
	# VMs and guest code of other cases
	over yielding nr_host_users left_out left_out_end large_offset few_pages interrupted also
	GUEST_WATCH is_hole
	# more cases, and kinds of VM with encrypted memory
	must_not_touch_add_cases alloc_zone_add_cases call_errors_add_cases
	memory_failure_add_cases encrypted_add_cases encrypted_add_late_cases
	vm_kind_private vm_kind_snp vm_kind_snp_mmap vm_kind_sev vm_kind_sev_es
	vm_kind_sev_late vm_kind_tdx
)

# dropin_core_rows FILE NAME...: leave only these rows of its tables, with what describes them.
dropin_core_rows()
{
	local core=" ${*:2} "

	# shellcheck disable=SC2016 # for awk
	dropin_edit "$from/$1" -v core="$core" '
		function is_core(name) { return index(core, " " name " ") }
		function put(line) {
			# The last row of a table may be gone.
			if (line == "")
				sub(/[ \t]*\\$/, "", held)
			if (holds++)
				print held
			held = line
		}
		/^ \*   [a-z_*]+ / && !columns { described = $2 }
		!/^ \*   / { described = "" }
		/^ \* Columns/ { columns = 1 }
		described != "" && !is_core(described) { next }
		/^\tROW\(/ {
			name = $0
			gsub(/^\tROW\(|,.*/, "", name)
			open = 0
			dropped = !is_core(name)
			if (!dropped && heading != "")
				put(heading)
			heading = ""
			in_row = 1
		}
		in_row {
			open += gsub(/\(/, "(") - gsub(/\)/, ")")
			if (!dropped)
				put($0)
			in_row = open > 0
			next
		}
		/^\t\/\*.*\*\/[ \t]*\\$/ { heading = $0; next }
		{ put($0) }
		END { print held }'
}

# dropin_core: sets from to a directory with the core.
dropin_core()
{
	local file files

	from=$tmp/core
	mapfile -t files < <(dropin_shared; dropin_tests)
	for file in "${files[@]}"; do
		dropin_copy "$DROPIN_FROM" "$file" "$from"
	done
	dropin_core_rows include/migrate/matrix/contract_table.h "${DROPIN_CORE_TRIGGERS[@]}"
	dropin_core_rows include/migrate/matrix/property_table.h "${DROPIN_CORE_PROPERTIES[@]}"
	# The core needs Linux 7.3.
	dropin_edit "$from/lib/migrate/libmigrate.mk" '/^# Before Linux 7.3/ { old = 1 }
		!old; /^$/ { old = 0 }'
	mapfile -t files < <(printf "$from/%s\n" "${files[@]}" | grep '[.][ch]$')
	awk -v words="${DROPIN_CORE_LACKS[*]}" -f "$LAB_DIR/core.awk" "${files[@]}" ||
		lab_die "cannot take the core out of the tests"
}

# ---- The copy, and the steps

# dropin_stage: sets stage to a directory with all that the tree is to have.
dropin_stage()
{
	local file n words

	dropin_complete
	dropin_read_series
	[[ -z $opt_core ]] || dropin_is_core
	stage=$tmp/stage
	from=$DROPIN_FROM
	[[ -z $opt_core ]] || dropin_core
	mkdir -p "$stage/$DROPIN_KVM"
	while IFS= read -r file; do
		[[ ! -e $tree/$DROPIN_KVM/$file ]] || dropin_copy "$tree/$DROPIN_KVM" "$file" \
			"$stage/$DROPIN_KVM"
	done < <(printf '%s\n' Makefile.kvm .gitignore config settings
		dropin_shared; dropin_tests)
	dropin_commit "what $tree has"
	for ((n = 0; n < ${#patch_subjects[@]}; n++)); do
		read -r -a words <<<"${patch_words[n]}"
		((${#words[@]} == 0)) || dropin_step "${patch_subjects[n]}" "${patch_texts[n]}" \
			"${words[@]}"
	done
	dropin_config
	dropin_settings
	dropin_commit "Say what migration tests need" <<-'END'
	They need a kernel with NUMA and page migration, and they run for minutes
	where KVM is itself emulated.
	END
}

# dropin_step SUBJECT TEXT WORD...: one patch.
dropin_step()
{
	local subject=$1 text=$2 file test=

	while IFS= read -r file; do
		[[ ! -e $tree/$DROPIN_KVM/$file ]] || subject=${subject/#Add /Update }
		dropin_copy "$from" "$file" "$stage/$DROPIN_KVM"
		[[ $file != *_test.c ]] || test=$file
	done < <(dropin_files "${@:3}")
	if [[ -n $test ]]; then
		dropin_list "$test"
		text=$(dropin_header "$test")
	elif [[ " ${*:3} " == *" libmigrate.mk "* ]]; then
		dropin_include
		dropin_unignore
	fi
	dropin_commit "$subject" <<<"$text"
}

# dropin_copy FROM FILE TO
dropin_copy()
{
	{ mkdir -p "$(dirname "$3/$2")" && cp -- "$1/$2" "$3/$2"; } ||
		lab_failed_write "$tmp" "cannot copy $2"
}

# dropin_edit FILE AWK-ARGUMENT...: what awk makes of FILE replaces it.
dropin_edit()
{
	{ awk "${@:2}" "$1" >"$1.new" && mv -- "$1.new" "$1"; } ||
		lab_failed_write "$tmp" "cannot change $1"
}

dropin_has()
{
	grep -q -s -x -F -e "$2" "$stage/$DROPIN_KVM/$1"
}

# dropin_append FILE LINE...
dropin_append()
{
	local file=$stage/$DROPIN_KVM/$1

	# A last line without an end gets one.
	{ { awk 1 "$file" && printf '%s\n' "${@:2}"; } >"$file.new" &&
		mv -- "$file.new" "$file"; } || lab_failed_write "$tmp" "cannot change $1"
}

dropin_include()
{
	local line="include lib/migrate/libmigrate.mk"

	dropin_has Makefile.kvm "$line" || dropin_append Makefile.kvm "" "$line"
}

# The kernel's .gitignore lists what is not ignored there.
dropin_unignore()
{
	[[ -e $stage/$DROPIN_KVM/.gitignore ]] && dropin_has .gitignore '*' || return 0
	dropin_has .gitignore '!*.mk' || dropin_has .gitignore '!libmigrate.mk' ||
		dropin_append .gitignore '!libmigrate.mk'
}

# dropin_list TEST: to the list of its architecture, or of each that there is.
dropin_list()
{
	local archs arch name=${1%.c}

	mapfile -t archs < <(dropin_archs)
	[[ $1 != */* ]] || archs=("${1%%/*}")
	for arch in "${archs[@]}"; do
		grep -q -E "^TEST_GEN_PROGS_$arch\\b.*[= ]$name( |\$)" \
			"$stage/$DROPIN_KVM/Makefile.kvm" && continue
		# Behind the last line of the list, and what that goes on in.
		# shellcheck disable=SC2016 # for awk
		dropin_edit "$stage/$DROPIN_KVM/Makefile.kvm" \
			-v list="TEST_GEN_PROGS_$arch" -v name="$name" '
			{ line[NR] = $0 }
			$1 == list || index($1, list "+=") == 1 { last = NR }
			last == NR && /\\$/ { last = NR + 1 }
			END {
				for (i = 1; i <= NR; i++) {
					print line[i]
					if (i == last)
						print list " += " name
				}
			}'
	done
}

dropin_config()
{
	local options="[A-Z0-9_]+" line lines=()

	[[ -z $opt_core ]] || options=$DROPIN_CORE_CONFIG

	while IFS= read -r line; do
		dropin_has config "$line" || lines+=("$line")
	done < <(grep -E "^CONFIG_($options)=" "$DROPIN_FROM/config")
	((${#lines[@]} == 0)) || dropin_append config "${lines[@]}"
}

dropin_settings()
{
	local limit

	limit=$(sed -n 's/^timeout=//p' "$DROPIN_FROM/settings")
	# shellcheck disable=SC2016 # for awk
	dropin_edit "$stage/$DROPIN_KVM/settings" -F= -v limit="$limit" \
		'$1 == "timeout" && $2 != 0 && $2 < limit { $0 = "timeout=" limit } 1'
}

# dropin_header TEST: prints what the comment at the head of TEST says, as an e-mail has it.
dropin_header()
{
	sed -e '1,/^\/\*$/d' -e '/^ \*\/$/,$d' -e 's/^ \* \{0,1\}//' "$from/$1" | awk '
		# Each line of a table begins anew, with its name in front.
		/^$/ { end_line(); print; next }
		/^\t[^\t]+\t/ {
			end_line()
			sub(/^\t/, "")
			name = sprintf("  %-11s", substr($0, 1, index($0, "\t") - 1))
			sub(/^[^\t]*\t+/, "")
			indent = name
		}
		{
			n = split($0, word, "[ \t]+")
			for (i = 1; i <= n; i++) {
				if (length(indent line) + length(word[i]) > 71) {
					next_indent = sprintf("%*s", length(indent), "")
					put()
					indent = next_indent
				}
				line = line (line == "" ? "" : " ") word[i]
			}
		}
		END { end_line() }
		function put() {
			if (line != "")
				print indent line
			line = ""
		}
		function end_line() {
			put()
			indent = ""
		}'
}

# ---- As a series

# dropin_identity: git must know whose commits these are.
dropin_identity()
{
	local ident

	lab_need git
	ident=$(git -C "$tree" var GIT_AUTHOR_IDENT 2>/dev/null) ||
		lab_die "git does not know who you are:" \
			"git config --global user.name NAME, and user.email ADDRESS"
	author=${ident%% <*}
	email=${ident##*<}
	email=${email%%>*}
}

dropin_git()
{
	GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null \
		GIT_AUTHOR_NAME=$author GIT_COMMITTER_NAME=$author \
		GIT_AUTHOR_EMAIL=$email GIT_COMMITTER_EMAIL=$email \
		git -C "$stage" "$@"
}

# dropin_commit SUBJECT: of a series, with the text on stdin; where nothing changed, none.
dropin_commit()
{
	[[ -n $opt_patch ]] || return 0
	if [[ ! -d $stage/.git ]]; then
		dropin_git init -q && dropin_git add -A -f &&
			dropin_git commit -q --allow-empty -m "$1"
	else
		dropin_git add -A -f
		dropin_git diff --cached --quiet && return 0
		dropin_git commit -q ${opt_signoff:+--signoff} -F <(
			printf 'KVM: selftests: %s\n\n' "$1"
			cat
		)
	fi || lab_failed_write "$tmp" "git could not commit: $1"
}

dropin_series()
{
	local dir=$1

	mkdir -p -- "$dir" 2>/dev/null
	[[ -d $dir && -w $dir ]] || lab_die "cannot write to $dir"
	[[ -z $(find "$dir" -maxdepth 1 -name '*.patch' -print -quit) ]] ||
		lab_die "there are patches in $dir already"
	dir=$(realpath -- "$dir")
	mkdir "$tmp/patches"
	dropin_git format-patch -q --no-signature --root -o "$tmp/patches" \
		"$(dropin_git rev-list --max-parents=0 HEAD)..HEAD" ||
		lab_failed_write "$tmp" "git could not write the series"
	if [[ -z $(find "$tmp/patches" -name '*.patch' -print -quit) ]]; then
		lab_say "$tree has the tests as they are: nothing to do"
		return
	fi
	cp -- "$tmp/patches"/* "$dir/" || lab_failed_write "$dir" "cannot write the series"
	printf '%s\n' "$dir"/*.patch
	dropin_count "$dir"/*.patch
}

# dropin_count PATCH...: how large is the series?
dropin_count()
{
	awk '
		FNR == 1 { n++; lines = 0; in_diff = 0 }
		/^diff --git / { in_diff = 1 }
		in_diff && /^\+/ && !/^\+\+\+ / { total++; lines++ }
		lines > most { most = lines }
		END { printf "%d patches add %d lines, the largest %d\n", n, total, most }
	' "$@"
}

# ---- Into the tree

# dropin_put: what differs goes into the tree; what lists it, last.
dropin_put()
{
	local file changed=() lost=()

	while IFS= read -r file; do
		cmp -s -- "$stage/$file" "$tree/$file" || changed+=("$file")
	done < <(cd "$stage" && find . -type f -printf '%P\n' |
		sort | awk '/Makefile.kvm$/ { last = $0; next } 1; END { if (last) print last }')
	if ((${#changed[@]} == 0)); then
		lab_say "$tree has the tests as they are: nothing to do"
	fi
	for file in "${changed[@]}"; do
		dropin_kept "$file" || lost+=("$file")
	done
	if ((${#lost[@]})) && [[ -z $opt_force ]]; then
		lab_say "error: files of the tests are changed in $tree, and no commit has them:"
		printf '  %s\n' "${lost[@]}" >&2
		lab_die "nothing was done; --force replaces them"
	fi
	for file in "${changed[@]}"; do
		dropin_put_file "$file"
	done
	dropin_strangers
}

# dropin_kept FILE: is nothing lost where FILE is replaced?
dropin_kept()
{
	case $1 in
	*/Makefile.kvm | */.gitignore | */config | */settings) return 0 ;;
	esac
	[[ -e $tree/$1 ]] || return 0
	git -C "$tree" ls-files --error-unmatch -- "$1" >/dev/null 2>&1 &&
		git -C "$tree" diff --quiet HEAD -- "$1" 2>/dev/null
}

dropin_put_file()
{
	local to=$tree/$1 verb=adds

	[[ ! -e $to ]] || verb=changes
	lab_tmp_paths+=("$to.dropin")
	{ mkdir -p -- "$(dirname "$to")" && cp -- "$stage/$1" "$to.dropin" &&
		mv -- "$to.dropin" "$to"; } ||
		lab_failed_write "$tree" "cannot write $to; start again to complete it"
	lab_say "$verb $1"
}

# What is in the directories of the tests and not theirs is built with them.
dropin_strangers()
{
	local file

	while IFS= read -r file; do
		lab_say "leaves $DROPIN_KVM/$file: not of these tests, or not any more"
	done < <(cd "$tree/$DROPIN_KVM" && find include/migrate lib/migrate include/*/migrate \
		lib/*/migrate -name '*.[chS]' 2>/dev/null | sort | comm -23 - <(dropin_shared))
}

# ---- Does it build?

# dropin_build: with the kernel's own make; a warning is a failure.
dropin_build()
{
	local out=$tmp/out log=$tmp/log arch archs tests words=() test

	lab_need_selftests "$tree"
	lab_need_space "$tmp" 200 "building the tests"
	mapfile -t tests < <(dropin_tests)
	mapfile -t archs < <(dropin_archs)
	for arch in "${archs[@]}"; do
		words+=("TEST_PROGS_$arch=" "TEST_GEN_PROGS_EXTENDED_$arch="
			"TEST_GEN_PROGS_$arch=$(printf '%s\n' "${tests[@]%.c}" |
				grep -E "^([^/]*|$arch/.*)\$" | paste -s -d' ')")
	done
	mkdir -p "$out"
	if [[ -e $tree/usr/include/linux/kvm.h ]]; then
		words+=(KHDR_INCLUDES="-isystem $tree/usr/include")
	elif [[ -e $tree/.config || -d $tree/include/config ]]; then
		lab_die "$tree was configured in place: run 'make headers' there before --check"
	else
		lab_make -C "$tree" O="$out" headers >"$log" 2>&1 ||
			dropin_failed "$log" "make headers failed"
	fi
	lab_say "building ${#tests[@]} tests"
	lab_make -C "$tree/tools/testing/selftests" TARGETS=kvm O="$out" FORCE_TARGETS=1 \
		"${words[@]}" >"$log" 2>&1 || dropin_failed "$log" "they do not build"
	for test in "${tests[@]%.c}"; do
		[[ -x $out/kselftest/kvm/$test ]] || dropin_failed "$log" "$test was not built"
	done
	! grep -q 'warning:' "$log" || dropin_failed "$log" "they build, but not without a warning"
	lab_say "${#tests[@]} tests build without a warning:" "${tests[@]%.c}"
}

dropin_failed()
{
	tail -n 40 "$1" >&2
	lab_say "error: $2"
	exit "$LAB_FAILED"
}
