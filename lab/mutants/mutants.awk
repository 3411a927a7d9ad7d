# SPDX-License-Identifier: GPL-2.0-only
#
# mutants.awk -v file=NAME -v from_number=N -v list=FILE -v chosen=FILE ORIGINAL MARKED
#
# MARKED is ORIGINAL with the marks of mutants.cocci, and blanks and newlines of Coccinelle's.
# Prints ORIGINAL with a macro of lab_mutate.h in the place of each mark: its lines stay as they
# are.  Numbers the mutants from N on, and adds a line for each to list: number, name, why it is
# chosen ("line" or "function") and the line of the source, with tabs between.  The name is
# FILE:FUNCTION:LINE:KIND, with .2 for the second of this kind in a line.
#
# chosen says which mutants to make: a line "LINE" or "FUNCTION" or "*" for each choice, or
# "!NAME" for one that must not be made, because it does not compile.

function die(text)
{
	print "mutants.awk: " file ":" line ": " text >"/dev/stderr"
	failed = 1
	exit 1
}

# Returns the position of the next token of @s from @i on, after blanks, comments and the ends of
# the lines of a macro.
function token(s, i,	c, two, end)
{
	for (;;) {
		c = substr(s, i, 1)
		if (c == " " || c == "\t" || c == "\n") {
			i++
			continue
		}
		two = substr(s, i, 2)
		if (two == "\\\n") {
			i += 2
			continue
		}
		if (two == "/*")
			end = "*/"
		else if (two == "//")
			end = "\n"
		else
			return i
		c = index(substr(s, i, 8000), end)
		if (!c)
			return i
		i += c + length(end) - 1
	}
}

# Returns the length of the string or character constant of @s at @i, or 1.
function quoted(s, i,	quote, n, c)
{
	quote = substr(s, i, 1)
	if (quote != "\"" && quote != "'")
		return 1
	for (n = 1; n < 500; n++) {
		c = substr(s, i + n, 1)
		if (c == "\\")
			n++
		else if (c == quote)
			return n + 1
	}
	return 1
}

# Follows MARKED and ORIGINAL side by side.  Sets for each mark m: type[m], from[m] and to[m],
# the first and the last character that it encloses, first[m], its line.
function follow(	i, j, depth, n, top, open, c, word)
{
	line = 1
	i = token(marked, 1)
	j = token(original, 1)
	while (i <= length(marked)) {
		if (substr(marked, i, 4) == "LAB_" &&
		    match(substr(marked, i, 12), /^LAB_(SKIP|COND|PLUS|RETURN|TRY)\(/)) {
			marks++
			type[marks] = substr(marked, i + 4, RLENGTH - 5)
			from[marks] = j
			open[++top] = marks
			depth++
			at[top] = depth
			i = token(marked, i + RLENGTH)
			continue
		}
		c = substr(marked, i, 1)
		if (c == "(") {
			depth++
		} else if (c == ")") {
			if (top && at[top] == depth) {
				to[open[top--]] = last
				depth--
				i = token(marked, i + 1)
				continue
			}
			depth--
		}
		n = quoted(marked, i)
		word = substr(marked, i, n)
		if (substr(original, j, n) != word)
			die("Coccinelle changed '" substr(original, j, 40) "'")
		last = j + n - 1
		i = token(marked, i + n)
		j = token(original, j + n)
	}
}

# Sets lines, text[line] and in_function[line], which are cut from ORIGINAL.
function cut(	n, name, at)
{
	lines = split(original, text, "\n")
	at = 1
	for (n = 1; n <= lines; n++) {
		start[n] = at
		at += length(text[n]) + 1
		if (text[n] ~ /^[A-Za-z_][^=;]*\(/ && text[n] !~ /^(EXPORT|module|static const)/) {
			name = text[n]
			if (name ~ /^[A-Z_]*DEFINE[0-9]*\(/) {
				sub(/^[^(]*\(/, "", name)
				sub(/[^A-Za-z0-9_].*/, "", name)
			} else {
				sub(/\(.*/, "", name)
				sub(/.*[^A-Za-z0-9_]/, "", name)
			}
		}
		in_function[n] = name
	}
	start[lines + 1] = at
}

# Without a meaning for those who use the kernel: diagnostics, hints, declarations.
function idle(name)
{
	return name ~ /^(WARN|BUG|VM_BUG|VM_WARN|VM_BUG|KVM_BUG|BUILD_BUG|KVM_MMU_WARN|lockdep_)/ ||
	       name ~ /^(trace_|count_vm|cond_resched|pr_|might_|DEFINE_|DECLARE_|LIST_HEAD)/ ||
	       name ~ /^(XA_STATE|CLASS|guard|scoped_|prefetch|kasan_|instrument_|cpu_relax)/
}

# Sets called and object, the name and the first argument of the call @code.
function parse_call(code)
{
	called = object = ""
	if (!match(code, /^!?[A-Za-z_0-9]+\(/))
		return
	called = substr(code, 1, RLENGTH - 1)
	sub(/^!/, "", called)
	object = substr(code, RLENGTH + 1)
	sub(/\)[^)]*$/, "", object)
}

# A lock and its unlock have the same family.
function family(name)
{
	name = tolower(name)
	gsub(/try|un/, "", name)
	sub(/^(down|up)_/, "lock_", name)
	sub(/^(down|up)$/, "lock", name)
	return name
}

function is_unlock(name)
{
	return name ~ /(unlock|UNLOCK)/ || name ~ /^up(_read|_write)?$/
}

function is_lock(name)
{
	return !is_unlock(name) && (name ~ /(_lock|_LOCK|lock_shared)$/ || name ~ /_lock_/ ||
				    name ~ /trylock/ || name ~ /^down(_read|_write)?$/)
}

# Returns why the mutant is chosen, or "".
function wanted(name, first, last, fn)
{
	if (("!" name) in choice)
		return ""
	for (; first <= last; first++)
		if (first in choice)
			return "line"
	return ("*" in choice) || (fn in choice) ? "function" : ""
}

# Returns the number of the mutant @kind of the mark @m, or 0.
function number(kind, m,	name, n, why, first, fn)
{
	first = line_of[m]
	fn = in_function[first]
	name = file ":" fn ":" first ":" kind
	n = ++ordinal[name]
	if (n > 1)
		name = name "." n
	why = wanted(name, first, first + gsub(/\n/, "&", raw_of[m]), fn)
	if (why == "")
		return 0
	code = text[first]
	gsub(/^[ \t]+|[ \t]+$/, "", code)
	gsub(/\t/, " ", code)
	printf "%d\t%s\t%s\t%s\n", next_number, name, why, code >>list
	return next_number++
}

# Encloses the mark @m in the macro call @open.
function enclose(m, open)
{
	before[from[m]] = before[from[m]] open
	after[to[m]]++
}

function decide(	m, n, code, first, fn, kind, pair, locks, key)
{
	split("SKIP call COND cond PLUS bound RETURN value TRY lock", words, " ")
	for (m = 1; m in words; m += 2)
		kinds[words[m]] = words[m + 1]
	first = 1
	# Which locks have an unlock in the same function?
	for (m = 1; m <= marks; m++) {
		while (start[first + 1] <= from[m])
			first++
		line_of[m] = first
		code = substr(original, from[m], to[m] - from[m] + 1)
		raw_of[m] = code
		gsub(/[ \t\n]+/, " ", code)
		code_of[m] = code
		if (type[m] != "SKIP" && type[m] != "TRY")
			continue
		parse_call(code)
		pair[m] = in_function[first] ":" family(called) ":" object
		if (is_unlock(called))
			unlocked[pair[m]] = 1
	}
	for (m = 1; m <= marks; m++) {
		first = line_of[m]
		fn = in_function[first]
		code = code_of[m]
		kind = kinds[type[m]]
		parse_call(code)
		if (type[m] == "SKIP" && match(code, /^[^=(]*[^=!<>(]=[^=]/))
			kind = "assign"
		else if (type[m] == "SKIP" && code ~ /^[^"]* [-+|&^*\/]?(<<|>>)?= /)
			kind = "assign"
		if (kind == "call" && idle(called))
			continue
		if (kind == "cond" && code ~ /^[!]?(WARN|VM_WARN|VM_BUG|KVM_BUG|unlikely\(WARN)/)
			continue
		if (kind == "call" || kind == "lock") {
			if (is_lock(called)) {
				if (!(pair[m] in unlocked))
					continue
				# One mutant for all places of the function that take this lock.
				key = pair[m]
				if (!(key in locks))
					locks[key] = number("lock", m)
				if (locks[key])
					enclose(m, "lab_" tolower(type[m]) "(" locks[key] ", ")
				continue
			}
			if (kind == "lock")
				continue
			if (is_unlock(called) && (pair[m] in locks) && locks[pair[m]])
				enclose(m, "lab_skip(" locks[pair[m]] ", ")
		}
		n = number(kind, m)
		if (n)
			enclose(m, "lab_" tolower(type[m]) "(" n ", ")
	}
}

function write(	i, n, made, k)
{
	made = 0
	for (i = 1; i <= length(original); i++) {
		if (i in before)
			printf "%s", before[i]
		printf "%s", substr(original, i, 1)
		for (k = 0; k < after[i]; k++)
			printf ")"
	}
}

BEGIN {
	next_number = from_number
	while ((getline line < chosen) > 0)
		choice[line] = 1
}
FILENAME != ARGV[2]	{ original = original $0 "\n"; next }
			{ marked = marked $0 "\n" }
END {
	if (failed)
		exit 1
	cut()
	follow()
	decide()
	write()
	print "last " next_number - 1 >"/dev/stderr"
}
