#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
echo "waiting"
exec sleep "${FAKE_SLEEP:-98765}"
