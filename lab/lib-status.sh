# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# The status line of lab/run below the results, if stderr is a terminal:
#
#	stock: 57 of 789; movable: 45 of 789; 2:40 left: move_pages.default.idle
#
# A machine beside writes its own part to the file LAB_STATUS.

# status_order: per program, the names of its cases in their order, for those that can list them.
declare -A status_order
status_total=0
status_others=()	# files of the machines beside
status_drawn=

# lab_status_shown: true if the line is shown, here or by another lab/run.  With -v, the console is
# where it would be.
lab_status_shown()
{
	[[ -z ${opt_verbose:-} && (-n ${LAB_STATUS:-} || -t 2) ]]
}

# lab_status_cases PROGRAM ARGUMENT...: asks an installed migration test for its cases.
lab_status_cases()
{
	local name=${1##*/} cases

	[[ $name == *migrate*_test && -z ${status_order[$name]:-} ]] || return 0
	mapfile -t cases < <("$1" "${@:2}" -l 2>/dev/null </dev/null)
	status_order[$name]=${cases[*]}
	status_total=$((status_total + ${#cases[@]}))
}

# lab_status_start NAME: the machine with the kernel NAME starts.
lab_status_start()
{
	status_name=${1##*/}
	status_done=0
	status_left=$((status_total * opt_repeat))
	status_running=booting
	status_program=
	status_began=$SECONDS
	lab_status_width
}

# lab_status_width: sets status_columns, 80 where the terminal does not tell.
lab_status_width()
{
	status_columns=$(stty size <&2 2>/dev/null)
	status_columns=${status_columns#* }
	((status_columns > 0)) || status_columns=80
}

# lab_status_line LINE: takes a line of KTAP.
lab_status_line()
{
	lab_status_shown || return 0
	case $1 in
	"# selftests: "*)
		status_program=${1##* }
		((status_done > 0)) || status_began=$SECONDS
		read -r -a status_next <<<"${status_order[$status_program]:-}" ;;
	"# 1.."[0-9]*)
		# A program may skip all that it lists.
		[[ ${1#*..} =~ ^[0-9]+ ]]
		status_left=$((status_left + BASH_REMATCH[0] - ${#status_next[@]})) ;;
	"# ok "* | "# not ok "*)
		status_done=$((status_done + 1))
		status_next=("${status_next[@]:1}") ;;
	*)	return 0 ;;
	esac
	status_running=${status_next[0]:-$status_program}
}

# lab_status_draw: draws the line, cut to the width of the terminal.
lab_status_draw()
{
	local text left='' file part spent=$((SECONDS - status_began))

	lab_status_shown || return 0
	text="$status_name: $status_done of $((status_left > 0 ? status_left : status_done))"
	if ((status_done > 0 && spent > 0)); then
		left=$((spent * (status_left - status_done) / status_done))
		printf -v left '; %d:%02d left' $((left / 60)) $((left % 60))
	fi
	if [[ -n ${LAB_STATUS:-} ]]; then
		printf '%s\t%s\n' "$text" "$left${status_running:+: $status_running}" >"$LAB_STATUS"
		return
	fi
	for file in "${status_others[@]}"; do
		! IFS=$'\t' read -r part _ 2>/dev/null <"$file" || text+="; $part"
	done
	lab_status_put "$text$left${status_running:+: $status_running}"
}

lab_status_put()
{
	printf '\r\033[K%s' "${1:0:$((status_columns - 1))}" >&2
	status_drawn=y
}

lab_status_clear()
{
	[[ -z $status_drawn ]] || printf '\r\033[K' >&2
	status_drawn=
}

# lab_status_follow PID OUT STATUS: prints what lab/run PID writes to OUT, and below it the line
# that it writes to STATUS.
lab_status_follow()
{
	local line part='' fd both got text left follow

	mkfifo "$2.lines"
	exec {both}<>"$2.lines"
	lab_start tail -n +1 -s 0.2 --pid="$1" -f "$2" >"$2.lines"
	follow=$lab_pid
	exec {fd}<"$2.lines"
	exec {both}>&-
	while :; do
		IFS= read -r -t 1 line <&"$fd"
		got=$?
		lab_status_clear
		if ((got > 128)); then
			part+=$line
			[[ ! -t 2 ]] || ! IFS=$'\t' read -r text left 2>/dev/null <"$3" ||
				lab_status_put "$text$left"
			continue
		fi
		((got != 0)) && [[ -z $part$line ]] || printf '%s\n' "$part$line"
		part=
		((got == 0)) || break
	done
	exec {fd}<&-
	lab_wait "$follow"
}
