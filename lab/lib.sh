# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash source-path=SCRIPTDIR
#
# Shared by the programs of the lab: messages, children and temporary files
# that never outlive us, and a cache whose entries are complete or absent.
# Sourcing it only defines functions and traps.
#
# Exit statuses of every program here:
#	0  success; for a test run: every program ran and no test failed
#	1  a test failed, or the kernel printed a splat while tests ran
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
: "${LAB_LOGS:=logs}"	# the directory of logs in the cache; the checks have one of their own
: "$LAB_FAILED" "$LAB_USAGE" "$LAB_NO_VERDICT" "$LAB_TOP"

# ---------------------------------------------------------------- messages

# lab_say TEXT...: print a message on stderr.
lab_say()
{
	printf '%s: %s\n' "$LAB_SELF" "$*" >&2
}

# lab_die TEXT...: print an error and exit with LAB_ERROR.
lab_die()
{
	lab_say "error: $*"
	exit "$LAB_ERROR"
}

lab_usage_error()
{
	lab_say "error: $*"
	lab_say "see '$(lab_name) --help'"
	exit "$LAB_USAGE"
}

# lab_name: print the name of the program with its directory, as lab/run.
lab_name()
{
	echo "$(basename "$(dirname "$(realpath -- "$0")")")/$LAB_SELF"
}

# lab_print_version: print the name of the program and the version of the project.
lab_print_version()
{
	local header=tools/testing/selftests/kvm/include/migrate/runner/version.h

	echo "$(lab_name) $(sed -n 's/^#define MIGRATE_VERSION[^"]*"\(.*\)"$/\1/p' \
		"$LAB_TOP/$header")"
}

# lab_number OPTION VALUE MIN: VALUE must be a plain decimal number >= MIN.
lab_number()
{
	if ! [[ $2 =~ ^[0-9]{1,9}$ ]] || ((10#$2 < $3)); then
		lab_usage_error "$1 needs a number from $3 up, not '$2'"
	fi
}

# ---------------------------------------------------- children and cleaning

lab_children=()		# process ids, each the leader of its own group
lab_child_limit=5	# seconds between SIGTERM and SIGKILL
declare -A lab_limits
lab_tmp_paths=()	# paths to remove at exit
lab_uninterruptible=	# id of a child that must not be killed (dpkg)
lab_at_exit=		# a function that lab_cleanup() calls first
lab_owner=$BASHPID

lab_forget_child()
{
	local pid others=()

	for pid in "${lab_children[@]}"; do
		[[ $pid == "$1" ]] || others+=("$pid")
	done
	lab_children=("${others[@]}")
}

# lab_end_child PID: send SIGTERM to its process group, and SIGKILL after its limit.
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
			lab_say "waiting for the package installation to end"
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

# lab_start COMMAND...: run it in the background and set lab_pid.  Its own session
# keeps a terminal's signals away from it: our trap ends it.  It also ends if
# we are killed.  stdin is empty, so it cannot ask a question.
lab_start()
{
	setsid setpriv --pdeathsig TERM -- "$@" </dev/null &
	lab_pid=$!
	lab_children+=("$lab_pid")
	lab_limits[$lab_pid]=$lab_child_limit
}

# lab_wait PID: wait for a child of lab_start; returns its status.
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

# lab_make ARGUMENT...: run make on all CPUs.  It must not use the job server of a make
# that started us.
lab_make()
{
	lab_do env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s -j"$(nproc)" "$@"
}

# lab_tmp VAR: make a temporary directory and set VAR to its path.
lab_tmp()
{
	local base=${TMPDIR:-/tmp} old pid made

	# Remove directories of earlier runs that SIGKILL ended.
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

# lab_cache: set LAB_CACHE and make the directory, once.
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

# lab_need_space DIR MIB WHAT: exit unless DIR has MIB of free space for WHAT.
lab_need_space()
{
	local free

	free=$(df -Pk -- "$1" | awk 'NR == 2 { print int($4 / 1024) }')
	[[ $free =~ ^[0-9]+$ ]] || return 0
	((free >= $2)) ||
		lab_die "no space left in $1 for $3: $2 MiB needed, $free MiB free"
}

# lab_failed_write DIR TEXT...: exit because a step that writes to DIR failed; say
# if the disk is full.
lab_failed_write()
{
	local dir=$1 free

	shift
	free=$(df -Pk -- "$dir" | awk 'NR == 2 { print int($4 / 1024) }')
	((${free:-9999} >= 8)) || lab_die "no space left in $dir ($free MiB free): $*"
	lab_die "$*"
}

declare -A lab_locks

# lab_lock NAME: lock NAME, so that only one run prepares it.  lab_unlock NAME or
# the end of this process releases the lock.
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
	# We hold the lock, so a staging directory is left from a killed run.
	rm -rf -- "$LAB_CACHE/$1".staging.*
	lab_locks[$1]=$fd
}

lab_unlock()
{
	local fd=${lab_locks[$1]}

	exec {fd}>&-
	unset "lab_locks[$1]"
}

# lab_staging NAME VAR: make a staging directory for NAME in the cache and set VAR to
# its path.  The caller holds the lock of NAME.
lab_staging()
{
	local made=$LAB_CACHE/$1.staging.$$

	mkdir -p -- "$made" || lab_failed_write "$LAB_CACHE" "cannot make $made"
	lab_tmp_paths+=("$made")
	printf -v "$2" '%s' "$made"
}

# lab_commit STAGING NAME: record the checksums of STAGING, then rename it to NAME
# atomically.
lab_commit()
{
	(cd "$1" && find . -type f ! -name 'SHA256SUMS*' -exec sha256sum {} + >SHA256SUMS.new &&
		mv SHA256SUMS.new SHA256SUMS) ||
		lab_failed_write "$LAB_CACHE" "cannot complete $2"
	rm -rf -- "${LAB_CACHE:?}/$2"
	mv -T -- "$1" "$LAB_CACHE/$2" || lab_failed_write "$LAB_CACHE" "cannot commit $2"
}

# lab_cached NAME: true if NAME is in the cache and its checksums match.
lab_cached()
{
	[[ -d $LAB_CACHE/$1 ]] || return 1
	(cd "$LAB_CACHE/$1" && sha256sum --quiet --status -c SHA256SUMS 2>/dev/null) && return 0
	lab_say "$1 in the cache is damaged: preparing it again"
	return 1
}

# lab_put FILE TEXT: replace a small file of the cache atomically.
lab_put()
{
	{ printf '%s\n' "$2" >"$1.new" && mv -- "$1.new" "$1"; } ||
		lab_failed_write "$LAB_CACHE" "cannot write $1"
}

# lab_hash: print a short hash of stdin.
lab_hash()
{
	sha256sum | cut -c1-16
}

# shellcheck source=lib-need.sh
. "$LAB_DIR/lib-need.sh"

# ---------------------------------------------------------------- progress

# lab_progress_start WHAT: start a progress line.  A terminal redraws it; a log gets
# a new line every 30 seconds.
lab_progress_start()
{
	lab_progress_what=$1
	lab_progress_began=$SECONDS
	lab_progress_last=0
	[[ -t 2 ]] || lab_say "$1"
}

# lab_progress PERCENT: show the percentage and an estimate of the time left.
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

# lab_progress_end [WORD]: end the progress line with WORD (default: done).
lab_progress_end()
{
	local spent=$((SECONDS - lab_progress_began))

	[[ ! -t 2 ]] || printf '\r\033[K' >&2
	lab_say "$lab_progress_what: ${1:-done} after $spent s"
}
