# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash source-path=SCRIPTDIR
#
# Shared by the programs of the lab: messages, children and temporary files
# that never outlive us, a cache that is either whole or absent.  Source it;
# it runs nothing but the definition of functions and traps.
#
# Exit statuses of every program here:
#	0  it worked; for a test run: all of it ran and nothing failed
#	1  a test failed, or the kernel complained while tests ran
#	2  wrong usage
#	3  the lab could not do its work (missing program, download, build, disk)
#	4  the machine ended without a verdict (panic, hang, power-off, kill)

LAB_FAILED=1
LAB_USAGE=2
LAB_ERROR=3
LAB_NO_VERDICT=4

LAB_PROJECT=kvm-migrate-lab
LAB_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_TOP=$(dirname "$LAB_DIR")
LAB_SELF=$(basename "$0")
: "$LAB_FAILED" "$LAB_USAGE" "$LAB_NO_VERDICT" "$LAB_TOP"

# ---------------------------------------------------------------- messages

# lab_say TEXT...: a line for the person who started us, on stderr.
lab_say()
{
	printf '%s: %s\n' "$LAB_SELF" "$*" >&2
}

# lab_die TEXT...: the lab cannot go on; say why and leave.
lab_die()
{
	lab_say "error: $*"
	exit "$LAB_ERROR"
}

lab_usage_error()
{
	lab_say "error: $*"
	lab_say "see '$LAB_SELF --help'"
	exit "$LAB_USAGE"
}

# lab_number OPTION VALUE MIN: VALUE must be a plain decimal number >= MIN.
lab_number()
{
	if ! [[ $2 =~ ^[0-9]{1,9}$ ]] || ((10#$2 < $3)); then
		lab_usage_error "$1 wants a number from $3 up, not '$2'"
	fi
}

# ---------------------------------------------------- children and cleaning

lab_children=()		# process ids, each the leader of its own group
lab_child_limit=5	# seconds that a child gets to end when asked to
declare -A lab_limits
lab_tmp_paths=()	# paths to remove when we end
lab_uninterruptible=	# a program that must not be killed half-way (dpkg)
lab_at_exit=		# a function of the program, called before the rest
lab_owner=$BASHPID

lab_forget_child()
{
	local pid others=()

	for pid in "${lab_children[@]}"; do
		[[ $pid == "$1" ]] || others+=("$pid")
	done
	lab_children=("${others[@]}")
}

# lab_end_child PID: ask the group to end, insist after its limit.
lab_end_child()
{
	local pid=$1 tries

	tries=$((20 * ${lab_limits[$pid]:-$lab_child_limit}))

	kill -TERM -- "-$pid" 2>/dev/null || kill -TERM "$pid" 2>/dev/null
	while ((tries-- > 0)) && kill -0 "$pid" 2>/dev/null; do
		sleep 0.05
	done
	kill -KILL -- "-$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	lab_forget_child "$pid"
}

lab_cleanup()
{
	local pid path

	# A child that was just forked may get a signal while it still has our traps.
	((BASHPID == lab_owner)) || return
	trap '' INT TERM HUP
	[[ -z $lab_at_exit ]] || "$lab_at_exit"
	for pid in "${lab_children[@]}"; do
		if [[ $pid == "$lab_uninterruptible" ]]; then
			lab_say "letting the package installation end first"
			kill -INT "$pid" 2>/dev/null
			wait "$pid"
			lab_forget_child "$pid"
		else
			lab_end_child "$pid"
		fi
	done
	for path in "${lab_tmp_paths[@]}"; do
		rm -rf -- "$path"
	done
}

lab_on_signal()
{
	[[ ! -t 2 ]] || printf '\n' >&2
	lab_say "interrupted ($1)"
	exit "$2"
}

trap lab_cleanup EXIT
trap 'lab_on_signal INT 130' INT
trap 'lab_on_signal TERM 143' TERM
trap 'lab_on_signal HUP 129' HUP
trap 'lab_on_signal PIPE 141' PIPE

# lab_start COMMAND...: run it beside us, its process id in lab_pid.  It has a
# session of its own, so that a signal reaches us first and we end it, and it
# ends when we are killed outright.  stdin is empty: nothing may ask a question.
lab_start()
{
	setsid setpriv --pdeathsig TERM -- "$@" </dev/null &
	lab_pid=$!
	lab_children+=("$lab_pid")
	lab_limits[$lab_pid]=$lab_child_limit
}

# lab_wait PID: wait for what lab_start started; returns its status.
lab_wait()
{
	local status

	wait "$1"
	status=$?
	lab_forget_child "$1"
	return $status
}

# lab_do COMMAND...: start and wait.
lab_do()
{
	lab_start "$@"
	lab_wait "$lab_pid"
}

# lab_make ARGUMENT...: the same for make, on all CPUs.  We may have been started by a
# make ourselves: this one is no part of its jobs.
lab_make()
{
	lab_do env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s -j"$(nproc)" "$@"
}

# lab_tmp VAR: a fresh temporary directory, its name in VAR.
lab_tmp()
{
	local base=${TMPDIR:-/tmp} old pid made

	# What a killed -9 predecessor could not remove itself.
	for old in "$base/$LAB_PROJECT".[0-9]*.*; do
		pid=${old#"$base/$LAB_PROJECT."}
		pid=${pid%%.*}
		[[ -O $old && $pid =~ ^[0-9]+$ ]] || continue
		[[ -d /proc/$pid ]] || rm -rf -- "$old"
	done
	made=$(mktemp -d "$base/$LAB_PROJECT.$$.XXXXXX") ||
		lab_die "cannot make a directory in $base"
	lab_tmp_paths+=("$made")
	printf -v "$1" '%s' "$made"
}

# ------------------------------------------------------------------- cache

# lab_cache: make LAB_CACHE usable, once.
lab_cache()
{
	[[ -z ${LAB_CACHE:-} ]] || return 0
	[[ -n ${XDG_CACHE_HOME:-} || -n ${HOME:-} ]] ||
		lab_die "neither XDG_CACHE_HOME nor HOME is set: no place for the cache"
	LAB_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/$LAB_PROJECT
	if ! mkdir -p -- "$LAB_CACHE" 2>/dev/null || ! [[ -w $LAB_CACHE ]]; then
		lab_die "cannot write to the cache directory $LAB_CACHE"
	fi
}

# lab_need_space DIR MIB WHAT: refuse before the disk is full, not after.
lab_need_space()
{
	local free

	free=$(df -Pk -- "$1" | awk 'NR == 2 { print int($4 / 1024) }')
	[[ $free =~ ^[0-9]+$ ]] || return 0
	((free >= $2)) ||
		lab_die "no space left in $1 for $3: $2 MiB needed, $free MiB free"
}

# lab_failed_write DIR TEXT...: a step that writes to DIR failed; say whether
# the disk is why.
lab_failed_write()
{
	local dir=$1 free

	shift
	free=$(df -Pk -- "$dir" | awk 'NR == 2 { print int($4 / 1024) }')
	((${free:-9999} >= 8)) || lab_die "no space left in $dir ($free MiB free): $*"
	lab_die "$*"
}

declare -A lab_locks

# lab_lock NAME: one run at a time prepares NAME.  Holds until lab_unlock NAME
# or the end of this process and of the children it leaves (it leaves none).
lab_lock()
{
	local fd

	lab_cache
	exec {fd}>>"$LAB_CACHE/$1.lock" ||
		lab_die "cannot write to the cache directory $LAB_CACHE"
	if ! flock -n "$fd"; then
		lab_say "another run is preparing $1: waiting for it"
		lab_do flock "$LAB_CACHE/$1.lock" true
		flock "$fd" || lab_die "cannot lock $1"
	fi
	# Nobody else is at work on NAME: what is half made was left by a kill.
	rm -rf -- "$LAB_CACHE/$1".staging.*
	lab_locks[$1]=$fd
}

lab_unlock()
{
	local fd=${lab_locks[$1]}

	exec {fd}>&-
	unset "lab_locks[$1]"
}

# lab_staging NAME VAR: a directory in the cache to prepare NAME in (lock held).
lab_staging()
{
	local made=$LAB_CACHE/$1.staging.$$

	mkdir -p -- "$made" || lab_failed_write "$LAB_CACHE" "cannot make $made"
	lab_tmp_paths+=("$made")
	printf -v "$2" '%s' "$made"
}

# lab_commit STAGING NAME: STAGING is complete.  Record what it holds, then give it its
# name in one step.
lab_commit()
{
	(cd "$1" && find . -type f ! -name 'SHA256SUMS*' -exec sha256sum {} + >SHA256SUMS.new &&
		mv SHA256SUMS.new SHA256SUMS) ||
		lab_failed_write "$LAB_CACHE" "cannot complete $2"
	rm -rf -- "${LAB_CACHE:?}/$2"
	mv -T -- "$1" "$LAB_CACHE/$2" || lab_failed_write "$LAB_CACHE" "cannot keep $2"
}

# lab_cached NAME: true if NAME is in the cache, whole.
lab_cached()
{
	[[ -d $LAB_CACHE/$1 ]] || return 1
	(cd "$LAB_CACHE/$1" && sha256sum --quiet --status -c SHA256SUMS 2>/dev/null) && return 0
	lab_say "$1 in the cache is damaged: preparing it again"
	return 1
}

# lab_put FILE TEXT: a small file of the cache, replaced in one step.
lab_put()
{
	{ printf '%s\n' "$2" >"$1.new" && mv -- "$1.new" "$1"; } ||
		lab_failed_write "$LAB_CACHE" "cannot write $1"
}

# lab_hash: one short key for everything on stdin.
lab_hash()
{
	sha256sum | cut -c1-16
}

# shellcheck source=lib-need.sh
. "$LAB_DIR/lib-need.sh"

# ---------------------------------------------------------------- progress

# lab_progress_start WHAT: a line that is redrawn on a terminal; elsewhere a
# plain line now and then, so that a log stays readable.
lab_progress_start()
{
	lab_progress_what=$1
	lab_progress_began=$SECONDS
	lab_progress_last=0
	[[ -t 2 ]] || lab_say "$1"
}

# lab_progress PERCENT: show share done and the time that is left, going by the
# time it took so far.
lab_progress()
{
	local share=$1 spent=$((SECONDS - lab_progress_began)) left=

	if ((share > 0 && spent > 0)); then
		left=$((spent * (100 - share) / share))
		printf -v left ', about %d:%02d left' $((left / 60)) $((left % 60))
	fi
	if [[ -t 2 ]]; then
		printf '\r\033[K%s: %s: %d%%%s' "$LAB_SELF" "$lab_progress_what" \
			"$share" "$left" >&2
	elif ((spent >= lab_progress_last + 30)); then
		lab_progress_last=$spent
		lab_say "$lab_progress_what: $share%$left"
	fi
}

# lab_progress_end [WORD]: done, or WORD instead.
lab_progress_end()
{
	local spent=$((SECONDS - lab_progress_began))

	[[ ! -t 2 ]] || printf '\r\033[K' >&2
	lab_say "$lab_progress_what: ${1:-done} after $spent s"
}
