/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text for people inside TAP: parsers take lines that begin with "# " for comments.
 */
#ifndef SELFTEST_KVM_MIGRATE_UTIL_KSFT_TEXT_H
#define SELFTEST_KVM_MIGRATE_UTIL_KSFT_TEXT_H

#include <stdio.h>

/* Write @text, of any number of lines, as comments. */
void ksft_print_text(FILE *out, const char *text);

/* Name of error number @err ("EBUSY"), or "errno N"; @text is used for the latter. */
const char *errno_name(int err, char *text, size_t size);

/* What a call returned, in words: "64", "-1 EIO". */
const char *return_text(long ret, char *text, size_t size);

#endif /* SELFTEST_KVM_MIGRATE_UTIL_KSFT_TEXT_H */
