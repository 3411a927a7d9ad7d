/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Free text in TAP output: parsers ignore lines that begin with "# ".
 */
#ifndef SELFTEST_KVM_MIGRATE_UTIL_KSFT_TEXT_H
#define SELFTEST_KVM_MIGRATE_UTIL_KSFT_TEXT_H

#include <stdio.h>

/* Print each line of @text as a comment. */
void ksft_print_text(FILE *out, const char *text);

/* Print what a call returned, a result or -errno, to @text: "64", "-1 EIO".  Returns @text. */
const char *return_text(long ret, char *text, size_t size);

#endif /* SELFTEST_KVM_MIGRATE_UTIL_KSFT_TEXT_H */
