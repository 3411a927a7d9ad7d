// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lookups of names in hand-made BTF, and in the BTF of the running kernel.
 */
#include <errno.h>

#include "migrate/util/btf.h"
#include "migrate/verdict/contract.h"
#include "unit.h"

/* A header and types end where the section of strings begins. */
static const char sample[] = "\x9f\xeb\1\0types mapping_flags"
			     "\0int\0mapping_flags\0AS_EIO\0AS_UNMOVABLE\0gfp";

static bool has(const char *name)
{
	return btf_has(sample, sizeof(sample), name);
}

int main(void)
{
	int r;

	ksft_print_header();
	CHECK("a name is found", has("AS_UNMOVABLE") && has("int"));
	CHECK("the last name is found", has("gfp"));
	CHECK("an absent one is not", !has("AS_OTHER"));
	CHECK("the first part of a name is not found", !has("AS_UNMOV"));
	CHECK("the last part of a name is not found", !has("UNMOVABLE"));
	CHECK("a name without an end is not found", !btf_has(sample, sizeof(sample) - 1, "gfp"));
	CHECK("nothing is in an empty file", !btf_has(sample, 0, "int"));
	CHECK("contracts have names", contract_parse("movable") == CONTRACT_MOVABLE &&
				      contract_parse("unmovable") == CONTRACT_UNMOVABLE);
	CHECK("nothing else is one", contract_parse("") < 0 && contract_parse("mov") < 0);
	r = btf_vmlinux_has("AS_EIO");
	if (r == -ENOENT || r == -EACCES)
		ksft_test_result_code(KSFT_SKIP, "the running kernel is understood",
				      "no readable /sys/kernel/btf/vmlinux "
				      "(CONFIG_DEBUG_INFO_BTF)");
	else
		CHECK("the running kernel is understood", r == 1);
	return unit_finish();
}
