# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154 source-path=SCRIPTDIR
#
# The page of lab/matrix with all runs below opt_results, compared with those below opt_against.

# lab_page_read FILE: sets run_NAME for each line "name=value".
lab_page_read()
{
	local name value

	while IFS='=' read -r name value; do
		printf -v "run_${name//-/_}" '%s' "$value"
	done <"$1"
}

# lab_page_run DIR: sets run_* from the files "run" (lab/matrix) and "verdict" (lab/run --logs), and
# run_word.
lab_page_run()
{
	run_status=$LAB_NO_VERDICT
	run_passed=0 run_failed=0 run_skipped=0 run_seconds=0 run_why=
	[[ ! -e $1/run ]] || lab_page_read "$1/run"
	[[ ! -e $1/verdict ]] || lab_page_read "$1/verdict"
	case $run_status in
	0)		run_word=ok ;;
	"$LAB_FAILED")	run_word='NOT OK' ;;
	*)		run_word='NO VERDICT' ;;
	esac
}

# lab_page_runs: prints a line for each run, for page.awk: those of this command, then others.
lab_page_runs()
{
	local name dir

	{
		printf '%s\n' "${names[@]}"
		for dir in "$opt_results"/*/run; do
			basename "$(dirname "$dir")"
		done
	} | awk '!seen[$0]++' | while IFS= read -r name; do
		[[ -e $opt_results/$name/run ]] || continue
		lab_page_run "$opt_results/$name"
		printf '%s\t' "$name" "$run_kernel" "$run_machine" "$run_seed" "$run_word" \
			"$run_passed" "$run_failed" "$run_skipped" "$run_seconds" "$run_about"
		printf '%s\n' "$run_why"
	done
}

# lab_page_compare: writes what became worse to $tmp/worse, as lab/compare prints it.  Only runs
# that are here, too, count.  A run can be worse without a case that is: a splat.
lab_page_compare()
{
	local name status before

	mkdir "$tmp/against"
	while IFS=$'\t' read -r name _; do
		[[ ! -e $opt_against/$name/cases ]] ||
			ln -s "$opt_against/$name" "$tmp/against/$name"
	done <"$tmp/runs"
	lab_do "$LAB_DIR/compare" "$tmp/against" "$opt_results" >"$tmp/compare" || page_bad=1
	for name in "$tmp/against"/*; do
		name=${name##*/}
		[[ -e $opt_against/$name/verdict ]] || continue
		lab_page_run "$opt_against/$name"
		before=$run_status
		lab_page_run "$opt_results/$name"
		((run_status <= before)) || grep -q "^[A-Z]*  *$name: " "$tmp/compare" || {
			echo "WORSE     $name: $run_why"
			page_bad=1
		}
	done >"$tmp/worse"
	grep '^[A-Z]' "$tmp/compare" >>"$tmp/worse"
	tail -n 1 "$tmp/compare" >"$tmp/compared"
}

# lab_page: writes index.html; prints what became worse, the sums and the path.  Sets page_bad.
lab_page()
{
	local to=$opt_results/index.html

	page_bad=0
	lab_page_runs >"$tmp/runs"
	[[ -s $tmp/runs ]] || return
	cut -f5 "$tmp/runs" | grep -q -v -x ok && page_bad=1
	: >"$tmp/worse"
	: >"$tmp/compared"
	if [[ -n $opt_against ]]; then
		page_bad=0
		lab_page_compare
	fi
	{
		awk -v dir="$opt_results" -v runs="$tmp/runs" -v worse="$tmp/worse" \
			-v against="$opt_against" -v compared="$(<"$tmp/compared")" \
			-v parts="$LAB_DIR/page" -v date="$(date -u '+%Y-%m-%d %H:%M UTC')" \
			-v version="$(lab_print_version)" -f "$LAB_DIR/page/page.awk" >"$to.new" &&
			mv -- "$to.new" "$to"
	} || lab_failed_write "$opt_results" "cannot write $to"
	printf '\n'
	if [[ -n $opt_against ]]; then
		head -n 20 "$tmp/worse"
		(($(wc -l <"$tmp/worse") <= 20)) || echo "... all are on the page"
		printf 'against %s: %s\n' "$opt_against" "$(<"$tmp/compared")"
	fi
	echo "$to"
}
