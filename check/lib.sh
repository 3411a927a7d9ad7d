# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For the scripts in check/t: a work directory, the programs that they need, TAP.

CHECK_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
export SELFTESTS=$CHECK_TOP/tools/testing/selftests

check_work=$(mktemp -d) || exit
check_owner=$BASHPID

# A new child may receive a signal before it has reset our traps.
check_cleanup()
{
	((BASHPID != check_owner)) || rm -rf "$check_work"
}

trap check_cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
export TMPDIR=$check_work/tmp
mkdir "$TMPDIR"

check_points=0
check_failures=0
echo "TAP version 13"

# pass NAME
pass()
{
	check_points=$((check_points + 1))
	echo "ok $check_points $1"
}

# fail NAME [FILE]: prints FILE
fail()
{
	check_points=$((check_points + 1))
	check_failures=$((check_failures + 1))
	echo "not ok $check_points $1"
	[[ ! -s ${2:-} ]] || sed 's/^/#   /' "$2"
}

# skip NAME REASON
skip()
{
	check_points=$((check_points + 1))
	echo "ok $check_points $1 # SKIP $2"
}

# is NAME COMMAND...: passes if the command succeeds, else prints its output.
is()
{
	local name=$1

	shift
	if "$@" >"$check_work/is.out" 2>&1 </dev/null; then
		pass "$name"
	else
		fail "$name" "$check_work/is.out"
	fi
}

# same NAME WANTED GOT: passes if both files have the same text
same()
{
	is "$1" diff -u "$2" "$3"
}

# status NAME WANTED COMMAND...: passes if the command exits with WANTED; $output has its output.
output=$check_work/output
status()
{
	local name=$1 wanted=$2 got

	shift 2
	"$@" >"$output" 2>&1 </dev/null
	got=$?
	if [[ $got == "$wanted" ]]; then
		pass "$name"
	else
		echo "status $got, wanted $wanted" >>"$output"
		fail "$name" "$output"
	fi
}

# says NAME TEXT...: passes if each TEXT is in a line of $output.
says()
{
	local name=$1 text

	shift
	for text; do
		if ! grep -q -F -e "$text" "$output"; then
			echo "missing: $text" >>"$output"
			fail "$name" "$output"
			return
		fi
	done
	pass "$name"
}

# running TEXT: whether another process has TEXT in its command line.  Each test that never ends
# sleeps for a number of seconds that no other test has.
running()
{
	local file words

	for file in /proc/[0-9]*/cmdline; do
		mapfile -d '' -t words <"$file"
		[[ ${words[*]} != *"$1"* || $file == "/proc/$$/"* ]] || return 0
	done 2>/dev/null
	return 1
}

# until_running TEXT: waits some time for such a process.
until_running()
{
	local tries=600

	until running "$1" || ((tries-- == 0)); do
		sleep 0.05
	done
}

# gone NAME TEXT: passes if no such process is left, some time after a signal.
gone()
{
	local tries=300

	while running "$2" && ((tries-- > 0)); do
		sleep 0.05
	done
	if running "$2"; then
		fail "$1"
	else
		pass "$1"
	fi
}

# names NAME OUTPUT: passes if each migration test in the OUTPUT of a runner has a result for each
# case that its option -l lists, in this order and under this name: then the names are the same on
# every kernel and machine.  stdin has lines "PROGRAM CASE" of -l.  Cases that take -t and -U have
# no result, and programs that are skipped as a whole have no names.
names()
{
	awk '/^# selftests: / { program = $NF }
		program ~ /migrate/ && sub(/^# (not )?ok [0-9]+ /, "") {
			sub(/ # .*/, "")
			print program, $0
		}' "$2" >"$check_work/names"
	grep -v -E '[.](poison_moving|poisoned_offline|deadlock|(nested_)?uaddr_unused)$' |
		awk 'NR == FNR { seen[$1]; next } $1 in seen' "$check_work/names" - \
		>"$check_work/listed"
	same "$1" "$check_work/listed" "$check_work/names"
}

# need PROGRAM...: whether this machine has them, or the lab can install them.
need()
{
	(
		# shellcheck source=lab/lib.sh
		. "$CHECK_TOP/lab/lib.sh"
		lab_need "$@"
	) >"$check_work/need.out" 2>&1 </dev/null && return
	sed 's/^/# /' "$check_work/need.out"
	return 1
}

# need_or_skip_all PROGRAM...: without them, skips all of the script.
need_or_skip_all()
{
	need "$@" && return
	echo "1..0 # SKIP needs $*"
	exit 0
}

finish()
{
	echo "1..$check_points"
	exit $((check_failures > 0))
}
