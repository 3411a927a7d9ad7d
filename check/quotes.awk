# SPDX-License-Identifier: GPL-2.0-only
#
# awk -v names=FILE -f quotes.awk STRINGS QUOTES
#
# Prints each quoted message that no source can print.  A line of STRINGS is a format of a source,
# with "\001" for text that a script expands.  A line of QUOTES is "PLACE<tab>MESSAGE"; in a
# message, numbers and the letters N, M, K and L are values, and "..." is text left out.  FILE lists
# names that a message may contain: cases, programs, functions.
#
# Formats are cut at their text values (%s) into fragments.  Fragments must cover the message, each
# as a whole and from word to word.  Punctuation and numbers need no cover.

# Replaces each number by N.
function normal(text)
{
	gsub(/0x[0-9a-f]+/, "N", text)
	while (match(text, /(want|got|reads) [0-9a-f][0-9a-f]([^0-9a-z]|$)/))
		text = substr(text, 1, RSTART - 1) \
			hex_to_n(substr(text, RSTART, RLENGTH)) substr(text, RSTART + RLENGTH)
	gsub(/[0-9]+/, "N", text)
	return text
}

function hex_to_n(text,	word)
{
	word = text
	sub(/ .*/, "", word)
	return word " N" substr(text, length(word) + 4)
}

function is_word(c)
{
	return c ~ /[A-Za-z0-9_]/
}

function add(fragment,	key)
{
	sub(/^[# ,;:.()=]+/, "", fragment)
	sub(/[ ,;:.()=}]+$/, "", fragment)
	if (fragment !~ /[A-Za-z]/ || fragment in known)
		return
	known[fragment] = 1
	key = substr(fragment, 1, 2)
	starts[key, ++count[key]] = fragment
	all[++nr_all] = fragment
}

function add_format(text,	i, n, part)
{
	gsub(/%%/, "%", text)
	gsub(/0x%[-+ #0-9.*]*[hlzjt]*[xX]/, "N", text)
	gsub(/%[-+ #0-9.*]*[hlzjt]*[diouxX]/, "N", text)
	gsub(/%[-+ #0-9.*]*[a-zA-Z]/, "\001", text)
	gsub(/\\[ntr]/, "\001", text)
	gsub(/\\"/, "\"", text)
	n = split(normal(text), part, "\001")
	for (i = 1; i <= n; i++)
		add(part[i])
}

# Returns where @fragment ends if it is at @at of @text, or 0.
function ends_at(text, at, fragment,	end)
{
	if (substr(text, at, length(fragment)) != fragment)
		return 0
	end = at + length(fragment)
	if (is_word(substr(fragment, length(fragment))) && is_word(substr(text, end, 1)) &&
	    substr(text, end, 1) != "N")
		return 0
	return end
}

# Marks in @reach the ends of fragments that began in the text left out before @text.
function begin_inside(text, reach,	i, end, head)
{
	for (end = 1; end <= length(text); end++) {
		if (is_word(substr(text, end, 1)) && is_word(substr(text, end + 1, 1)))
			continue
		head = " " substr(text, 1, end)
		for (i = 1; i <= nr_all; i++)
			if (length(all[i]) > end &&
			    substr(all[i], length(all[i]) - end) == head)
				reach[end + 1] = 1
	}
}

# Returns whether @rest is the beginning of a fragment.
function is_begun(rest,	i)
{
	for (i = 1; i <= nr_all; i++)
		if (length(all[i]) > length(rest) && substr(all[i], 1, length(rest)) == rest)
			return 1
	return 0
}

# Returns the first place in @text that no fragment covers, or 0.
function uncovered(text, cut_before, cut_after,	at, i, key, end, reach, far)
{
	for (at in reach)
		delete reach[at]
	reach[1] = 1
	if (cut_before)
		begin_inside(text, reach)
	far = 1
	for (at = 1; at <= length(text); at++) {
		if (!(at in reach))
			continue
		far = at
		if (substr(text, at, 1) ~ /[^A-Za-z_]/ ||
		    (substr(text, at, 1) == "N" && !is_word(substr(text, at + 1, 1))))
			reach[at + 1] = 1
		if (at > 1 && is_word(substr(text, at - 1, 1)) && substr(text, at - 1, 1) != "N")
			continue
		if (cut_after && is_begun(substr(text, at)))
			return 0
		if (match(substr(text, at), /^E[A-Z][A-Z]+/))
			reach[at + RLENGTH] = 1
		key = substr(text, at, 2)
		for (i = 1; i <= count[key]; i++)
			if ((end = ends_at(text, at, starts[key, i])))
				reach[end] = 1
		if (substr(text, at, 1) in known && !is_word(substr(text, at + 1, 1)))
			reach[at + 1] = 1
	}
	return (length(text) + 1) in reach ? 0 : far
}

function check(place, message,	text, part, i, n, at)
{
	text = " " normal(message) " "
	while (match(text, / [KLM][ ,;:)]/))
		text = substr(text, 1, RSTART) "N" substr(text, RSTART + 2)
	gsub(/[ \t]+/, " ", text)
	n = split(text, part, / ?\.\.\. ?/)
	for (i = 1; i <= n; i++) {
		sub(/^ +/, "", part[i])
		sub(/ +$/, "", part[i])
		at = uncovered(part[i], i > 1, i < n)
		if (at) {
			print place ": " message
			print "\tno source says: " substr(part[i], at)
			return
		}
	}
}

BEGIN {
	while ((getline name < names) > 0)
		add(normal(name))
}
FNR == NR {
	gsub(/[ \t]+/, " ")
	add_format($0)
	next
}
{
	at = index($0, "\t")
	check(substr($0, 1, at - 1), substr($0, at + 1))
}
