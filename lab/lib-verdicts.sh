# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154 source-path=SCRIPTDIR
#
# The runs of lab/mutate: which cases execute which mutants, one machine for several mutants,
# and the verdicts.  Uses its variables: kernel, names, number, code, programs, tmp, opt_*.
#
# opt_logs/cases	a line "PROGRAM:CASE seconds hits" for each case that passed
# opt_logs/results	a line "NAME verdict text" for each mutant, with tabs between

# lab_verdicts_add NAME VERDICT TEXT: adds it to the results, and prints it.
lab_verdicts_add()
{
	printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$opt_logs/results" ||
		lab_failed_write "$opt_logs" "cannot write to $opt_logs"
	printf '%-68s %-11s %s\n' "$1" "$2" "$3"
}

# lab_verdicts_run LOGS SCRIPT: starts a machine that runs lab/mutants/session and SCRIPT.
lab_verdicts_run()
{
	cat "$LAB_MUTANTS/session" "$2" >"$2.session" || lab_failed_write "$tmp" "cannot write"
	LAB_SESSION=$2.session lab_start "$LAB_DIR/run" -q --kernel "$kernel" \
		--install "$collection" --silence "$SILENCE" --timeout 7200 --logs "$1" \
		-t "${programs[0]}" >"$2.out" 2>"$2.err"
}

# lab_verdicts_filter: prints the options "-t CASE" of opt_args, or the others if $1 is "not".
lab_verdicts_filter()
{
	local i

	for ((i = 0; i < ${#opt_args[@]}; i++)); do
		if [[ ${opt_args[i]} == -t ]]; then
			i=$((i + 1))
			[[ $1 == not ]] || printf ' -t %s' "${opt_args[i]}"
		elif [[ $1 == not ]]; then
			printf ' %s' "${opt_args[i]}"
		fi
	done
}

# lab_verdicts_measure: runs each case without a mutant.
lab_verdicts_measure()
{
	local program key

	key=$({ echo "$kernel ${programs[*]} ${opt_args[*]}"
		for program in "${programs[@]}"; do
			cat "$collection/kvm/$program"
		done; } | lab_hash)
	if [[ ! -s $LAB_CACHE/mutate-cases-$key ]]; then
		lab_say "running each case without a mutant, to see which ones it executes"
		{ printf 'measure %s\n' "${programs[@]}"; echo 'echo measured'; } >"$tmp/measure"
		sed -i "1i list='$(lab_verdicts_filter)' args='$(lab_verdicts_filter not)'" \
			"$tmp/measure"
		lab_verdicts_run "$opt_logs/measure" "$tmp/measure"
		lab_wait "$lab_pid"
		grep -q '^measured$' "$opt_logs/measure/ktap.log" 2>/dev/null || {
			cat "$tmp/measure.err" >&2
			lab_die "the run without a mutant did not end (logs: $opt_logs/measure)"
		}
		awk '$1 == "case" && $3 == "pass" { print $2, $4, $5 }
			$1 == "boot" { print "boot", 0, $2 }' \
			"$opt_logs/measure/ktap.log" >"$tmp/cases"
		grep '^case [^ ]* fail' "$opt_logs/measure/ktap.log" | cut -d' ' -f2 |
			while IFS= read -r program; do
				lab_say "$program fails without a mutant: it does not run"
			done
		mv "$tmp/cases" "$LAB_CACHE/mutate-cases-$key" ||
			lab_failed_write "$LAB_CACHE" "cannot write"
	fi
	cp "$LAB_CACHE/mutate-cases-$key" "$opt_logs/cases" ||
		lab_failed_write "$opt_logs" "cannot write to $opt_logs"
	[[ $(grep -c : "$opt_logs/cases") -gt 0 ]] || lab_die "no case passes without a mutant"
}

# Decodes the third word of a line of cases.
LAB_VERDICTS_AWK='
	function decode(hex, hit,	i, digit, bit) {
		for (i = 1; i <= length(hex); i++) {
			digit = index("0123456789abcdef", substr(hex, i, 1)) - 1
			for (bit = 0; bit < 4; bit++) {
				if (digit % 2)
					hit[(i - 1) * 4 + bit] = 1
				digit = int(digit / 2)
			}
		}
	}'

# lab_verdicts_reached CASES: prints the numbers of the mutants that a case executes.
lab_verdicts_reached()
{
	awk "$LAB_VERDICTS_AWK"'
		$1 != "boot" { decode($3, hit) }
		END { for (n in hit) printf "%d ", n }' "$1"
}

# lab_verdicts_plan BATCH: prints the call of "mutant" for each name of the file BATCH.  Its cases:
# first those that killed mutants of the same function, then those of the same file, then one of
# each property, the shortest first, then the rest.
lab_verdicts_plan()
{
	local name

	while IFS= read -r name; do
		printf '%s\t%s\n' "${number[$name]}" "$name"
	done <"$1" | awk -v limit="$opt_cases" -v results="$opt_logs/results" \
		-v cases="$opt_logs/cases" "$LAB_VERDICTS_AWK"'
	BEGIN {
		FS = "\t"
		while ((getline < results) > 0) {
			if ($2 != "killed")
				continue
			split($1, part, ":")
			split($3, by, " ")
			kills[part[1], by[1]]++
			kills[part[1] ":" part[2], by[1]]++
		}
		FS = " "
		while ((getline < cases) > 0) {
			if ($1 == "boot")
				continue
			all[++n] = $1
			seconds[$1] = $2
			split("", hit)
			decode($3, hit)
			for (id in hit)
				reach[id, $1] = 1
		}
		FS = "\t"
		# By time, for ties below
		for (i = 2; i <= n; i++) {
			one = all[i]
			for (j = i; j > 1 && seconds[all[j - 1]] > seconds[one] + 0; j--)
				all[j] = all[j - 1]
			all[j] = one
		}
	}
	{
		split($2, part, ":")
		split("", seen)
		m = 0
		for (i = 1; i <= n; i++) {
			one = all[i]
			if (!(($1, one) in reach))
				continue
			property = one
			sub(/.*[.]/, "", property)
			score = 10000 * kills[part[1] ":" part[2], one] + 100 * kills[part[1], one]
			if (!(property in seen))
				score += 50
			seen[property] = 1
			m++
			for (j = m; j > 1 && value[j - 1] < score; j--) {
				value[j] = value[j - 1]
				order[j] = order[j - 1]
			}
			value[j] = score
			order[j] = one
		}
		printf "mutant %d", $1
		for (i = 1; i <= m && (!limit || i <= limit); i++)
			printf " %s", order[i]
		printf "\n"
	}'
}

# lab_verdicts_start SLOT: starts a machine for the mutants of $tmp/batchSLOT; sets lab_pid.
lab_verdicts_start()
{
	lab_verdicts_plan "$tmp/batch$1" >"$tmp/plan$1"
	sed -i "1i args='$(lab_verdicts_filter not)'" "$tmp/plan$1"
	rm -rf "$opt_logs/machine$1"
	lab_verdicts_run "$opt_logs/machine$1" "$tmp/plan$1"
}

# lab_verdicts_read SLOT STATUS: reads the verdicts of a machine that ended.
lab_verdicts_read()
{
	local log=$opt_logs/machine$1/ktap.log word n verdict by name='' last='' before=0 end=0

	if (($2 == LAB_ERROR || $2 == LAB_USAGE)) || [[ ! -r $log ]]; then
		cat "$tmp/plan$1.err" >&2
		lab_die "a machine gave no verdict (status $2)"
	fi
	while read -r word n verdict by; do
		case $word:$verdict in
		mutant:begin)	last=$n ;;
		mutant:again)	last=; before=$((before + 1)) ;;
		mutant:killed | mutant:survived | mutant:splat)
			name=$(lab_verdicts_name "$n")
			last=
			before=$((before + 1))
			case $verdict in
			killed)	lab_verdicts_add "$name" killed "$by" ;;
			splat)	lab_verdicts_add "$name" kernel "a splat in $by" ;;
			*)	lab_verdicts_add "$name" survived "${code[$name]}" ;;
			esac
			cp "$log" "$opt_logs/$(lab_verdicts_file "$name").log" ;;
		esac
	done < <(grep -a '^mutant ' "$log")
	end=$(sed -n 's/^end=//p' "$opt_logs/machine$1/verdict")
	if [[ -n $last && $end != end ]]; then
		# Otherwise an earlier one may have damaged the machine: it gets another.
		((before > 0)) || lab_verdicts_add "$(lab_verdicts_name "$last")" kernel \
			"$(sed -n 's/^why=//p' "$opt_logs/machine$1/verdict") in $(
			sed -n 's/^ran \([^ ]*\).*/after \1/p' "$log" | tail -n 1)"
	elif ((before == 0)); then
		cat "$tmp/plan$1.err" >&2
		lab_die "a machine ran no mutant (logs: $opt_logs/machine$1)"
	fi
}

lab_verdicts_file()
{
	tr '/:' '_.' <<<"$1"
}

lab_verdicts_name()
{
	local name

	for name in "${names[@]}"; do
		[[ ${number[$name]} != "$1" ]] || echo "$name"
	done
}

# lab_verdicts_summary: prints the counts, and with --diff the survivors.
lab_verdicts_summary()
{
	local survivors

	printf '\n'
	printf '%s\n' "${names[@]}" | awk -F '\t' '
		!names		{ verdict[$1] = $2; next }
				{ split($1, part, ":"); sub(/[.].*/, "", part[4]) }
		{ note(part[1]); note(part[4]); count["all", verdict[$1]]++ }
		function note(key) {
			if (!(key in seen)) {
				seen[key] = 1
				keys[++n] = key
			}
			count[key, verdict[$1]]++
		}
		END {
			printf "%-28s %6s %8s %6s %11s %6s %6s\n", "", "killed", "survived",
				"kernel", "not-reached", "argued", "score"
			keys[++n] = "all"
			for (i = 1; i <= n; i++) {
				k = keys[i]
				good = count[k, "killed"] + count[k, "kernel"]
				of = good + count[k, "survived"] + count[k, "not-reached"]
				printf "%-28s %6d %8d %6d %11d %6d %6s\n", k,
					count[k, "killed"], count[k, "survived"],
					count[k, "kernel"], count[k, "not-reached"],
					count[k, "argued"],
					of ? int(100 * good / of + 0.5) "%" : "-"
			}
		}' "$opt_logs/results" names=1 -
	printf '%d mutants, %d dropped, %d s; logs: %s\n' "${#names[@]}" \
		"$(wc -l <"$kernel/dropped")" "$SECONDS" "$opt_logs"
	[[ -n $opt_diff ]] || return 0
	survivors=$(printf '%s\n' "${names[@]}" | awk -F '\t' '
		!names		{ line[$1] = $2 "\t" $3; next }
		line[$1] ~ /^(survived|not-reached)/ { print $1 "\t" line[$1] }' \
		"$opt_logs/results" names=1 -)
	[[ -n $survivors ]] || return 0
	printf '\nwithout a test that notices:\n%s\n' "$survivors"
	exit "$LAB_FAILED"
}
