#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs the tests that "make install" or "make gen_tar" installed beside this script.

self=$(readlink -f "$0" 2>/dev/null) || self=$0
BASE_DIR=$(cd "$(dirname "$self")" && pwd -P) || exit
list=$BASE_DIR/kselftest-list.txt

usage()
{
	cat <<END
usage: ${0##*/} [option...]
  -t, --test COLLECTION:TEST    run this test; -t and -c add up
  -c, --collection COLLECTION   run all tests of this collection
  -S, --skip COLLECTION:TEST    leave this test out
  -l, --list                    list the tests
  -d, --dry-run                 print the tests that would run
  -o, --override-timeout N      give every test N seconds, 0 for no limit
  -s, --summary                 print results only, write the rest to output.log
  -p, --per-test-log [DIR]      print results only, write the rest to one file
                                per test in DIR (default /tmp)
  -n, --netns                   run the tests of a collection at the same time, each in
                                its own network namespace
  -f, --no-error-on-fail        exit with 0 even if a test fails
  -h, --help                    print this
Without -t and -c, all tests run.  A * in a test's name matches any text.
The output is TAP.  Exit status: 0, or 1 if a test failed or an option is wrong.
END
}

wrong()
{
	echo "${0##*/}: $*" >&2
	echo "Try '${0##*/} -h'." >&2
	exit 1
}

# matches PATTERN...: sets $matched to the listed tests that match, each once, in the
# order of the patterns
matches()
{
	matched=' '
	for pattern in "$@"; do
		for entry in $available; do
			# shellcheck disable=SC2254 # $pattern is a pattern
			case $entry in
			$pattern) ;;
			*) continue ;;
			esac
			case $matched in
			*" $entry "*) ;;
			*) matched="$matched$entry " ;;
			esac
		done
	done
	[ "$matched" != ' ' ]
}

# With -s or -p, redirects fd 4, the output of the tests (see runner.sh), to a file.
open_log()
{
	[ -z "$summary" ] || [ -z "$log_dir" ] || wrong "choose one of -s and -p"
	if [ -n "$summary" ]; then
		: 2>/dev/null >"$BASE_DIR/output.log" || wrong "cannot write $BASE_DIR/output.log"
		exec 4>"$BASE_DIR/output.log"
		one_log=1
	elif [ -n "$log_dir" ]; then
		mkdir -p "$log_dir" 2>/dev/null
		per_test_log_dir=$(cd "$log_dir" 2>/dev/null && pwd -P) ||
			wrong "not a directory for logs: $log_dir"
		per_test_logging=1
	fi
}

# run_collection_of COLLECTION TEST...
run_collection_of()
{
	# The kernel log must show which collection its messages belong to.
	(echo "kselftest: Running tests in $1" >/dev/kmsg) 2>/dev/null
	run_many "$@"
}

# Runs tests in a row that are of one collection together.
run_selected()
{
	previous=
	for entry in $selected; do
		if [ "${entry%:*}" != "$previous" ]; then
			[ -z "$previous" ] || run_collection_of "$previous" "$@"
			previous=${entry%:*}
			set --
		fi
		set -- "$@" "$BASE_DIR/$previous/${entry##*:}"
	done
	[ -z "$previous" ] || run_collection_of "$previous" "$@"
}

# shellcheck source=tools/testing/selftests/kselftest/runner.sh
. "$BASE_DIR/kselftest/runner.sh" || exit

available=
[ ! -r "$list" ] || available=$(cat "$list")
chosen='' skip='' dry_run='' error_on_fail=1 summary='' log_dir=''
set -f

while [ $# -gt 0 ]; do
	option=$1 value=
	shift
	case $option in
	-t | --test | -c | --collection | -S | --skip | -o | --override-timeout)
		[ $# -gt 0 ] || wrong "$option needs an argument"
		value=$1
		shift ;;
	-p | --per-test-log)
		value=/tmp
		case ${1:--} in
		-*) ;;
		*) value=$1; shift ;;
		esac ;;
	esac
	case $option in
	-t | --test)
		matches "$value" || wrong "no such test: $value"
		chosen="$chosen $value" ;;
	-c | --collection)
		matches "$value:*" || wrong "no such collection: $value"
		chosen="$chosen $value:*" ;;
	-S | --skip)
		skip="$skip $value" ;;
	-o | --override-timeout)
		is_number "$value" || wrong "$option: '$value' is not a number of seconds"
		kselftest_override_timeout=$value ;;
	-p | --per-test-log)
		log_dir=$value ;;
	-s | --summary)
		summary=1 ;;
	-n | --netns)
		RUN_IN_NETNS=1 ;;
	-f | --no-error-on-fail)
		error_on_fail= ;;
	-d | --dry-run)
		dry_run=1 ;;
	-l | --list)
		[ -r "$list" ] || wrong "no $list: run this from an installed tree"
		cat "$list"
		exit ;;
	-h | --help)
		usage
		exit ;;
	*)
		wrong "unknown option or argument: $option" ;;
	esac
done

[ -r "$list" ] || wrong "no $list: run this from an installed tree"
# shellcheck disable=SC2086 # words
matches ${chosen:-*}
selected=$matched
# shellcheck disable=SC2086 # words
matches $skip
skip=$matched
for entry in $selected; do
	case $skip in
	*" $entry "*) selected="${selected%%" $entry "*} ${selected#*" $entry "}" ;;
	esac
done

if [ -n "$dry_run" ]; then
	# shellcheck disable=SC2086 # words
	printf '# would run %s\n' $selected
	exit
fi
open_log
# shellcheck disable=SC2086 # words
set -- $selected
ktap_print_header
ktap_set_plan $#
run_selected
ktap_print_totals || exit "$KSFT_FAIL"
[ "$KTAP_CNT_FAIL" -eq 0 ] || [ -z "$error_on_fail" ] || exit "$KSFT_FAIL"
exit "$KSFT_PASS"
