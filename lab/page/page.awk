# SPDX-License-Identifier: GPL-2.0-only
#
# Writes the page of lab/matrix.  Variables: dir, the directory of the results; runs, a file with a
# line for each run (name, kernel, machine, seed, word, passed, failed, skipped, seconds, kernel's
# description, reason); worse, the lines of lab/compare about what became worse; against, the
# directory that was compared, and compared, the last line of lab/compare; parts, the directory with
# the style and the script; date, version.

function esc(s)
{
	gsub(/&/, "\\&amp;", s)
	gsub(/</, "\\&lt;", s)
	gsub(/>/, "\\&gt;", s)
	gsub(/"/, "\\&quot;", s)
	return s
}

# wrapped NAME: lets it wrap at its words.
function wrapped(name)
{
	gsub(/[._]/, "&<wbr>", name)
	return name
}

function bad(verdict) { return verdict != "skip" && verdict != "pass" && verdict != "xfail" }

function plural(n, what) { return n " " what (n == 1 ? "" : "s") }

function include(file,	line)
{
	while ((getline line < file) > 0)
		print line
	close(file)
}

# A case is TRIGGER.VM.PROPERTY; the cases of other programs, and whole programs, make groups of
# their own.
function trigger_of(program, name)
{
	if (name == "-")
		return "programs"
	if (name ~ /^[a-z0-9_]+[.][a-z0-9_]+[.][a-z0-9_]+$/)
		return substr(name, 1, index(name, ".") - 1)
	return program
}

# add_row PROGRAM NAME: returns the number of its row.
function add_row(program, name,	key, trigger, group)
{
	key = program SUBSEP name
	if (key in row)
		return row[key]
	row[key] = ++rows
	row_program[rows] = program
	row_name[rows] = name
	trigger = trigger_of(program, name)
	group = trigger SUBSEP (name == "-" ? "" : program)
	if (!(group in known)) {
		known[group] = ++groups
		group_trigger[groups] = trigger
		group_program[groups] = name == "-" ? "" : program
		if (!(trigger in triggers)) {
			triggers[trigger] = ++nr_triggers
			trigger_name[nr_triggers] = trigger
		}
	}
	group = known[group]
	group_row[group, ++group_rows[group]] = rows
	return rows
}

function read_runs(	line, part)
{
	while ((getline line < runs) > 0) {
		split(line, part, "\t")
		n++
		run_name[n] = part[1]
		kernel[n] = part[2]
		machine[n] = part[3]
		seed[n] = part[4]
		word[n] = part[5]
		passed[n] = part[6]
		failed[n] = part[7]
		skipped[n] = part[8]
		seconds[n] = part[9]
		about[n] = part[10]
		why[n] = part[11]
		column[part[1]] = n
		if (!(kernel[n] in kernel_seen)) {
			kernel_seen[kernel[n]] = ++kernels
			kernel_name[kernels] = kernel[n]
		}
		line = machine[n] (seed[n] == "" ? "" : " seed " seed[n])
		place[n] = line
		if (!(line in place_seen)) {
			place_seen[line] = ++places
			place_name[places] = line
		}
		at[kernel[n], line] = n
		not_ok += word[n] != "ok"
		sum_passed += passed[n]
		sum_failed += failed[n]
		sum_skipped += skipped[n]
		sum_seconds += seconds[n]
	}
	# Columns: kernel by kernel, whatever the order of the runs.
	for (k = 1; k <= kernels; k++)
		for (i = 1; i <= n; i++)
			if (kernel[i] == kernel_name[k])
				order[++columns] = i
}

# read_cases I: reads the results of the run I.
function read_cases(i,	line, part, r, file)
{
	file = dir "/" run_name[i] "/cases"
	while ((getline line < file) > 0) {
		split(line, part, "\t")
		r = add_row(part[1], part[2])
		verdict[r, i] = part[3]
		took[r, i] = part[4]
		if (part[3] == "skip") {
			if (!(part[5] in reason)) {
				reason[part[5]] = ++reasons
				reason_text[reasons] = part[5]
			}
			reason_of[r, i] = reason[part[5]]
			reason_cells[reason[part[5]]]++
		} else if (bad(part[3])) {
			said[r, i] = part[5]
		}
	}
	close(file)
}

# A report of many lines is cut: ktap.log has all.
function add_line(line)
{
	if (++lines <= 120)
		text = text line "\n"
}

function add_report(program, name, i,	r, key)
{
	if (!((program, name) in row))
		return
	r = row[program, name]
	if (lines > 120)
		text = text "... " (lines - 120) " more lines in ktap.log\n"
	if (name == "-")
		text = said[r, i] "\n" text
	key = program SUBSEP name SUBSEP text
	if (!(key in report)) {
		report[key] = ++reports
		report_row[reports] = r
		report_text[reports] = text
	}
	report_of[r, i] = report[key]
	report_runs[report[key]] = report_runs[report[key]] \
		(report_runs[report[key]] == "" ? "" : ", ") run_name[i]
}

# read_reports I: reads what the run I printed about failures: the lines before "not ok".  The
# report of a program without a failed case is the end of its output.
function read_reports(i,	line, file, program, name, tail, fails)
{
	file = dir "/" run_name[i] "/ktap.log"
	text = ""
	while ((getline line < file) > 0) {
		gsub(/[\000-\010\013-\037]/, "", line)
		if (line ~ /^# selftests: /) {
			program = line
			sub(/.* /, "", program)
			tail = text = ""
			lines = fails = 0
		} else if (line ~ /^# # /) {
			add_line(substr(line, 5))
		} else if (line ~ /^# (not )?ok [0-9]+ /) {
			if (line ~ /^# not /) {
				fails++
				name = line
				sub(/^# not ok [0-9]+ (- )?/, "", name)
				sub(/ # .*/, "", name)
				add_report(program, name, i)
			}
			text = ""
			lines = 0
		} else if (line ~ /^(not )?ok [0-9]+ selftests: /) {
			text = fails ? plural(fails, "case") " failed\n" : last_lines(tail)
			lines = 0
			if (line ~ /^not /)
				add_report(program, "-", i)
			program = ""
		}
		if (program != "" && line ~ /^# /)
			tail = substr(tail, length(tail) > 6000 ? 3000 : 1) substr(line, 3) "\n"
	}
	close(file)
	if (program != "") {
		text = why[i] "\n" last_lines(tail)
		lines = 0
		add_report(program, "-", i)
	}
}

function last_lines(tail,	all, m, i)
{
	m = split(tail, all, "\n")
	tail = ""
	for (i = m > 31 ? m - 30 : 1; i < m; i++)
		tail = tail all[i] "\n"
	return tail
}

# read_worse: marks the cells that lab/compare names.
function read_worse(	line, what, name, part, r)
{
	while ((getline line < worse) > 0) {
		worse_line[++nr_worse] = line
		what = substr(line, 1, index(line, " ") - 1)
		sub(/^[A-Z]+ */, "", line)
		name = substr(line, 1, index(line, ": ") - 1)
		if (!(name in column))
			continue
		worse_run[column[name]]++
		if (what == "WORSE")
			continue
		line = substr(line, length(name) + 3)
		sub(/  \(.*/, "", line)
		split(line, part, " ")
		name = column[name]
		r = add_row(part[1], part[2] == "" ? "-" : part[2])
		mark[r, name] = what
		worse_cell[nr_worse] = r SUBSEP name
	}
}

# absent I: returns what a cell of the run I says without a result.
function absent(i)
{
	return word[i] == "NO VERDICT" ? "?" : "&middot;"
}

# cell R I: prints the cell of the run I in the row R.
function cell(r, i,	v, class, inner)
{
	v = verdict[r, i]
	if (v == "") {
		if (mark[r, i] == "VANISHED")
			return "<td class=w><b>GONE</b>"
		return "<td class=n>" absent(i)
	}
	if (bad(v)) {
		class = "f"
		inner = v == "fail" ? "FAIL" : toupper(v)
		if ((r, i) in report_of)
			inner = "<a href=#f" report_of[r, i] ">" inner "</a>"
		else
			inner = "<a href=#run" i " title=\"" esc(said[r, i]) "\">" inner "</a>"
	} else if (v == "skip") {
		class = "s"
		inner = "<a href=#s" reason_of[r, i] ">skip<sub>" reason_of[r, i] "</sub></a>"
	} else {
		inner = v == "pass" ? "ok" : v
	}
	if ((r, i) in mark) {
		class = class == "" ? "w" : "\"" class " w\""
		inner = inner "<b>WORSE</b>"
	}
	return "<td" (class == "" ? "" : " class=" class) ">" inner \
		(took[r, i] >= 0.05 ? "<i>" took[r, i] "</i>" : "")
}

# group_cell G I: prints the sum of the run I over the group G.
function group_cell(g, i,	j, r, v, ok, fail, skip, time, news, inner)
{
	for (j = 1; j <= group_rows[g]; j++) {
		r = group_row[g, j]
		v = verdict[r, i]
		news += (r, i) in mark
		time += took[r, i]
		if (v == "")
			continue
		if (bad(v))
			fail++
		else if (v == "skip")
			skip++
		else
			ok++
	}
	inner = fail ? fail " FAIL" : ""
	if (ok)
		inner = inner (inner == "" ? "" : "<br>") ok " ok"
	if (skip)
		inner = inner (inner == "" ? "" : "<br>") skip " skip"
	return "<td" (fail ? (news ? " class=\"f w\"" : " class=f") : news ? " class=w" : \
		ok ? "" : skip ? " class=s" : " class=n") ">" (inner == "" ? absent(i) : inner) \
		(news ? "<b>" news " WORSE</b>" : "") \
		(time >= 0.05 ? sprintf("<i>%.1f</i>", time) : "")
}

function any_bad(g,	j, c)
{
	for (j = 1; j <= group_rows[g]; j++)
		for (c = 1; c <= n; c++)
			if ((group_row[g, j], c) in mark ||
			    (((group_row[g, j], c) in verdict) && bad(verdict[group_row[g, j], c])))
				return 1
	return 0
}

function head(title)
{
	print "<!doctype html>"
	print "<!-- SPDX-License-Identifier: GPL-2.0-only -->"
	print "<html lang=en>\n<meta charset=utf-8>"
	print "<meta name=viewport content=\"width=device-width,initial-scale=1\">"
	print "<title>" title "</title>\n<style>"
	include(parts "/style.css")
	print "</style>"
}

function overview(	k, p, i)
{
	print "<h2 id=runs>Runs</h2>\n<div class=scroll><table id=overview>"
	print "<thead><tr><th rowspan=1>kernel"
	for (p = 1; p <= places; p++)
		print "<th>" esc(place_name[p])
	print "<tbody>"
	for (k = 1; k <= kernels; k++) {
		print "<tr><th>" esc(kernel_name[k])
		for (p = 1; p <= places; p++) {
			if (!((kernel_name[k], place_name[p]) in at)) {
				print "<td class=n>not run"
				continue
			}
			i = at[kernel_name[k], place_name[p]]
			printf "<td%s><a href=#run%d><strong>%s</strong></a>",
				(word[i] == "ok" ? "" : " class=f"), i, word[i]
			if (worse_run[i])
				printf " <b>%d WORSE</b>", worse_run[i]
			print "<br><span>" passed[i] " ok, " failed[i] " failed,</span> <span>" \
				skipped[i] " skipped,</span> <span>" seconds[i] " s</span>" \
				(why[i] == "" ? "" : "<br><small>" esc(why[i]) "</small>")
		}
	}
	print "</table></div>"
}

function comparison(	i, part, to, what, line, at_reason)
{
	print "<h2 id=worse>Compared with " esc(against) "</h2>\n<p>" esc(compared) "."
	print nr_worse ? "<ul class=lines>" : "Nothing became worse."
	for (i = 1; i <= nr_worse; i++) {
		line = worse_line[i]
		what = substr(line, 1, index(line, " ") - 1)
		sub(/^[A-Z]+ */, "", line)
		at_reason = index(line, "  (")
		if (!at_reason)
			at_reason = length(line) + 1
		split(worse_cell[i], part, SUBSEP)
		to = "run" column[substr(line, 1, index(line, ": ") - 1)]
		if (i in worse_cell)
			to = "r" part[1]
		if ((part[1], part[2]) in report_of)
			to = "f" report_of[part[1], part[2]]
		print "<li><strong>" what "</strong> <a href=#" to ">" \
			esc(substr(line, 1, at_reason - 1)) "</a> <small>" \
			esc(substr(line, at_reason + 2)) "</small>"
	}
	if (nr_worse)
		print "</ul>"
}

function cells(	c, i, k, t, g, all, span)
{
	print "<h2 id=cells>Cells</h2>"
	print "<form id=filter>"
	print "<span id=js hidden>"
	all = "<option value=\"\">all"
	print "<label>trigger <select id=trigger>" all "</select></label>"
	print "<label>property <select id=property>" all "</select></label>"
	print "<label>verdict <select id=verdict>" all "<option value=f>failed" \
		(against == "" ? "" : "<option value=w>worse than before") \
		"<option value=s>skipped<option value=d>columns differ</select></label>"
	print "<label>name <input id=text size=12></label>\n</span>"
	print "<label><input type=checkbox id=all> all rows</label>"
	print "<label><input type=checkbox id=seconds> seconds</label>"
	print "<span id=count></span></form>"
	print "<div class=\"scroll tall\"><table id=matrix>\n<thead><tr><th rowspan=2>trigger, case"
	for (c = 1; c <= columns; c += span) {
		k = kernel[order[c]]
		for (span = 1; c + span <= columns && kernel[order[c + span]] == k; span++)
			;
		print "<th class=k colspan=" span "><span>" esc(k) "</span>"
	}
	print "<tr>"
	for (c = 1; c <= columns; c++) {
		i = order[c]
		print "<th" (c > 1 && kernel[order[c - 1]] == kernel[i] ? "" : " class=k") \
			"><a href=#run" i ">" esc(place[i]) "</a>"
	}
	for (t = 1; t <= nr_triggers; t++)
		for (g = 1; g <= groups; g++)
			if (group_trigger[g] == trigger_name[t])
				group(g)
	print "</table></div>"
}

function group(g,	c, j, r, trigger, program)
{
	trigger = group_trigger[g]
	program = group_program[g]
	print "<tbody><tr class=g><th><label><input type=checkbox" (any_bad(g) ? " checked" : "") \
		">" wrapped(esc(trigger)) "</label> <small>" \
		plural(group_rows[g], trigger == "programs" ? "program" : "case") \
		(program == "" || program == trigger ? "" : ", " esc(program)) "</small>"
	for (c = 1; c <= columns; c++)
		printf "%s", group_cell(g, order[c])
	print ""
	for (j = 1; j <= group_rows[g]; j++) {
		r = group_row[g, j]
		printf "<tr id=r%d><th>%s", r,
			wrapped(esc(row_name[r] == "-" ? row_program[r] : row_name[r]))
		for (c = 1; c <= columns; c++)
			printf "%s", cell(r, order[c])
		print ""
	}
}

function details(	i, r, list, m, j)
{
	if (reports) {
		print "<h2 id=reports>Reports</h2>"
		for (i = 1; i <= reports; i++) {
			r = report_row[i]
			print "<section id=f" i "><h3>" esc(row_program[r]) (row_name[r] == "-" ? \
				"" : ": " esc(row_name[r])) "</h3>\n<p>" esc(report_runs[i]) \
				" &middot; <a href=#r" r ">the row</a>"
			print "<pre>" esc(report_text[i]) "</pre></section>"
		}
	}
	if (reasons) {
		print "<h2 id=skips>Reasons of skips</h2>\n<ol class=lines>"
		for (i = 1; i <= reasons; i++)
			print "<li id=s" i ">" \
				esc(reason_text[i] == "" ? "no reason given" : reason_text[i]) \
				" <small>" plural(reason_cells[i], "cell") "</small>"
		print "</ol>"
	}
	print "<h2 id=about>About the runs</h2>\n<dl>"
	for (i = 1; i <= n; i++) {
		print "<dt id=run" i ">" esc(run_name[i]) ": " word[i]
		print "<dd>" esc(about[i]) "<br>" (why[i] == "" ? "" : esc(why[i]) "<br>")
		m = split("ktap.log junit.xml kcidb.json cases console.log", list, " ")
		for (j = 1; j <= m; j++)
			print "<a href=\"" esc(run_name[i]) "/" list[j] "\">" list[j] "</a>"
	}
	print "</dl>\n<p><small>" esc(version) ", " date "</small>"
}

BEGIN {
	read_runs()
	triggers["programs"] = nr_triggers = 1
	trigger_name[1] = "programs"
	for (i = 1; i <= n; i++)
		read_cases(i)
	for (i = 1; i <= n; i++)
		read_reports(i)
	read_worse()
	head("guest_memfd migration: " plural(kernels, "kernel") ", " plural(places, "machine"))
	print "<h1>guest_memfd migration</h1>"
	print "<p>" plural(n, "run") (not_ok ? " (<strong>" not_ok " not ok</strong>)" : "") \
		" of " plural(kernels, "kernel") " on " plural(places, "machine") ", " \
		plural(rows, "row") ": " sum_passed " passed, <strong>" sum_failed \
		" failed</strong>, " sum_skipped " skipped in " sum_seconds " s; " date "."
	print "<p class=key><span>ok</span> passed <span class=f>FAIL</span> its report" \
		" <span class=s>skip<sub>1</sub></span> its reason" \
		" <span class=n>&middot;</span> the program has no such case here" \
		" <span class=n>?</span> the run ended before" (against == "" ? "" : \
		" <span class=w><b>WORSE</b></span> than before <span class=w><b>GONE</b></span>" \
		" no result now")
	overview()
	if (against != "")
		comparison()
	cells()
	details()
	print "<script>"
	include(parts "/filter.js")
	print "</script>"
}
