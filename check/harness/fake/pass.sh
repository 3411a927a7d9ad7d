#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
echo "in ${PWD##*/} as $0 with $# arguments:" "$@"
cat
echo "on stderr" >&2
printf 'a last line without end'
