// SPDX-License-Identifier: GPL-2.0-only
#include "kselftest.h"

void report_from_another_file(void);

void report_from_another_file(void)
{
	ksft_print_header();
	ksft_test_result_pass("from another file\n");
}
