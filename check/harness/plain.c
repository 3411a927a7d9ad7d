// SPDX-License-Identifier: GPL-2.0-only
/*
 * Uses kselftest.h: each argument ends the program in another way.  Linked with
 * plain_part.c, whose results must be counted too.
 */
#include "kselftest.h"

void report_from_another_file(void);

static void every_result(void)
{
	ksft_print_header();
	ksft_set_plan(12);
	ksft_print_msg("one line\nand %s\n", "another");
	ksft_print_dbg_msg("never printed\n");
	ksft_test_result_pass("passes\n");
	ksft_test_result_fail("fails %d", 1);
	ksft_test_result_skip("is skipped\n");
	ksft_test_result_xfail("fails as expected\n");
	ksft_test_result_xpass("passes unexpectedly\n");
	ksft_test_result_error("breaks\n");
	ksft_test_result(1 + 1 == 2, "adds\n");
	ksft_test_result_report(KSFT_SKIP, "is reported as %d\n", KSFT_SKIP);
	ksft_test_result_code(KSFT_SKIP, "has a reason", "no %s", "luck");
	ksft_test_result_code(KSFT_PASS, "has none", NULL);
	ksft_test_result_code(9, "has status 9", NULL);
	report_from_another_file();
	ksft_finished();
}

static struct ksft_nested nested;

static void print_nested(void)
{
	printf("reason:%s%s\n", *nested.reason ? " " : "", nested.reason);
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";

	errno = ENOENT;
	if (!strncmp(how, "nested", strlen("nested"))) {
		ksft_nested = &nested;
		atexit(print_nested);
	}
	if (!strcmp(how, "nested_skip"))
		ksft_exit_skip("no %s here\n", "moon");
	if (!strcmp(how, "nested_fail"))
		ksft_exit_fail_msg("lost: %m\n");
	if (!strcmp(how, "every_result"))
		every_result();
	if (!strcmp(how, "skip_all"))
		ksft_exit_skip("no %s here\n", "moon");
	if (!strcmp(how, "bail_out"))
		ksft_exit_fail_msg("lost: %m\n");
	if (!strcmp(how, "perror"))
		ksft_exit_fail_perror("open");

	ksft_set_plan(3);
	ksft_test_result_pass("first\n");
	if (!strcmp(how, "skip_rest"))
		ksft_exit_skip("no more\n");
	if (!strcmp(how, "too_few"))
		ksft_finished();
	if (!strcmp(how, "crash"))
		abort();
	ksft_test_result_skip("second\n");
	ksft_test_result_skip("third\n");
	ksft_finished();
}
