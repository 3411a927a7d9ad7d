/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checks of the unit tests: a TAP line for each.
 */
#ifndef CHECK_UNIT_H
#define CHECK_UNIT_H

#include "kselftest.h"

/* @what names the check; a comment shows where it failed, and the condition. */
#define CHECK(what, condition)								\
do {											\
	bool unit_good = (condition);							\
											\
	if (!unit_good)									\
		ksft_print_msg("%s:%d: %s\n", __FILE__, __LINE__, #condition);		\
	ksft_test_result_code(unit_good ? KSFT_PASS : KSFT_FAIL, what, NULL);		\
} while (0)

/* Checks that two texts are equal, and shows both where they differ. */
#define CHECK_TEXT(what, got, want)							\
do {											\
	const char *unit_got = (got), *unit_want = (want);				\
	bool unit_good = !strcmp(unit_got, unit_want);					\
											\
	if (!unit_good)									\
		ksft_print_msg("%s:%d: want \"%s\" got \"%s\"\n", __FILE__, __LINE__,	\
			       unit_want, unit_got);					\
	ksft_test_result_code(unit_good ? KSFT_PASS : KSFT_FAIL, what, NULL);		\
} while (0)

/* Prints the plan last, as TAP allows, so that it agrees with the checks. */
static inline int unit_finish(void)
{
	ksft_set_plan(ksft_test_num());
	ksft_print_cnts();
	return ksft_get_fail_cnt() ? KSFT_FAIL : KSFT_PASS;
}

#endif /* CHECK_UNIT_H */
