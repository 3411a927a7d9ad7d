# SPDX-License-Identifier: GPL-2.0-only
#
# Prints the string literals of C files, adjacent ones joined, and the quoted words of scripts, with
# "\001" for what a script expands.  See quotes.awk.

function flush_string()
{
	if (text != "")
		print text
	text = ""
}

function c_line(line,	between)
{
	gsub(/" *PRI[a-z]+[0-9]+ *"/, "lx", line)
	gsub(/" *PRI[a-z]+[0-9]+/, "lx\"", line)
	between = ""
	while (match(line, /"([^"\\]|\\.)*"/)) {
		between = substr(line, 1, RSTART - 1)
		if (between !~ /^[ \t]*$/)
			flush_string()
		text = text substr(line, RSTART + 1, RLENGTH - 2)
		line = substr(line, RSTART + RLENGTH)
	}
	if (line !~ /^[ \t]*\\?$/)
		flush_string()
}

# "...", then '...'; what is nested in $() comes out as strings of its own.
function shell_line(line,	word)
{
	gsub(/\$\{[a-zA-Z_]+:\+/, "\001", line)
	gsub(/\$\{[^}]*\}/, "\001", line)
	gsub(/\$\([^()]*\)/, "\001", line)
	gsub(/\$[A-Za-z_0-9@*#?]+/, "\001", line)
	while (match(line, /"([^"\\]|\\.)*"|'[^']*'/)) {
		word = substr(line, RSTART + 1, RLENGTH - 2)
		if (word != "")
			print word
		line = substr(line, RSTART + RLENGTH)
	}
}

FNR == 1 {
	flush_string()
	is_c = FILENAME ~ /\.[chS]$/
}
is_c { c_line($0); next }
{ shell_line($0) }
END { flush_string() }
