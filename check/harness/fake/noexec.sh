#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
echo "run by the interpreter of its first line"
