#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Waits for ever, together with a child; neither listens to SIGTERM.
trap '' TERM
sleep "${FAKE_SLEEP:-98765}" &
echo "waiting"
wait
