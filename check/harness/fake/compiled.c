// SPDX-License-Identifier: GPL-2.0-only
#include "kselftest.h"

int main(int argc, char **argv)
{
	ksft_print_header();
	ksft_set_plan(2);
	ksft_print_msg("first argument: %s\n", argc > 1 ? argv[1] : "none");
	ksft_test_result(argc > 0, "compiled\n");
	ksft_print_msg("no provider\n");
	ksft_test_result_skip("not_here\n");
	ksft_finished();
}
