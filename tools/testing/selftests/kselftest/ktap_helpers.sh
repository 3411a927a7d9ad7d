# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# TAP output for tests written in shell, like kselftest.h for C:
#
#	. "$(dirname "$0")/../kselftest/ktap_helpers.sh"
#	ktap_print_header
#	ktap_set_plan 2
#	ktap_test_result "true is true" true
#	ktap_test_skip "moon is full" "it is day"
#	ktap_finished

KSFT_PASS=0
KSFT_FAIL=1
# shellcheck disable=SC2034 # for scripts that source this
KSFT_XFAIL=2 KSFT_XPASS=3
KSFT_SKIP=4

KSFT_NUM_TESTS=0
KTAP_TESTNO=1
KTAP_CNT_PASS=0
KTAP_CNT_FAIL=0
KTAP_CNT_XFAIL=0
KTAP_CNT_SKIP=0

ktap_print_header()
{
	echo "TAP version 13"
}

ktap_set_plan()
{
	KSFT_NUM_TESTS=$1
	echo "1..$1"
}

ktap_print_msg()
{
	printf '# %s\n' "$*"
}

# ktap_result VERDICT NAME [DIRECTIVE [REASON]]
ktap_result()
{
	printf '%s\n' "$1 $KTAP_TESTNO $2${3:+ # $3}${4:+ $4}"
	KTAP_TESTNO=$((KTAP_TESTNO + 1))
}

ktap_test_pass()
{
	KTAP_CNT_PASS=$((KTAP_CNT_PASS + 1))
	ktap_result ok "$1"
}

# ktap_test_fail NAME [DIRECTIVE]
ktap_test_fail()
{
	KTAP_CNT_FAIL=$((KTAP_CNT_FAIL + 1))
	ktap_result "not ok" "$@"
}

# ktap_test_skip NAME [REASON]: parsers take a reason after "# SKIP" for a part of the name.
ktap_test_skip()
{
	KTAP_CNT_SKIP=$((KTAP_CNT_SKIP + 1))
	[ -z "${2:-}" ] || ktap_print_msg "skipped: $2"
	ktap_result ok "$1" SKIP
}

ktap_test_xfail()
{
	KTAP_CNT_XFAIL=$((KTAP_CNT_XFAIL + 1))
	ktap_result ok "$1" XFAIL "${2:-}"
}

# ktap_test_result NAME COMMAND...: passes where the command succeeds
ktap_test_result()
{
	_ktap_name=$1
	shift
	if "$@"; then
		ktap_test_pass "$_ktap_name"
	else
		ktap_test_fail "$_ktap_name"
	fi
}

# Prints a plan that skips the whole test.
ktap_skip_all()
{
	echo "1..0 # SKIP $*"
}

# Counts the result line $1, which another process printed.
ktap_count()
{
	KTAP_TESTNO=$((KTAP_TESTNO + 1))
	case $1 in
	"ok "*" # SKIP"*)	KTAP_CNT_SKIP=$((KTAP_CNT_SKIP + 1)) ;;
	"ok "*" # XFAIL"*)	KTAP_CNT_XFAIL=$((KTAP_CNT_XFAIL + 1)) ;;
	"ok "*)			KTAP_CNT_PASS=$((KTAP_CNT_PASS + 1)) ;;
	*)			KTAP_CNT_FAIL=$((KTAP_CNT_FAIL + 1)) ;;
	esac
}

ktap_print_totals()
{
	[ "$KTAP_CNT_SKIP" -eq 0 ] ||
		echo "# $KTAP_CNT_SKIP of $((KTAP_TESTNO - 1)) skipped"
	_ktap_done="pass:$KTAP_CNT_PASS fail:$KTAP_CNT_FAIL xfail:$KTAP_CNT_XFAIL"
	echo "# Totals: $_ktap_done xpass:0 skip:$KTAP_CNT_SKIP error:0"
}

ktap_exit_fail_msg()
{
	echo "Bail out! $*"
	ktap_print_totals
	exit "$KSFT_FAIL"
}

# Ends the test; as ksft_finished(), with SKIP if every result is a SKIP.
ktap_finished()
{
	ktap_print_totals
	_ktap_good=$((KTAP_CNT_PASS + KTAP_CNT_XFAIL + KTAP_CNT_SKIP))
	[ "$_ktap_good" -eq "$KSFT_NUM_TESTS" ] || exit "$KSFT_FAIL"
	[ "$KTAP_CNT_SKIP" -eq 0 ] || [ "$KTAP_CNT_SKIP" -lt "$_ktap_good" ] || exit "$KSFT_SKIP"
	exit "$KSFT_PASS"
}
