# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
#
# Tables and texts from the counters of gcov, for lab/coverage.  docs/coverage.md has their
# columns.

# lab_coverage_paths SOURCE <INFO: prints a file of lcov with the names of the files below
# SOURCE, and without other files.
lab_coverage_paths()
{
	awk -v files="$(cd "$1" && find . -type f -printf '%P\n')" '
		BEGIN { n = split(files, file, "\n") }
		/^SF:/ {
			path = "/" substr($0, 4)
			while (sub(/\/[^\/]*\/\.\.\//, "/", path)) {}
			keep = ""
			for (i = 1; i <= n; i++) {
				tail = substr(path, length(path) - length(file[i]))
				if (tail == "/" file[i])
					keep = file[i]
			}
			if (keep != "")
				print test "\nSF:" keep
			next
		}
		/^TN:/ { test = $0; next }
		keep != ""'
}

# lab_coverage_lines INFO...: prints a line "file line count function tests" for each line with
# code, with tabs between.
lab_coverage_lines()
{
	awk '
		/^TN:/	{ test = substr($0, 4) }
		/^SF:/	{ file = substr($0, 4) }
		/^FN:/	{ split(substr($0, 4), w, ","); print file "\t" w[1] "\tF\t" w[2] }
		/^DA:/ {
			split(substr($0, 4), w, ",")
			print file "\t" w[1] "\tL\t" test "\t" w[2]
		}
	' "$@" | LC_ALL=C sort -t $'\t' -k1,1 -k2,2n -k3,4 | awk -F '\t' '
		function line() {
			if (at != "")
				printf "%s\t%d\t%d\t%s\t%s\n", file, at, count, name, tests
			at = tests = ""
			count = 0
		}
		$1 != file || $2 != at	{ line() }
		$1 != file		{ name = "-" }
					{ file = $1 }
		$3 == "F"		{ if ($2 != first) name = $4; first = $2; next }
		{
			at = $2
			count += $5
			if ($5 > 0 && index("," tests ",", "," $4 ",") == 0)
				tests = tests (tests == "" ? "" : ",") $4
		}
		END { line() }'
}

# lab_coverage_functions INFO... <LINES: prints a line "file function line calls lines executed"
# for each function.
lab_coverage_functions()
{
	awk -F '\t' '
		info && /^SF:/ { source = substr($0, 4); next }
		info && /^FN:/ {
			split(substr($0, 4), w, ",")
			start[source, w[2]] = w[1]
			next
		}
		info && /^FNDA:/ {
			split(substr($0, 6), w, ",")
			calls[source, start[source, w[2]]] += w[1]
			next
		}
		info { next }
		$1 SUBSEP $4 != key {
			if (key != "")
				row()
			key = $1 SUBSEP $4
			file = $1
			name = $4
			lines = executed = 0
		}
		{ lines++; executed += $3 > 0 }
		END { if (key != "") row() }
		function row() {
			first = start[file, name]
			printf "%s\t%s\t%d\t%d\t%d\t%d\n", file, name, first,
				calls[file, first], lines, executed
		}' info=1 "$@" info=0 -
}

# lab_coverage_summary <FUNCTIONS: prints the sums of each file, then its functions.
lab_coverage_summary()
{
	awk -F '\t' '
		function head(file,	i) {
			if (!(file in lines))
				order[++files] = file
		}
		{
			head($1)
			lines[$1] += $5
			executed[$1] += $6
			functions[$1]++
			called[$1] += $6 > 0
			text[$1] = text[$1] sprintf("%12d  %5d of %5d  %s\n", $4, $6, $5, $2)
		}
		END {
			printf "%-36s %22s  %s\n", "file", "lines executed", "functions"
			for (i = 1; i <= files; i++) {
				f = order[i]
				printf "%-36s %5d of %5d %5.1f %%  %d of %d\n", f, executed[f],
					lines[f], 100 * executed[f] / lines[f], called[f],
					functions[f]
			}
			for (i = 1; i <= files; i++) {
				f = order[i]
				printf "\n%s\n%12s  %14s  function\n", f, "calls", "lines"
				printf "%s", text[f]
			}
		}'
}

# lab_coverage_unexecuted SOURCE <LINES: prints the lines that did not run, by function.
lab_coverage_unexecuted()
{
	awk -F '\t' -v source="$1" '
		function text(file, line) {
			if (file != open) {
				n = 0
				while ((getline one < (source "/" file)) > 0)
					body[++n] = one
				close(source "/" file)
				open = file
			}
			return line <= n ? body[line] : ""
		}
		$3 == 0 {
			if ($1 " " $4 != last)
				printf "%s%s: %s()\n", last == "" ? "" : "\n", $1, $4
			last = $1 " " $4
			printf "%6d %s\n", $2, text($1, $2)
		}'
}

# lab_coverage_added <DIFF: prints a line "file line text" for each line that a unified diff
# adds.
lab_coverage_added()
{
	awk '
		/^diff --git / || /^--- /	{ inside = 0 }
		/^\+\+\+ / && !inside {
			file = $2
			sub(/^[^\/]*\//, "", file)
			next
		}
		/^@@ / {
			split($3, at, /[+,]/)
			line = at[2]
			inside = 1
			next
		}
		!inside		{ next }
		/^\+/		{ printf "%s\t%d\t%s\n", file, line++, substr($0, 2) }
		/^ /		{ line++ }'
}

# lab_coverage_patch LINES <ADDED: prints how many of the added lines ran, and those that did
# not.
lab_coverage_patch()
{
	awk -F '\t' '
		FNR == NR { count[$1, $2] = $3; name[$1, $2] = $4; known[$1] = 1; next }
		{ added++ }
		!($1 in known) && $1 ~ /[.]c$/ { missing[$1]++; next }
		!(($1, $2) in count) { next }
		{ code++ }
		count[$1, $2] > 0 { executed++; next }
		{
			where = $1 ": " name[$1, $2] "()"
			if (where != last)
				list = list "\n" where "\n"
			last = where
			line = $3
			for (i = 4; i <= NF; i++)
				line = line "\t" $i
			list = list sprintf("%6d %s\n", $2, line)
		}
		END {
			printf "%d lines added, %d with code: %d executed, %d not\n", added, code,
				executed, code - executed
			for (file in missing)
				printf "not in this kernel: %s, %d lines added\n", file,
					missing[file]
			printf "%s", list
		}' "$1" -
}
