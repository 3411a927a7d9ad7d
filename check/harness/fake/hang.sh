#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Waits for ever, together with a child that does not listen to SIGTERM.
(
	trap '' TERM
	exec sleep "${FAKE_SLEEP:-98765}"
) &
echo "waiting"
wait
sleep "${FAKE_SLEEP:-98765}"
