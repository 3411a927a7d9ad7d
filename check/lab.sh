# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154 source-path=SCRIPTDIR source=lib.sh
#
# For the checks of the lab (check/t/*-lab-*): run a command, check its status, its output, and
# that it leaves nothing behind.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

LAB=$CHECK_TOP/lab
# Planted failures must not evict the logs of others.
# shellcheck disable=SC2031 # false positive
export LAB_LOGS=check-logs

# processes NAME TEXT: prints the ids of processes of program NAME (empty: of any) with TEXT on
# their command line.  A minimal system has no pgrep.
processes()
{
	local file words

	for file in /proc/[0-9]*/cmdline; do
		mapfile -d '' words 2>/dev/null <"$file" || continue
		[[ -z $1 || ${words[0]##*/} == "$1" ]] || continue
		[[ "${words[*]}" != *"$2"* ]] || basename "${file%/cmdline}"
	done
}

# leftovers: prints our processes and temporary files that still exist.
leftovers()
{
	local pid

	for pid in $(processes '' "$TMPDIR"); do
		tr '\0' ' ' <"/proc/$pid/cmdline"
		echo
	done 2>/dev/null
	find "$TMPDIR" -mindepth 1
}

# expect NAME STATUS TEXT... -- COMMAND...: COMMAND must exit with STATUS, print every TEXT, and
# leave no process and no temporary file.
expect()
{
	local name=$1 want=$2 texts=()

	shift 2
	while [[ $1 != -- ]]; do
		texts+=("$1")
		shift
	done
	shift
	"$@" >"$output" 2>&1 </dev/null
	judge "$name" "$want" $? "${texts[@]}"
}

# judge NAME WANT STATUS TEXT...: the same for a command that exited with STATUS and wrote to
# $output.
judge()
{
	local name=$1 want=$2 status=$3 text bad='' left

	shift 3
	left=$(leftovers)
	{
		[[ $status == "$want" ]] || { bad=1; echo "status $status, wanted $want"; }
		for text; do
			grep -q -F -e "$text" "$output" || { bad=1; echo "missing: $text"; }
		done
		[[ -z $left ]] || { bad=1; printf 'left behind:\n%s\n' "$left"; }
		echo "output:"
		tail -n 40 "$output"
	} >"$check_work/why"
	rm -rf "${TMPDIR:?}"/*
	if [[ $bad ]]; then
		fail "$name" "$check_work/why"
	else
		pass "$name"
	fi
}

# none NAME FILE PATTERN: passes if no file below FILE has a name as PATTERN
none()
{
	find "$2" -name "$3" >"$check_work/found"
	is "$1" test ! -s "$check_work/found"
}

# collection DIR LINE...: makes an installed kselftest directory with the program
# fake_migrate_test.  Its run_kselftest.sh runs the shell LINEs.
collection()
{
	local dir=$1

	shift
	mkdir -p "$dir/kvm"
	echo kvm:fake_migrate_test >"$dir/kselftest-list.txt"
	{
		printf '#!/bin/sh\necho "TAP version 13"\necho "1..1"\n'
		printf '%s\n' "$@"
	} >"$dir/run_kselftest.sh"
	chmod +x "$dir/run_kselftest.sh"
}

# on_kernel NAME ARGUMENT...: runs the collection on the kernel NAME of the lab.  Every result
# of a test is a result of this script.
on_kernel()
{
	local kernel=$1 status line name program reason=

	shift
	"$LAB/run" --kernel "$kernel" "$@" >"$output" 2>"$check_work/stderr" </dev/null
	status=$?
	while IFS= read -r line; do
		name=${line#*ok }
		name="$kernel: $program: ${name#* }"
		case $line in
		selftests:*)	program=${line##* } ;;
		skipped:*)	reason=${line#skipped: } ;;
		not\ *)		fail "$name" ;;
		*\ SKIP)	skip "${name% \# SKIP}" "$reason" ;;
		*)		pass "$name" ;;
		esac
	done < <(sed -n -E 's/^# (selftests: )/\1/p; s/^# (# )?(skipped: |(not )?ok [0-9])/\2/p' \
		"$output")
	# The summary comes after an empty line.
	sed '/^$/,$d' "$output" >"$check_work/ktap"
	is "$kernel: prints what bots parse" "$CHECK_TOP/check/ktap" run "$check_work/ktap"
	names "$kernel: the names are those of -l" "$check_work/ktap" < <("$LAB/run" -- -l |
		awk '/:$/ { program = substr($0, 1, length - 1); next } { print program, $0 }')
	cat "$check_work/stderr" >>"$output"
	if ((status == 0)); then
		pass "$kernel: lab/run succeeds"
	else
		fail "$kernel: lab/run succeeds" "$output"
	fi
}
