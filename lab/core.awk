# SPDX-License-Identifier: GPL-2.0-only
#
# Reduce C files to what a program without some features needs.  The arguments are all of its files,
# which are rewritten.  "words" are the names that belong to the features.
#
# Each statement, initialiser, struct member and definition that has such a name goes, with what
# depends on it and its comment.  Then go functions, variables, types, macros and struct members
# that nothing uses any more, until nothing changes.  A paragraph of a comment that has the name of
# something that is gone goes, too.
#
# The code must be in kernel style.  The result must be built: what cannot be taken out alone, like
# a condition with an "else", is an error here or there.

FNR == 1 {
	files++
	name_of[files] = FILENAME
	first[files] = NR
	basename = FILENAME
	sub(/.*\/migrate\//, "migrate/", basename)
	present[basename] = 1
}

{
	line[NR] = $0
	last[files] = NR
}

END {
	split(words, list, " ")
	for (i in list)
		is_word[list[i]] = 1
	for (f = 1; f <= files; f++)
		parse(f)
	for (e = 1; e <= entities; e++)
		drop_words(e)
	do {
		count_uses()
		changed = drop_unused()
	} while (changed)
	make_static()
	drop_includes()
	for (f = 1; f <= files; f++)
		write(f)
	exit failed
}

function error(k, text) {
	print "core.awk: " text ": " line[k] >"/dev/stderr"
	failed = 1
}

# Code of line k, without comments, strings and characters.
function code(k,    text) {
	if (k in code_of)
		return code_of[k]
	text = line[k]
	gsub(/\\"/, "", text)
	gsub(/"[^"]*"/, "\"\"", text)
	gsub(/'[^']*'/, "0", text)
	gsub(/\/\*[^*]*(\*[^\/*][^*]*)*\*\//, "", text)
	if (text ~ /^[ \t]*(\/\*|\*\/|\* |\*$)/)
		text = ""
	sub(/\/\*.*$/, "", text)
	sub(/[ \t]+$/, "", text)
	return code_of[k] = text
}

function count(text, regex) {
	return gsub(regex, "&", text)
}

function is_blank(k) {
	return line[k] ~ /^[ \t]*$/
}

# ---- Top level: paragraphs of comments and entities

function parse(f,    k, end, text, in_paragraph) {
	for (k = first[f]; k <= last[f]; k = end + 1) {
		end = k
		if (is_blank(k)) {
			in_paragraph = 0
			continue
		}
		if (!in_paragraph++)
			paragraphs++
		paragraph_of[k] = paragraphs
		if (line[k] ~ /^\/[*]/) {
			while (line[end] !~ /\*\//)
				end++
			kind[k] = "comment"
		} else if (line[k] ~ /^#define/) {
			while (line[end] ~ /\\$/)
				end++
			text = line[k]
			sub(/^#define[ \t]+/, "", text)
			sub(/[^A-Za-z_0-9].*/, "", text)
			if (text !~ /_H$/)
				add_entity(k, end, "macro", text)
		} else if (line[k] ~ /^#include "migrate/) {
			text = line[k]
			gsub(/^#include "|".*/, "", text)
			gone[k] = !(text in present)
		} else if (line[k] ~ /^[#\/]/ || line[k] ~ /^[A-Z_0-9]+\(.*\)$/) {
			;
		} else {
			end = parse_declaration(f, k)
		}
		end_of[k] = end
		for (; k <= end; k++)
			paragraph_of[k] = paragraphs
	}
}

function add_entity(k, end, what, names,    n, i, list) {
	entities++
	start_of[entities] = k
	finish_of[entities] = end
	kind_of[entities] = what
	names_of[entities] = names
	for (; k <= end; k++)
		entity_of[k] = entities
}

function parse_declaration(f, k,    end, depth, text, what, names, i, n, part) {
	end = k
	depth = 0
	text = ""
	for (;;) {
		text = text " " code(end)
		depth += count(code(end), "{") - count(code(end), "}")
		if (depth == 0 && (code(end) ~ /;$/ || (code(end) ~ /^}/)))
			break
		if (++end > last[f]) {
			error(k, "no end")
			return last[f]
		}
	}
	gsub(/__printf\([^)]*\)|__attribute__\(\([a-z_]*(\([^)]*\))?\)\)/, "", text)
	if (text ~ /^ (struct|union|enum) [a-z_0-9]+( {|;)/) {
		names = text
		sub(/^ /, "", names)
		sub(/( {|;).*/, "", names)
		what = text ~ /{/ ? "type" : "forward"
	} else if (text ~ /^ enum {/) {
		what = "type"
		names = "enum"
	} else if (text ~ /^ typedef/) {
		what = "typedef"
		names = text
		sub(/;$/, "", names)
		sub(/\)\(.*/, "", names)
		sub(/.*[ *]/, "", names)
	} else {
		what = "function"
		names = text
		sub(/{.*/, "", names)
		if (names !~ / =/ && names ~ /\(/) {
			sub(/\(.*/, "", names)
			sub(/.*[ *]/, "", names)
			if (text !~ /{/)
				what = "prototype"
		} else {
			what = "variable"
			sub(/ =.*/, "", names)
			gsub(/;|\[[^]]*\]/, "", names)
			n = split(names, part, ",")
			names = ""
			for (i = 1; i <= n; i++) {
				sub(/.*[ *]/, "", part[i])
				names = names (names == "" ? "" : " ") part[i]
			}
		}
	}
	add_entity(k, end, what, names)
	return end
}

# ---- The words

function has_word(text,    token) {
	while (match(text, /[A-Za-z_][A-Za-z_0-9]*/)) {
		token = substr(text, RSTART, RLENGTH)
		if (token in is_word)
			return 1
		text = substr(text, RSTART + RLENGTH)
	}
	return 0
}

function indent(k,    text) {
	text = line[k]
	match(text, /^\t*/)
	return RLENGTH
}

function is_control(text) {
	return text ~ /^\t+(}? ?else|if|for|for_each[a-z_]*|while|switch|do)( |$|\()/
}

# The last line of the statement that starts in line k.
function statement_end(k, limit,    open, end, text) {
	text = ""
	for (end = k; end < limit; end++) {
		open += count(code(end), "[(]") - count(code(end), "[)]")
		text = text code(end)
		if (open > 0)
			continue
		if (is_control(text) || code(end) ~ /[;{}:]$/ ||
		    (code(end) ~ /,$/ && text ~ /^\t+([.[]|[A-Z_0-9]+,$)/))
			break
	}
	return end
}

function drop_lines(k, end) {
	for (; k <= end; k++)
		gone[k] = 1
}

# With the comment above line k.
function drop_comment(k, top,    c) {
	c = k - 1
	if (c <= top || line[c] !~ /\*\/$/ || code(c) != "")
		return
	while (c > top && line[c] !~ /^[ \t]*\/\*/)
		c--
	drop_lines(c, k - 1)
}

# The label of a case that has no other statement.
function drop_label(k, end, limit,    above) {
	for (above = k - 1; gone[above]; above--)
		;
	if (code(above) ~ /^\t+case .*:$/ &&
	    (code(end + 1) ~ /^\t+(case .*|default):$/ || code(end + 1) ~ /^\t+}/ ||
	     code(end + 1) ~ /^\t+break;/))
		gone[above] = 1
	if (gone[above] && code(end + 1) ~ /^\t+break;/)
		gone[end + 1] = 1
}

# Drop ".name = value," of words from lines k to end.  Returns what is left.
function drop_initialisers(k, end,    i, word, left) {
	for (; k <= end; k++) {
		for (word in is_word)
			gsub("[.]" word " = [^,{}()]*,", "", line[k])
		gsub(/ +$/, "", line[k])
		sub(/\t +/, "\t", line[k])
		gsub(/,  +/, ", ", line[k])
		delete code_of[k]
		if (is_blank(k))
			gone[k] = 1
		left = left code(k)
	}
	return left
}

function drop_words(e,    k, end, d, above, text, i, top, limit, n, part) {
	n = split(names_of[e], part, " ")
	for (i = 1; i <= n; i++)
		if (part[i] in is_word && n == 1) {
			drop_entity(e)
			return
		}
	if (kind_of[e] == "macro" || kind_of[e] == "prototype" || kind_of[e] == "forward")
		return
	top = start_of[e]
	while (top < finish_of[e] && code(top) !~ /{$/)
		top++
	limit = finish_of[e]
	if (kind_of[e] == "type") {
		drop_members(e, 1)
		return
	}
	for (k = top + 1; k < limit; k = end + 1) {
		end = k
		if (code(k) ~ /^[ \t]*$/)
			continue
		end = statement_end(k, limit)
		text = ""
		for (i = k; i <= end; i++)
			text = text code(i)
		if (kind_of[e] == "variable" && text ~ /^\t+\./ && has_word(text))
			text = drop_initialisers(k, end)
		if (!has_word(text)) {
			# A header without a brace belongs to the next statement.
			above = is_control(text) && text !~ /{$/ ? k : 0
			if (above)
				header[end + 1] = above
			continue
		}
		d = indent(k)
		if (is_control(text) || text ~ /:$/)
			while (end + 1 < limit && (indent(end + 1) > d || is_blank(end + 1)))
				end++
		if (text ~ /{$/ && code(end + 1) ~ /^\t*}/ && indent(end + 1) == d)
			end++
		if (line[end + 1] ~ /^\t*(} )?else/ && indent(end + 1) == d)
			error(k, "an else follows")
		drop_lines(k, end)
		drop_comment(k, top)
		drop_label(k, end, limit)
		for (i = k; i in header; i = header[i]) {
			drop_lines(header[i], i - 1)
			drop_comment(header[i], top)
		}
	}
}

# ---- What nothing uses

function count_uses(    f, k, e, text, token, own, before, n, part, i) {
	split("", uses)
	split("", member_uses)
	split("", pasted)
	split("", shared)
	split("", user)
	split("", first_use)
	split("", used_in)
	f = 1
	for (k = 1; k <= NR; k++) {
		if (k > last[f])
			f++
		if (gone[k])
			continue
		e = k in entity_of ? entity_of[k] : 0
		text = code(k)
		own = e ? " " names_of[e] " " : ""
		before = ""
		while (match(text, /[A-Za-z_][A-Za-z_0-9]*/)) {
			token = substr(text, RSTART, RLENGTH)
			if (RSTART > 1)
				before = substr(text, 1, RSTART - 1)
			else
				before = ""
			text = substr(text, RSTART + RLENGTH)
			if (before ~ /(->|\.)$/)
				member_uses[token]++
			if (text ~ /^##/)
				pasted[token] = 1
			if (token == "struct" || token == "enum" || token == "union") {
				if (match(text, /^ [a-z_0-9]+/)) {
					token = token substr(text, 1, RLENGTH)
					text = substr(text, RLENGTH + 1)
				}
			}
			if (e && (index(own, " " token " ")))
				continue
			if (e && kind_of[e] == "forward")
				continue
			uses[token]++
			used_in[f, token] = 1
			if (!(token in user)) {
				user[token] = f
				first_use[token] = k
			} else if (user[token] != f) {
				shared[token] = 1
			}
		}
	}
}

function is_used(name,    p) {
	if (uses[name] || name == "main")
		return 1
	for (p in pasted)
		if (index(name, p) == 1 && uses[substr(name, length(p) + 1)])
			return 1
	return 0
}

function drop_unused(    e, i, n, part, used, changed) {
	for (e = 1; e <= entities; e++) {
		if (dropped[e])
			continue
		if (kind_of[e] == "type")
			changed += drop_members(e, 0)
		if (names_of[e] == "enum")
			continue
		if (kind_of[e] == "type" || kind_of[e] == "forward") {
			used = uses[names_of[e]]
			if (!used && names_of[e] ~ /^enum/)
				used = enum_used(e)
		} else {
			n = split(names_of[e], part, " ")
			used = 0
			for (i = 1; i <= n; i++)
				used += is_used(part[i])
		}
		if (!used) {
			drop_entity(e)
			changed++
		}
	}
	return changed
}

function enum_used(e,    k) {
	for (k = start_of[e] + 1; k < finish_of[e]; k++)
		if (!gone[k] && match(code(k), /[A-Z][A-Z_0-9]*/) &&
		    uses[substr(code(k), RSTART, RLENGTH)] > 1)
			return 1
	return 0
}

function drop_entity(e,    k, p, left, i, n, part, c) {
	dropped[e] = 1
	drop_lines(start_of[e], finish_of[e])
	n = split(names_of[e], part, " ")
	if (kind_of[e] != "forward")
		for (i = 1; i <= n; i++)
			is_gone[part[i]] = 1
	# The comment of a paragraph goes with the last entity below it.
	for (k = start_of[e] - 1; k >= 1 && paragraph_of[k] == paragraph_of[start_of[e]]; k--)
		if (!gone[k] && (k in entity_of || line[k] ~ /^#/))
			return
		else if (line[k] ~ /\*\/$/ && !(k in entity_of) && !gone[k])
			break
	if (k < 1 || paragraph_of[k] != paragraph_of[start_of[e]])
		return
	for (c = finish_of[e] + 1; paragraph_of[c] == paragraph_of[start_of[e]] && c <= NR; c++)
		if (!gone[c] && line[c] ~ /^\/\*/)
			break
		else if (!gone[c])
			return
	while (line[k] !~ /^\/\*/)
		gone[k--] = 1
	gone[k] = 1
}

# Members of a struct, enumerators of an enum.  forced: those that have a word.
function drop_members(e, forced,    k, end, i, n, part, text, used, changed, comment, comment_end,
		      kept, has, is_enum) {
	is_enum = names_of[e] ~ /^enum/
	comment = 0
	for (k = start_of[e] + 1; k < finish_of[e]; k = end + 1) {
		end = k
		if (gone[k])
			continue
		if (is_blank(k)) {
			end_comment(comment, comment_end, kept, has)
			comment = 0
			continue
		}
		if (line[k] ~ /^\t+\/\*/) {
			end_comment(comment, comment_end, kept, has)
			while (line[end] !~ /\*\//)
				end++
			comment = k
			comment_end = end
			kept = has = 0
			continue
		}
		if (is_enum)
			while (end < finish_of[e] - 1 && code(end) !~ /,$/)
				end++
		else
			while (end < finish_of[e] - 1 && code(end) !~ /[;{}]$/)
				end++
		text = ""
		for (i = k; i <= end; i++)
			text = text code(i)
		has = 1
		used = 0
		if (is_enum) {
			match(text, /[A-Z_a-z][A-Z_0-9a-z]*/)
			text = substr(text, RSTART, RLENGTH)
			used = forced ? !(text in is_word) : is_used_enumerator(text)
		} else if (text ~ /[{}]$|^\t*}/ || text !~ /;$/) {
			used = 1
		} else {
			sub(/;$/, "", text)
			if (text ~ /\(\*/) {
				sub(/^[^(]*\(\*/, "", text)
				sub(/\).*/, "", text)
			}
			gsub(/\[[^]]*\]/, "", text)
			n = split(text, part, ",")
			for (i = 1; i <= n; i++) {
				sub(/.*[ \t*]/, "", part[i])
				used += forced ? !(part[i] in is_word) : (member_uses[part[i]] > 0)
			}
		}
		# A comment behind the member may go on in the next line.
		while (line[end] ~ /\/\*/ && line[end] !~ /\*\//)
			end++
		if (used) {
			kept = 1
			continue
		}
		drop_lines(k, end)
		changed++
	}
	end_comment(comment, comment_end, kept, has)
	return changed
}

function end_comment(comment, end, kept, has) {
	if (comment && has && !kept)
		drop_lines(comment, end)
}

function is_used_enumerator(name,    p) {
	# Its own line counts as one.
	if (uses[name] > 1 || name ~ /^NR_/)
		return 1
	for (p in pasted)
		if (index(name, p) == 1 && uses[substr(name, length(p) + 1)])
			return 1
	return 0
}

# A function that only its own file uses needs no prototype, if "static" fits in its line.
function make_static(    e, k, f, own, prototype_of) {
	for (e = 1; e <= entities; e++)
		if (!dropped[e] && kind_of[e] == "prototype")
			prototype_of[names_of[e]] = e
	for (e = 1; e <= entities; e++) {
		k = start_of[e]
		own = file_of(k)
		if (dropped[e] || kind_of[e] != "function" || line[k] ~ /^static / ||
		    !(names_of[e] in prototype_of) || shared[names_of[e]] ||
		    user[names_of[e]] != own || first_use[names_of[e]] < k ||
		    line[k] !~ /\)$/ || length(line[k]) > 93)
			continue
		drop_entity(prototype_of[names_of[e]])
		delete is_gone[names_of[e]]
		line[k] = "static " line[k]
	}
}

function file_of(k,    f) {
	for (f = 1; last[f] < k; f++)
		;
	return f
}

# Drop headers that declare nothing that a C file uses.
function drop_includes(    e, f, k, i, n, part, header_of, text, base) {
	for (e = 1; e <= entities; e++) {
		if (dropped[e])
			continue
		f = file_of(start_of[e])
		if (name_of[f] !~ /[.]h$/)
			continue
		n = split(names_of[e], part, kind_of[e] == "type" ? "|" : " ")
		for (i = 1; i <= n; i++)
			declares[f, part[i]] = 1
		if (names_of[e] ~ /^enum/)
			for (k = start_of[e] + 1; k < finish_of[e]; k++)
				if (!gone[k] && match(code(k), /[A-Z][A-Z_0-9]*/))
					declares[f, substr(code(k), RSTART, RLENGTH)] = 1
	}
	for (f = 1; f <= files; f++)
		for (k = first[f]; k <= last[f]; k++)
			if (!gone[k] && line[k] ~ /^#include "migrate/ && name_of[f] ~ /[.]c$/ &&
			    !uses_header(f, k))
				gone[k] = 1
}

function stem(path) {
	gsub(/.*\/|[.][ch]$/, "", path)
	return path
}

# Whether file f uses what the header in line k declares or includes.
function uses_header(f, k,    text, h, key, part, i) {
	text = line[k]
	gsub(/^#include "|".*/, "", text)
	if (stem(text) == stem(name_of[f]))
		return 1
	for (h = 1; h <= files; h++)
		if (substr(name_of[h], length(name_of[h]) - length(text) + 1) == text)
			break
	for (key in declares) {
		split(key, part, SUBSEP)
		if (part[1] == h && (f, part[2]) in used_in)
			return 1
	}
	for (i = first[h]; i <= last[h]; i++)
		if (!gone[i] && line[i] ~ /^#include "migrate/ && uses_header(f, i))
			return 1
	return 0
}

# ---- Comments, and the result

# Drop paragraphs and items of a list ("   NAME ...") that name what is gone from the comment in
# lines k to end.  A comment that is one paragraph stays.
function trim_comment(k, end,    i, from, names_gone, units) {
	from = k + 1
	units = 0
	for (i = k + 1; i <= end; i++) {
		if (line[i] ~ /^[ \t]*\*$/ || i == end || (i > from && line[i] ~ /^ \*   [^ \t]/)) {
			if (names_gone && (units || i < end))
				drop_lines(from, i - 1)
			units++
			from = i
			names_gone = 0
		}
		names_gone += has_gone(line[i])
	}
	# No two empty lines, none at the end.
	for (i = end - 1; i > k; i--)
		if (line[i] ~ /^[ \t]*\*$/ &&
		    line[next_line(i, file_of(i))] ~ /^[ \t]*\*\/?$/)
			gone[i] = 1
}

function has_gone(text,    token) {
	if (match(text, /migrate\/[a-z_]+\/[a-z_]+[.]h/) &&
	    !(substr(text, RSTART, RLENGTH) in present))
		return 1
	if (match(text, /^ \*   [A-Z]+/) && substr(text, 6, RLENGTH - 5) in is_gone)
		return 1
	while (match(text, /[A-Za-z_][A-Za-z_0-9]*/)) {
		token = substr(text, RSTART, RLENGTH)
		if (token in is_gone && token ~ /_/)
			return 1
		text = substr(text, RSTART + RLENGTH)
	}
	return 0
}

function next_line(k, f) {
	for (k++; k <= last[f] && gone[k]; k++)
		;
	return k
}

# A block that has only one line left needs no braces.
function drop_braces(f,    k, body, end) {
	for (k = first[f]; k <= last[f]; k++) {
		if (gone[k] || line[k] !~ /^\t+(if|for|while|for_each[a-z_]*) ?[(].*[)] {$/)
			continue
		if (!gone[k + 1] && line[k + 1] !~ /^\t*}/ && !lost_line(k, f))
			continue
		body = next_line(k, f)
		end = next_line(body, f)
		if (line[body] ~ /;$/ && line[end] ~ /^\t+}$/ && indent(end) == indent(k)) {
			sub(/ {$/, "", line[k])
			gone[end] = 1
		}
	}
}

function lost_line(k, f,    i) {
	for (i = k + 1; i <= last[f] && indent(i) > indent(k); i++)
		if (gone[i])
			return 1
	return 0
}

function write(f,    k, end, out, previous) {
	for (k = first[f]; k <= last[f]; k = end + 1) {
		end = k
		if (line[k] ~ /^[ \t]*\/\*$/ && !gone[k]) {
			while (line[end] !~ /\*\//)
				end++
			trim_comment(k, end)
		}
	}
	drop_braces(f)
	out = name_of[f]
	previous = ""
	printf "" >out
	for (k = first[f]; k <= last[f]; k++) {
		if (gone[k])
			continue
		# No two empty lines, none behind a brace and none before one.
		if (is_blank(k)) {
			for (end = k + 1; end <= last[f] && (gone[end] || is_blank(end)); end++)
				;
			if (previous ~ /^$|{$/ || end > last[f] || line[end] ~ /^}/)
				continue
		}
		previous = line[k]
		print line[k] >out
	}
	close(out)
}
