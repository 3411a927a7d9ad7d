// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test that user space decides for each guest_memfd file whether its folios may migrate.
 *
 * Property: folios of a file that is created with GUEST_MEMFD_FLAG_MIGRATABLE meet the column
 * "movable" of the contract (migrate/matrix/contract_table.h).  Those of any other file meet the
 * column "unmovable", also beside a file with the flag: in the same VM, on the same node, in the
 * same call.  KVM refuses the flag where the host cannot copy the memory, and flags that it does
 * not know.
 *
 * Algorithm: all rows of the contract with all properties for files with the flag, as in
 * guest_memfd_migrate_test, which tests files without it.  Then both kinds of file at once:
 * migrate/matrix/opt_in.h.
 *
 * Contract by kernel: no released kernel has the flag.  Where kernel headers lack it, -k opt-in=BIT
 * tells its bit (contract_of_kernel() in migrate/verdict/contract.h).
 */
#include "kvm_util.h"
#include "migrate/gmem/gmem_vm.h"
#include "migrate/matrix/more_cases.h"
#include "migrate/matrix/opt_in.h"
#include "migrate/matrix/property.h"
#include "migrate/runner/testcase.h"

static const char *prepare(const struct suite *suite)
{
	if (suite->contract.id != CONTRACT_OPT_IN)
		return "KVM has no flag that makes a guest_memfd movable (needs a kernel with "
		       "GUEST_MEMFD_FLAG_MIGRATABLE; -k opt-in=BIT says that it is bit BIT)";
	if (suite->contract.flag_bit)
		opt_in_set_flag(1ULL << suite->contract.flag_bit);
	return NULL;
}

static void add_rows(struct case_list *list, const struct vm_kind *kind)
{
	const struct contract_row *row, *flagged;
	size_t i;

	for (row = contract_rows; row < contract_rows + nr_contract_rows; row++) {
		if (row->vm != kind->unflagged)
			continue;
		flagged = contract_row_for(kind, row);
		for (i = 0; i < nr_properties; i++)
			property_add_case(list, flagged, &properties[i]);
		two_files_add_cases(list, flagged);
		must_not_touch_add_cases(list, flagged);
	}
	alloc_zone_add_cases(list, kind);
}

int main(int argc, char **argv)
{
	struct suite suite = {
		.program = "guest_memfd_migrate_optin_test",
		.options = { .contract = -1, .pages = 64, .iterations = 2 },
		.prepare = prepare,
	};
	struct case_list list = {};

	file_flags_add_cases(&list);
	opt_in_add_private_cases(&list);
	/* Of both kinds of file. */
	alloc_zone_add_cases(&list, NULL);
	add_rows(&list, &vm_kind_default_migratable);
	add_rows(&list, &vm_kind_default_unshared_migratable);
	vm_keep_one_open();
	return suite_main(&suite, argc, argv, list.cases, list.nr, NULL);
}
