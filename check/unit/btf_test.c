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

static bool is_contract(int has_unmovable, uint64_t offered, enum contract_id id)
{
	struct contract contract;

	return !contract_of_kernel(has_unmovable, offered, &contract) && contract.id == id;
}

static void check_contracts(void)
{
	const uint64_t known = 3, unknown = 1ULL << 40;
	struct contract contract = { .id = CONTRACT_OPT_IN };
	int bit;

	CHECK("contracts have names", contract_parse("movable", &bit) == CONTRACT_MOVABLE &&
				      contract_parse("unmovable", &bit) == CONTRACT_UNMOVABLE);
	CHECK("nothing else is one", contract_parse("", &bit) < 0 &&
				     contract_parse("mov", &bit) < 0);
	CHECK("without AS_UNMOVABLE nothing moves", is_contract(0, known, CONTRACT_UNMOVABLE));
	CHECK("... whatever flags are offered",
	      is_contract(0, known | unknown, CONTRACT_UNMOVABLE));
	CHECK("with it all files move", is_contract(1, known, CONTRACT_MOVABLE));
	CHECK("... unless there is an unknown flag",
	      is_contract(1, known | unknown, CONTRACT_OPT_IN));
	CHECK("without BTF a move decides",
	      contract_of_kernel(-ENOENT, known | unknown, &contract) == -ENOENT);
	CHECK("a file has the contract of the kernel",
	      contract_of_file(CONTRACT_MOVABLE, false) == CONTRACT_MOVABLE &&
	      contract_of_file(CONTRACT_UNMOVABLE, true) == CONTRACT_UNMOVABLE);
	CHECK("... or chooses it",
	      contract_of_file(CONTRACT_OPT_IN, false) == CONTRACT_UNMOVABLE &&
	      contract_of_file(CONTRACT_OPT_IN, true) == CONTRACT_MOVABLE);
	contract = (struct contract) { .id = CONTRACT_OPT_IN, .flag_bit = 40 };
	CHECK_TEXT("the option has the bit", contract_option(&contract), "opt-in=40");
	CHECK("the option is understood",
	      contract_parse(contract_option(&contract), &bit) == CONTRACT_OPT_IN && bit == 40);
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
	check_contracts();
	r = btf_vmlinux_has("AS_EIO");
	if (r == -ENOENT || r == -EACCES)
		ksft_test_result_code(KSFT_SKIP, "the running kernel is understood",
				      "no readable /sys/kernel/btf/vmlinux "
				      "(CONFIG_DEBUG_INFO_BTF)");
	else
		CHECK("the running kernel is understood", r == 1);
	return unit_finish();
}
