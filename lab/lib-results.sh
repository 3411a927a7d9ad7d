# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154 source-path=SCRIPTDIR
#
# Results as files, for lab/run --results.  docs/bots.md has the files and their columns.

# lab_results_need: sets results_kunit to the program of the kernel that writes JUnit XML.
lab_results_need()
{
	. "$LAB_DIR/lib-apt.sh"
	. "$LAB_DIR/lib-source.sh"
	. "$LAB_DIR/lib-tests.sh"
	lab_need python3
	lab_tests
	results_kunit=$tests_tree/tools/testing/kunit/kunit.py
	[[ -e $results_kunit ]] || lab_die "the kernel's source has no tools/testing/kunit"
}

# lab_results_ktap <KTAP: prints it with the results of the programs as nested KTAP.
lab_results_ktap()
{
	awk '
		/^# selftests: /		{ inside = 1; print; next }
		/^(not )?ok [0-9]+ selftests: /	{ inside = 0 }
		!inside || !/^# /		{ print; next }
		{ line = substr($0, 3) }
		line !~ /^(TAP version |1[.][.][0-9]|(not )?ok [0-9]|#|Bail out!)/ {
			line = "# " line
		}
		{ print "    " line }'
}

# lab_results_cases KTAP TIMES: prints a line "program case verdict seconds reason" for each
# result, with tabs between.  The case of the result of a whole program is "-".
lab_results_cases()
{
	awk -v times="$2" '
	function result(line, name,	verdict, why) {
		verdict = line ~ /^not / ? "fail" : "pass"
		if (match(line, / # (SKIP|XFAIL|XPASS|TIMEOUT|error|exit=).*/)) {
			why = substr(line, RSTART + 3)
			line = substr(line, 1, RSTART - 1)
			if (why ~ /^(SKIP|XFAIL|XPASS)/ && verdict == "pass") {
				verdict = tolower(substr(why, 1, index(why " ", " ") - 1))
				why = substr(why, length(verdict) + 2)
			}
		}
		sub(/^(not )?ok [0-9]+ (- )?/, "", line)
		name = name == "" ? line : name
		if (why == "" && verdict != "pass")
			why = said
		seconds = took[program " " name]
		total += seconds
		row(name, verdict, name == "-" ? total : seconds, why)
		said = ""
	}
	function row(name, verdict, seconds, why) {
		gsub(/\t/, " ", why)
		printf "%s\t%s\t%s\t%.1f\t%s\n", program, name, verdict, seconds, why
	}
	BEGIN {
		while ((getline line < times) > 0) {
			split(line, word, " ")
			took[word[2] " " word[3]] = word[1]
		}
	}
	/^# selftests: / { program = $NF; said = ""; total = 0; next }
	program == "" { next }
	# Lines about the run as a whole are above the first case.
	/^# # (contract |[0-9]+ pages of |PFNs and page flags )/ { next }
	/^# # / && said == "" { said = substr($0, 5); sub(/^skipped: /, "", said); next }
	/^# 1\.\.0 # SKIP / { said = substr($0, 15) }
	/^# (not )?ok [0-9]+ / { result(substr($0, 3), "") }
	/^(not )?ok [0-9]+ selftests: / { result($0, "-"); program = "" }
	END {
		if (program != "")
			row("-", "error", total, "the machine ended before its result")
	}' "$1"
}

# lab_results_kcidb KERNEL CONFIG MACHINE ID <CASES: prints JSON in schema 5.3 of KCIDB, with the
# test IDs ID.1, ID.2 and so on.  CONFIG is the hash of the configuration.
lab_results_kcidb()
{
	awk -F '\t' -v kernel="$1" -v config="$2" -v machine="$3" -v id="$4" \
		-v release="$kernel_release" '
	function text(s) {
		gsub(/\\/, "&&", s)
		gsub(/"/, "\\\\&", s)
		gsub(/[\001-\037]/, " ", s)
		return "\"" s "\""
	}
	function path(s) {
		gsub(/[^a-zA-Z0-9_.-]/, "_", s)
		return s
	}
	BEGIN {
		origin = "kvm_migrate_lab"
		split("pass PASS fail FAIL skip SKIP xfail PASS xpass FAIL error ERROR", word, " ")
		for (i = 1; i in word; i += 2)
			status[word[i]] = word[i + 1]
		build = text(origin ":" id)
		checkout = text(origin ":" release)
		print "{\"version\": {\"major\": 5, \"minor\": 3},"
		print "\"checkouts\": [{\"id\": " checkout ", \"origin\": " text(origin) ","
		print "  \"comment\": " text(kernel) ", \"valid\": true}],"
		print "\"builds\": [{\"id\": " build ", \"origin\": " text(origin) ","
		print "  \"checkout_id\": " checkout ","
		print "  \"architecture\": \"x86_64\","
		print "  \"comment\": " text(kernel) ", \"status\": \"PASS\","
		print "  \"misc\": {\"release\": " text(release) ","
		print "    \"config_sha256\": " text(config) "}}],"
		printf "\"tests\": ["
	}
	{
		printf "%s\n {\"id\": %s, \"origin\": %s, \"build_id\": %s,\n", (NR > 1 ? "," : ""),
			text(origin ":" id "." NR), text(origin), build
		printf "  \"path\": %s, ", text(path("kselftest.kvm." $1 ($2 == "-" ? "" : "." $2)))
		printf "\"status\": \"%s\", \"duration\": %s,\n", status[$3], $4
		printf "  \"environment\": {\"comment\": %s}", text(machine)
		if ($5 != "")
			printf ",\n  \"misc\": {\"reason\": %s}", text($5)
		printf "}"
	}
	END { print "\n]}" }'
}

# lab_results NAME DIR: writes the results of the machine with the kernel NAME to a directory of
# its own below opt_results.
lab_results()
{
	local dir=$2 to config='' name=${1##*/}

	name=$name.$machine_name
	to=$opt_results/${name//[^A-Za-z0-9._+-]/_}
	[[ ! -e $kernel_config ]] || config=$(sha256sum <"$kernel_config" | cut -d' ' -f1)
	{
		mkdir -p -- "$to" && rm -f -- "$to"/{cases,junit.xml,kcidb.json} &&
			cp "$dir"/{console,ktap,times}.log "$to/" &&
			lab_results_ktap <"$dir/ktap.log" >"$to/nested.ktap" &&
			lab_results_cases "$dir/ktap.log" "$dir/times.log" >"$to/cases.new" &&
			lab_results_kcidb "$1: $kernel_about" "$config" \
				"$machine_about, $machine_accel" "$(lab_hash <"$dir/console.log")" \
				<"$to/cases.new" >"$to/kcidb.json"
	} || lab_failed_write "$opt_results" "cannot write results to $to"
	# Its status says whether tests failed.
	python3 -B "$results_kunit" parse --junit="$dir/junit.xml" "$to/nested.ktap" \
		>"$to/kunit.log" 2>&1
	[[ -s $dir/junit.xml ]] || lab_die "kunit.py wrote no JUnit XML: see $to/kunit.log"
	{ mv "$dir/junit.xml" "$to/" && mv "$to/cases.new" "$to/cases"; } ||
		lab_failed_write "$opt_results" "cannot write results to $to"
}
