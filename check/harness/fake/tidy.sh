#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Puts something back before it ends, when told to.
trap 'echo "put back"; exit 0' TERM
echo "changed"
sleep "${FAKE_SLEEP:-98765}" &
wait
