// SPDX-License-Identifier: GPL-2.0-only
#include "kselftest.h"

int main(void)
{
	ksft_exit_skip("needs the moon\n");
}
