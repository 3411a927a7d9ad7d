# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2034
#
# Derives a verdict from the output of a machine, and prints a summary.

# lab_count KTAP: sets count_* from the output of run_kselftest.sh.  Its own results begin a
# line ("ok 1 selftests: kvm: NAME"), those of a test follow "# ".
lab_count()
{
	local name value

	while IFS='=' read -r name value; do
		printf -v "count_$name" '%s' "$value"
	done < <(awk '
		/^1\.\.[0-9]+/			{ split($1, p, "[.][.]"); plan += p[2] }
		/^not ok [0-9]+ /		{ ran++; bad++ }
		/^ok [0-9]+ .*# SKIP/		{ ran++; skipped++; next }
		/^ok [0-9]+ /			{ ran++ }
		/^# ok [0-9]+.*# SKIP/		{ inner_skipped++; next }
		/^# ok [0-9]+/			{ inner_passed++ }
		/^# not ok [0-9]+/		{ inner_failed++ }
		END {
			printf "plan=%d\nran=%d\nbad=%d\nskipped=%d\n", plan, ran, bad, skipped
			printf "inner_passed=%d\ninner_failed=%d\ninner_skipped=%d\n",
				inner_passed, inner_failed, inner_skipped
		}' "$1")
	# "# # contract unmovable (BTF)", or the first line that has the word
	count_contract=$(grep -a -m 1 -i -o 'contract:\{0,1\} .*' "$1" | head -c 100)
}

# The kernel must print none of these while tests run.
LAB_SPLATS='WARNING:|BUG:|BUG at|Oops:|general protection fault|Internal error|'
LAB_SPLATS+='KASAN|KFENCE|UBSAN|'
LAB_SPLATS+='possible circular locking|possible recursive locking|inconsistent lock state|'
LAB_SPLATS+='rcu.*stall|blocked for more than|soft lockup|hard LOCKUP|'
LAB_SPLATS+='Out of memory: Killed process'

# lab_splats CONSOLE: prints the kernel splats that appeared during the tests.
lab_splats()
{
	tr -d '\r' <"$1" | sed -n '/lab: tests begin/,/lab: tests end/p' |
		grep -a -E "$LAB_SPLATS"
}

# lab_judge DIR: sets verdict_status (see lib.sh) and verdict_why, a line for each reason.
lab_judge()
{
	local dir=$1 new

	lab_count "$dir/ktap.log"
	verdict_why=()
	verdict_status=0
	mapfile -t splats < <(lab_splats "$dir/console.log")
	new=$((machine_taint_after & ~machine_taint))
	if [[ $machine_end == failed ]]; then
		verdict_why+=("$machine_error")
		verdict_status=$LAB_FAILED
	elif [[ $machine_end != end ]]; then
		verdict_why+=("no verdict: $machine_error")
		verdict_status=$LAB_NO_VERDICT
		[[ $machine_end != qemu ]] || verdict_status=$LAB_ERROR
	elif grep -q 'Out of memory: Killed process' <<<"${splats[*]}"; then
		verdict_why+=("no verdict: the machine ran out of memory: try a larger --memory")
		verdict_status=$LAB_NO_VERDICT
	elif ((count_ran == 0)); then
		verdict_why+=("no verdict: not one program ran (runner's status $machine_status)")
		verdict_status=$LAB_NO_VERDICT
	fi
	if ((count_bad > 0)); then
		verdict_why+=("$count_bad of $count_plan programs failed")
	elif [[ $machine_end == end ]] && ((count_ran > 0)); then
		lab_judge_rest "$new"
	fi
	((count_inner_failed == 0 || count_bad > 0)) ||
		verdict_why+=("$count_inner_failed points failed in programs that say ok")
	((new == 0)) ||
		verdict_why+=("the kernel became tainted while tests ran: $(lab_taint "$new")")
	((${#splats[@]} == 0)) ||
		verdict_why+=("kernel splat: ${splats[0]}")
	((${#verdict_why[@]} == 0 || verdict_status != 0)) || verdict_status=$LAB_FAILED
}

# No program failed: look for programs without a result, and for skipped ones.
lab_judge_rest()
{
	if ((count_ran != count_plan)); then
		verdict_why+=("$count_ran of $count_plan programs have a result")
	elif ((machine_status != 0)); then
		verdict_why+=("run_kselftest.sh ended with status $machine_status")
	elif ((count_skipped == count_ran)); then
		verdict_why+=("no verdict: every program was skipped")
		verdict_status=$LAB_NO_VERDICT
	fi
}

# lab_taint BITS: prints the letters of Documentation/admin-guide/tainted-kernels.rst.
lab_taint()
{
	local letters=PFSRMBUDAWCIOELKXTNJ bit out=

	for ((bit = 0; bit < ${#letters}; bit++)); do
		(($1 & 1 << bit)) && out+=${letters:bit:1}
	done
	echo "${out:-$1}"
}

# lab_logs NAME: makes a directory for the logs of a run, and sets log_dir.  Keeps the twenty
# newest ones.
lab_logs()
{
	local name=${1##*/} old

	log_dir=$LAB_CACHE/$LAB_LOGS/$(date +%Y%m%d-%H%M%S).$$-${name//[^A-Za-z0-9._+-]/_}
	mkdir -p "$log_dir" || lab_failed_write "$LAB_CACHE" "cannot make $log_dir"
	find "$LAB_CACHE/$LAB_LOGS" -mindepth 1 -maxdepth 1 -type d | sort -r | tail -n +21 |
		while IFS= read -r old; do
			rm -rf -- "$old"
		done
}

# lab_summary TEXT...: adds lines of at most 80 columns to summary_lines.
lab_summary()
{
	local line

	while IFS= read -r line; do
		summary_lines+=("            ${line% }")
	done < <(fold -s -w 68 <<<"$*")
}

# lab_skips KTAP: prints the number of cases per reason of their SKIPs, without the remedy.
lab_skips()
{
	awk -v most=6 '
		match($0, /^# # skipped: |^# 1[.][.]0 # SKIP /) {
			reason = substr($0, RLENGTH + 1)
			sub(/ \(.*/, "", reason)
			if (length(reason) > 53)
				reason = substr(reason, 1, 50) "..."
			count[reason]++
		}
		END {
			while (lines++ < most) {
				best = ""
				for (reason in count)
					if (best == "" || count[reason] > count[best] ||
					    (count[reason] == count[best] && reason < best))
						best = reason
				if (best == "")
					exit
				printf "%4d skipped: %s\n", count[best], best
				delete count[best]
			}
			for (reason in count) {
				others++
				cases += count[reason]
			}
			if (others)
				printf "%4d skipped: %d other reasons\n", cases, others
		}' "$1"
}

# lab_report NAME DIR: adds the paragraph about one machine to summary_lines.  Keeps the logs
# if anything is wrong.
lab_report()
{
	local name=$1 dir=$2 word=ok why line

	lab_judge "$dir"
	case $verdict_status in
	0)		;;
	"$LAB_FAILED")	word='NOT OK' ;;
	*)		word='NO VERDICT' ;;
	esac
	summary_lines+=("$(printf '%-10s  %s: %d passed, %d failed, %d skipped in %s' \
		"$word" "$name" "$count_inner_passed" "$count_inner_failed" "$count_inner_skipped" \
		"$count_ran of $count_plan programs")")
	lab_summary "$machine_seconds s${machine_boot:+, first test after $machine_boot s}"
	lab_summary "$kernel_release, $kernel_about"
	[[ -z $count_contract ]] || summary_lines+=("            $count_contract")
	while IFS= read -r line; do
		summary_lines+=("            $line")
	done < <(lab_skips "$dir/ktap.log")
	[[ -z $opt_times ]] || lab_slowest "$dir/times.log"
	[[ -z $opt_logs ]] || lab_keep_logs "$dir" "$opt_logs"
	[[ -z ${opt_results:-} ]] || lab_results "$name" "$dir"
	((verdict_status != 0)) || return 0
	[[ -z $opt_quiet ]] || lab_failed_points "$dir/ktap.log"
	for why in "${verdict_why[@]}"; do
		summary_lines+=("            $why")
	done
	while IFS= read -r line; do
		summary_lines+=("            $line")
	done < <(lab_first_failures "$dir/ktap.log")
	if [[ -n $opt_logs ]]; then
		log_dir=$opt_logs
	else
		lab_logs "$name"
		cp "$dir"/{console,ktap,times,qemu}.log "$log_dir/" 2>/dev/null
	fi
	summary_lines+=("            logs: $log_dir")
	[[ $machine_end == end || $machine_end == failed ]] || lab_console_tail "$name" "$dir"
}

# lab_slowest TIMES: adds the cases that took longest to summary_lines.
lab_slowest()
{
	local line

	while IFS= read -r line; do
		summary_lines+=("            $line")
	done < <(sort -s -r -n "$1" | awk 'NR <= 20 { printf "%6.1f s  %s %s\n", $1, $2, $3 }')
}

# lab_keep_logs DIR TO: copies the logs and the counters of a kernel with gcov, and writes the
# file "verdict" for scripts.  There,
# "boot" is empty if no test began, "end" is "end" if the collection ran to its end, and
# "first" has the seconds until the first failed point, and its name.
lab_keep_logs()
{
	{
		mkdir -p -- "$2" && cp "$1"/{console,ktap,times,qemu}.log "$2/" &&
			{ [[ ! -e $1/gcov.base64 ]] ||
				base64 -d "$1/gcov.base64" >"$2/gcov.tar.gz"; } &&
			printf '%s\n' "status=$verdict_status" "end=$machine_end" \
				"boot=$machine_boot" "release=$kernel_release" \
				"passed=$count_inner_passed" \
				"failed=$count_inner_failed" \
				"skipped=$count_inner_skipped" "why=${verdict_why[0]:-}" \
				"first=$machine_failed $(lab_first_failure "$1/ktap.log")" \
				>"$2/verdict.new" && mv "$2/verdict.new" "$2/verdict"
	} || lab_failed_write "$(dirname "$2")" "cannot keep the logs in $2"
}

# lab_first_failure KTAP: prints the program and the name of the first failed point.  Without
# a failed point, prints the first program that failed.
lab_first_failure()
{
	awk '
		/^# selftests: /		{ program = $NF }
		/^# not ok [0-9]+ /		{ print program, $5; exit }
		/^# Bail out!|^not ok [0-9]+ /	{ print program; exit }' "$1"
}

# lab_failed_points KTAP: prints each failed point after the comments of the program about it.
lab_failed_points()
{
	awk '
		/^# # /			{ said[n++] = substr($0, 5); next }
		/^# not ok [0-9]+/	{
			for (i = 0; i < n; i++)
				print said[i]
			print substr($0, 3)
		}
		/^# /			{ n = 0 }' "$1" | head -n 60
}

# lab_first_failures KTAP: prints the failed programs, each with its failed points below.
lab_first_failures()
{
	awk '
		/^# not ok [0-9]+/		{ sub(/^# /, "  "); point[n++] = $0; next }
		/^not ok [0-9]+ / {
			if (lines++ < 20)
				print
			for (i = 0; i < n && lines++ < 20; i++)
				print point[i]
		}
		/^(not )?ok [0-9]+ /		{ n = 0 }
		END				{ if (lines > 20) print "... and more" }' "$1"
}

lab_console_tail()
{
	lab_say "$1: $machine_error"
	if [[ -s $2/console.log ]]; then
		lab_say "the last lines of its console:"
		lab_console_last "$2/console.log" | sed 's/^/    /' >&2
	else
		lab_say "its console stayed empty"
	fi
}

# After a panic, the lines before it matter more than the end of its backtrace.
lab_console_last()
{
	if [[ $machine_end == panic ]]; then
		tr -d '\r' <"$1" | grep -a -m 1 -B 12 -A 8 'Kernel panic - not syncing'
	else
		tr -d '\r' <"$1" | tail -n 20
	fi
}
