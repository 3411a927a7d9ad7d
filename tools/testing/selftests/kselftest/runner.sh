# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Runs tests one after the other, or in parallel in network namespaces, and prints their
# results as TAP.  run_kselftest.sh and "make run_tests" set BASE_DIR and source this file.
# It needs only POSIX sh and busybox, so that it runs in small virtual machines.
#
# Processes of a test:
#
#	runner --- prefixer	reads the test's output, puts "# " before each line
#	   |------ watcher	ends the test after the timeout, or if the runner is gone
#	   `------ test		in its own session, so that the runner can end its children

if [ ! -r "${BASE_DIR:-}/kselftest/ktap_helpers.sh" ]; then
	echo "runner.sh: BASE_DIR is '${BASE_DIR:-}', wanted the directory above kselftest/" >&2
	exit 1
fi
# shellcheck source=tools/testing/selftests/kselftest/ktap_helpers.sh
. "$BASE_DIR/kselftest/ktap_helpers.sh"

kselftest_default_timeout=45	# seconds for one test, 0 is no limit
timeout_rc=124			# status of a test that ran out of time
grace=5				# seconds from SIGTERM to SIGKILL
per_test_logging=		# set: write test output to one file per test
per_test_log_dir=/tmp
RUN_IN_NETNS=			# set: tests run in parallel, each in a network namespace of its own
one_log=			# set: fd 4 is a file for all tests

exec 4>&1			# fd 4: output of the tests

has()
{
	command -v "$1" >/dev/null 2>&1
}

# A background job of sh ignores SIGINT and SIGQUIT, which a test must not inherit.
# busybox cannot undo that.
launch=
env --default-signal=INT,QUIT true 2>/dev/null && launch="env --default-signal=INT,QUIT"
has setsid && launch="$launch setsid"
has stdbuf && launch="$launch stdbuf -oL"

is_number()
{
	case $1 in
	'' | *[!0-9]* | ??????????*) return 1 ;;
	esac
}

# Copies stdin to stdout with "# " before every line, without delay, up to a line that
# ends in $1.  (sed and awk buffer the data of a pipe.)
prefix_lines()
{
	trap '' TERM HUP
	while IFS= read -r line || [ -n "$line" ]; do
		case $line in
		*"$1")
			line=${line%"$1"}
			[ -z "$line" ] || printf '# %s\n' "$line"
			return ;;
		esac
		printf '# %s\n' "$line"
	done
}

# Signals all processes of the running test (which has no process group at first).
signal_test()
{
	kill "-$1" "-$test_pid" 2>/dev/null || kill "-$1" "$test_pid" 2>/dev/null
}

# Ends the test with SIGTERM, so that it can undo its changes, then with SIGKILL.
end_test()
{
	signal_test TERM
	waited=0
	while [ "$waited" -lt "$grace" ] && signal_test 0; do
		sleep 1
		waited=$((waited + 1))
	done
	signal_test KILL
}

# Ends the test after $1 seconds, with status 124, or when the runner is gone.
watch_test()
{
	trap 'stop_sleep; exit 0' TERM
	passed=0
	while [ "$1" -eq 0 ] || [ "$passed" -lt "$1" ]; do
		sleep 1 &
		wait $!
		# SIGTERM may have come before the trap was set: does the test still run?
		signal_test 0 || exit 0
		passed=$((passed + 1))
		kill -0 $$ 2>/dev/null || break
	done
	trap '' TERM
	end_test
	return "$timeout_rc"
}

stop_sleep()
{
	[ $! -eq "$test_pid" ] || kill $!
	wait
}

# Waits until the test ends and its output is written; returns the test's status.
finish_test()
{
	wait "$test_pid" 2>/dev/null
	test_rc=$?
	kill -KILL "-$test_pid" 2>/dev/null	# remaining children of the test
	test_pid=
	(printf '%s\n' "$end_mark" >&5) 2>/dev/null
	exec 5>&-
	wait "$prefix_pid"
	return "$test_rc"
}

# On SIGINT, SIGTERM or SIGHUP, the runner ends the test and removes its pipe.
interrupted()
{
	trap '' INT TERM HUP
	if [ -n "$pipe_dir" ]; then
		rm -rf "$pipe_dir"
	fi
	if [ -n "$netns_dir" ]; then
		# shellcheck disable=SC2086 # words
		kill $netns_pids 2>/dev/null
		wait
		rm -rf "$netns_dir"
	fi
	if [ -n "$test_pid" ]; then
		[ -z "$watch_pid" ] || kill "$watch_pid" 2>/dev/null
		end_test &
		watch_pid=$!
		finish_test
		wait "$watch_pid"
	fi
	echo "Bail out! Interrupted by SIG$1"
	exit "$2"
}
test_pid='' watch_pid='' pipe_dir='' netns_dir='' netns_pids=''
trap 'interrupted INT 130' INT
trap 'interrupted TERM 143' TERM
trap 'interrupted HUP 129' HUP

# start_test DIRECTORY COMMAND...: starts the test; its prefixed output goes to fd 4.
start_test()
{
	if ! pipe_dir=$(mktemp -d) || ! mkfifo "$pipe_dir/pipe"; then
		ktap_exit_fail_msg "cannot make a pipe in ${TMPDIR:-/tmp}"
	fi
	end_mark="$(printf '\001')end of $pipe_dir"
	# fd 6 opens both ends first, because opening one end alone blocks.
	# shellcheck disable=SC2094 # the two ends of one pipe
	exec 6<>"$pipe_dir/pipe" 5>"$pipe_dir/pipe" 7<"$pipe_dir/pipe" 6>&-
	rm -rf "$pipe_dir"
	pipe_dir=

	# "exec" closes the fds; a redirection around the function would keep copies in sh.
	(exec 5>&- 7<&- && prefix_lines "$end_mark") <&7 >&4 &
	prefix_pid=$!
	# shellcheck disable=SC2086 # words
	(cd "$1" && shift && exec $launch "$@") </dev/null >&5 2>&1 4>&- 5>&- 7<&- &
	test_pid=$!
	exec 7<&-
}

# run_command SECONDS DIRECTORY COMMAND...: returns the command's status, or 124.
run_command()
{
	limit=$1
	shift
	start_test "$@"
	(exec 4>&- 5>&- && watch_test "$limit") >/dev/null 2>&1 &
	watch_pid=$!
	finish_test
	command_rc=$?
	kill "$watch_pid" 2>/dev/null
	wait "$watch_pid" 2>/dev/null
	[ $? -ne "$timeout_rc" ] || command_rc=$timeout_rc
	watch_pid=
	return "$command_rc"
}

# Sets $timeout for the tests of directory $1 to kselftest_override_timeout (from the
# environment or option -o), else to the last "timeout=" line of the directory's
# settings, else to the default.
find_timeout()
{
	timeout=$kselftest_default_timeout
	[ ! -r "$1/settings" ] || while IFS='= 	' read -r key value || [ -n "$key" ]; do
		[ "$key" = timeout ] || continue
		if is_number "$value"; then
			timeout=$value
		else
			ktap_print_msg "Warning: settings: timeout '$value' is not a number"
		fi
	done <"$1/settings"
	if [ -z "${kselftest_override_timeout:-}" ]; then
		ktap_print_msg "timeout set to $timeout" >&4
	elif is_number "$kselftest_override_timeout"; then
		timeout=$kselftest_override_timeout
		ktap_print_msg "overriding timeout to $timeout" >&4
	else
		ktap_exit_fail_msg "kselftest_override_timeout '$kselftest_override_timeout'" \
			"is not a number of seconds"
	fi
}

# Sets $args to the value of KSELFTEST_<NAME>_ARGS for test $1: my-test.sh gets
# KSELFTEST_MY_TEST_SH_ARGS.
find_args()
{
	args=$(printf '%s' "$1" | tr -d '[:blank:][:cntrl:]' | tr -c '[:alnum:]_' _ |
		tr '[:lower:]' '[:upper:]')
	eval "args=\${KSELFTEST_${args}_ARGS:-}"
}

# run_one COLLECTION TEST: runs the test and prints its result.
run_one()
{
	name=${2##*/}
	title="selftests: $1: $name"
	find_timeout "$BASE_DIR/$1"
	echo "# $title"
	if [ ! -e "$2" ]; then
		ktap_print_msg "Warning: file $name is missing!"
		ktap_test_fail "$title"
		return
	fi
	where=${2%/*}
	interpreter=
	if [ ! -x "$2" ] && [ -x "$where/ksft_runner.sh" ]; then
		interpreter=./ksft_runner.sh
	elif [ ! -x "$2" ]; then
		ktap_print_msg "Warning: file $name is not executable"
		read -r interpreter <"$2" 2>/dev/null
		case $interpreter in
		'#!'*)
			interpreter=${interpreter#??} ;;
		*)
			ktap_test_fail "$title"
			return ;;
		esac
	fi
	find_args "$name"
	set -f
	# shellcheck disable=SC2086 # words
	set -- $interpreter "./$name" $args
	set +f
	[ -z "$RUN_IN_NETNS" ] ||
		set -- unshare -n sh -c 'ip link set lo up; exec "$@"' sh "$@"

	run_command "$timeout" "$where" "$@"
	rc=$?
	case $rc in
	"$KSFT_PASS")	ktap_test_pass "$title" ;;
	"$KSFT_SKIP")	ktap_test_skip "$title" ;;
	"$KSFT_XFAIL")	ktap_test_xfail "$title" ;;
	"$timeout_rc")	ktap_test_fail "$title" "TIMEOUT $timeout seconds" ;;
	*)		ktap_test_fail "$title" "exit=$rc" ;;
	esac
}

# open_test_log TEST: with a log for each test, sends fd 4 there.
open_test_log()
{
	[ -n "$per_test_logging" ] || return 0
	log=$per_test_log_dir/${1##*/}
	# Create a new file: /tmp may contain a symlink of that name.
	if ! (rm -f "$log" && set -C && : >"$log") 2>/dev/null; then
		ktap_exit_fail_msg "cannot write $log"
	fi
	exec 4>"$log"
}

# run_many COLLECTION TEST...: runs the tests; their paths are absolute.
run_many()
{
	collection=$1
	shift
	has setsid || ktap_print_msg "Warning: no setsid:" \
		"processes that a test leaves running will not be stopped"
	if [ -n "$RUN_IN_NETNS" ]; then
		run_parallel "$@"
		return
	fi
	for test in "$@"; do
		open_test_log "$test"
		run_one "$collection" "$test"
	done
}

# start_parallel TEST: runs it in the background.  What it prints goes to the file
# KTAP_TESTNO in netns_dir, and its output there too, or to the file KTAP_TESTNO.log.
start_parallel()
{
	(
		netns_dir=''
		trap 'interrupted TERM 143' TERM
		exec >"$1"
		if [ -n "$one_log" ]; then
			exec 4>"$1.log"
		elif [ -z "$per_test_logging" ]; then
			exec 4>&1
		fi
		run_one "$collection" "$2"
	) &
	netns_pids="$netns_pids $!"
}

# run_parallel TEST...: runs them at the same time, and prints results in their order.
run_parallel()
{
	netns_dir=$(mktemp -d) || ktap_exit_fail_msg "cannot make a directory in ${TMPDIR:-/tmp}"
	netns_pids=
	first=$KTAP_TESTNO
	for test in "$@"; do
		open_test_log "$test"
		start_parallel "$netns_dir/$KTAP_TESTNO" "$test"
		KTAP_TESTNO=$((KTAP_TESTNO + 1))
	done
	KTAP_TESTNO=$first
	for pid in $netns_pids; do
		wait "$pid"
		[ -z "$one_log" ] || cat "$netns_dir/$KTAP_TESTNO.log" >&4
		cat "$netns_dir/$KTAP_TESTNO"
		ktap_count "$(sed -n '$p' "$netns_dir/$KTAP_TESTNO")"
	done
	rm -rf "$netns_dir"
	netns_dir='' netns_pids=''
}

# run_collection COLLECTION TEST...: runs the tests, with TAP header, plan and totals.
run_collection()
{
	ktap_print_header
	ktap_set_plan $(($# - 1))
	run_many "$@"
	ktap_print_totals
}
