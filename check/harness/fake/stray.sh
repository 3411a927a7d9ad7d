#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Leaves a process behind that holds on to its output.
sleep "${FAKE_SLEEP:-98765}" &
setsid sleep "${FAKE_SLEEP:-98765}" 2>/dev/null &
until [ "$(cut -d ' ' -f 6 "/proc/$!/stat")" = $! ]; do :; done
echo "$!" >"${FAKE_PID:-/dev/null}"
