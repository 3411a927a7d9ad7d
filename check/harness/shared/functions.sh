# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# What more than one collection would use.
