# SPDX-License-Identifier: GPL-2.0-only
#
# For check/ktap, which says what the rules ask for.  A "level" is a stream of TAP:
# "run" for the tests, "test" for the results of one of them, which stand behind "# ".

function bad(rule, what)
{
	printf "%d: %s: %s\n", NR, rule, what
	wrong++
}

function begin(level)
{
	header[level] = plan[level] = planned[level] = count[level] = 0
	bail[level] = totals[level] = said_why[level] = 0
	passed[level] = failed[level] = skipped[level] = xfailed[level] = xpassed[level] = 0
	for (key in names)
		if (index(key, level SUBSEP) == 1)
			delete names[key]
}

# A line of TAP at this level?  Returns 0 for any other line.
function take(level, line)
{
	if (line ~ /^TAP version /)
		take_header(level, line)
	else if (line ~ /^1\.\.[0-9]+/)
		take_plan(level, line)
	else if (line ~ /^(not )?ok( |$)/)
		take_result(level, line)
	else if (line ~ /^# Totals: /)
		take_totals(level, line)
	else if (line ~ /^Bail out!/)
		bail[level] = 1
	else
		return 0
	comment = 0
	return 1
}

function take_header(level, line)
{
	if (line != "TAP version 13")
		bad("header", "wanted \"TAP version 13\", got \"" line "\"")
	if (header[level]++)
		bad("header", "a second one")
}

function need_header(level)
{
	if (!header[level]++)
		bad("header", "no \"TAP version 13\" before the first line of TAP")
}

function take_plan(level, line)
{
	need_header(level)
	if (planned[level]++)
		bad("plan", "a second one")
	plan[level] = substr(line, 4) + 0
	said_why[level] = line ~ /^1\.\.0 # SKIP +[^ ]/
	if (!plan[level] && !said_why[level])
		bad("plan", "nothing is planned and no reason given (\"1..0 # SKIP reason\")")
	if (line ~ /^1\.\.0 # SKIP /)
		check_reason(substr(line, 13))
}

# Sets name, directive and reason.
function split_result(line,	at)
{
	name = line
	directive = reason = ""
	at = match(line, / ?# ?(SKIP|XFAIL|XPASS|TIMEOUT|TODO|error|exit=)/)
	if (!at)
		return
	name = substr(line, 1, at - 1)
	reason = substr(line, at)
	sub(/^ ?# ?/, "", reason)
	match(reason, /^(exit=|[A-Za-z]+)/)
	directive = substr(reason, 1, RLENGTH)
	reason = substr(reason, RLENGTH + 1)
	sub(/^ +/, "", reason)
}

function take_result(level, line,	number, good)
{
	need_header(level)
	good = line !~ /^not /
	sub(/^(not )?ok */, "", line)
	number = line
	sub(/[^0-9].*/, "", number)
	sub(/^[0-9]+ */, "", line)
	if (number != ++count[level])
		bad("number", "wanted " count[level] ", got \"" number "\"")
	split_result(line)
	check_name(level)
	if (!good)
		failed[level]++
	else if (directive == "SKIP")
		skipped[level]++
	else if (directive == "XFAIL")
		xfailed[level]++
	else if (directive == "XPASS")
		xpassed[level]++
	else
		passed[level]++
	if (level == "test" && directive == "SKIP" && reason != "")
		bad("reason", "parsers take \"" reason "\" for a part of the name")
	else if (level == "test" && directive == "SKIP" && !comment)
		bad("reason", "a SKIP without a comment before it")
	if (level == "run")
		end_test(good)
}

function check_name(level)
{
	sub(/^- /, "", name)
	if (name ~ /^ *$/)
		bad(directive == "" ? "named" : "order", "no name before \"" directive "\"")
	else if ((level, name) in names)
		bad("unique", "\"" name "\" is the name of line " names[level, name] " too")
	else
		names[level, name] = NR
}

# What varies belongs on a comment: parsers take the reason for a part of the name.
function check_reason(text)
{
	text = text " "
	if (text ~ /0x[0-9a-f]/ || text ~ /[0-9] (of|pages?|bytes|[kKMG]i?B|m?s) /)
		bad("reason", "a number that may vary is in \"" text "\"")
}

# "# Totals: pass:1 fail:0 xfail:0 xpass:0 skip:0 error:0"
function take_totals(level, line,	i, words, pair, got)
{
	totals[level]++
	split("", got)
	for (i = split(line, words, " "); i > 0; i--)
		if (split(words[i], pair, ":") == 2)
			got[pair[1]] = pair[2]
	check_total("pass", got["pass"], passed[level])
	check_total("fail", got["fail"] + got["error"], failed[level])
	check_total("xfail", got["xfail"], xfailed[level])
	check_total("xpass", got["xpass"], xpassed[level])
	check_total("skip", got["skip"], skipped[level])
}

function check_total(what, got, wanted)
{
	if (got != wanted)
		bad("totals", what ": wanted " wanted ", got \"" got "\"")
}

function end_level(level)
{
	if (!header[level])
		return
	if (!planned[level])
		bad("plan", "there is none")
	else if (plan[level] != count[level] && !bail[level])
		bad("plan", "planned " plan[level] " results, made " count[level])
}

# Whether the results of a test, and how it ended, fit its status.
function end_of(code,	ran)
{
	end_level("test")
	if (!header["test"])
		return
	ran = passed["test"] + failed["test"] + xfailed["test"] + xpassed["test"]
	if (code == 0 && failed["test"] + bail["test"] > 0)
		bad("status", "it passes, and " failed["test"] " of its results are \"not ok\"")
	else if (code == 0 && !ran)
		bad("status", "it passes, and has not one result that is not skipped")
	else if (code == 1 && !failed["test"] && !bail["test"])
		bad("status", "it fails, and none of its results says \"not ok\"")
	else if (code == 4 && ran)
		bad("status", "it is skipped, and " ran " of its results are not")
	else if (code == 2 && (!xfailed["test"] || passed["test"] + failed["test"]))
		bad("status", "it fails as expected, and its results do not say so")
	else if (code == 3 && !xpassed["test"])
		bad("status", "it passes unexpectedly, and its results do not say so")
}

# The end of a test of a run: what the line with its result says.
function end_test(good,	code)
{
	if (name != title)
		bad("title", "wanted \"" title "\" before, and in, the result, got \"" name "\"")
	if (!timed)
		bad("timeout", "not said for this test")
	if (lost && good)
		bad("missing", "its file is missing, and it does not fail")
	code = result_code(good)
	if (code == "")
		bad("status", "\"not ok\" without \"# exit=N\" or \"# TIMEOUT N seconds\"")
	else if (code != 124 && code <= 4)
		end_of(code)
	timed = lost = stuck = 0
	title = ""
	begin("test")
}

# What "ok" or "not ok" and the directive tell about the status; "" where they do not.
function result_code(good)
{
	if (good && directive == "")
		return 0
	if (good && directive == "XFAIL")
		return 2
	if (good && directive == "SKIP")
		return 4
	if (!good && directive == "exit=" && reason ~ /^[0-9]+$/ && reason !~ /^[024]$/)
		return reason + 0
	if (!good && directive == "TIMEOUT" && reason ~ /^[0-9]+ seconds$/)
		return 124
	return !good && directive == "" && (lost || stuck) ? 127 : ""
}

function take_run(line)
{
	if (line ~ /^# (timeout set to|overriding timeout to) [0-9]+$/)
		timed = 1
	else if (line ~ /^# selftests: [^ ]+: [^ ]+$/)
		title = substr(line, 3)
	else if (line ~ /^# Warning: file .* is missing!$/)
		lost = 1
	else if (line ~ /^# Warning: file .* is not executable$/)
		stuck = 1
	else if (line ~ /^# Totals: / && title == "")
		take("run", line)
	else if (line ~ /^# /)
		take_test(substr(line, 3))
	else if (!take("run", line) && line !~ /^#/)
		bad("quiet", "\"" line "\"")
}

function take_test(line)
{
	if (!take("test", line))
		comment = line ~ /^# ?[^ ]/
}

BEGIN {
	begin("run")
	begin("test")
}

mode == "run"	{ take_run($0) }
mode == "test"	{ take_test($0) }

END {
	if (mode == "test") {
		if (!header["test"])
			bad("header", "there is none")
		end_of(status)
	} else {
		if (!header["run"])
			bad("header", "there is none")
		if (title != "")
			bad("plan", "\"" title "\" has no result")
		end_level("run")
		if (!totals["run"])
			bad("totals", "there are none")
	}
	exit wrong > 0
}
