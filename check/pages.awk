# SPDX-License-Identifier: GPL-2.0-only
#
# Takes Markdown apart: prints "fence|code|link<tab>PAGE:LINE<tab>TEXT" for each line of a fenced
# block, each `code` and each target of a link.

FNR == 1 { fenced = 0 }
/^```/ { fenced = !fenced; next }
fenced { print "fence\t" FILENAME ":" FNR "\t" $0; next }
{
	line = $0
	while (match(line, /`[^`]+`/)) {
		print "code\t" FILENAME ":" FNR "\t" substr(line, RSTART + 1, RLENGTH - 2)
		line = substr(line, RSTART + RLENGTH)
	}
	line = $0
	while (match(line, /\]\([^)]+\)/)) {
		print "link\t" FILENAME ":" FNR "\t" substr(line, RSTART + 2, RLENGTH - 3)
		line = substr(line, RSTART + RLENGTH)
	}
}
