// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test that guest_memfd folios migrate under consumers that only x86 has.
 *
 * Property: KVM maps the memory for nested guests and for SMM, and writes to it itself: the clock,
 * steal time, PV EOI.  Each of them uses the new frame after a move, and loses nothing at that
 * moment.
 *
 * Algorithm: as in guest_memfd_migrate_test, with the properties of
 * migrate/matrix/x86_property_table.h for the row move_pages on a VM without private memory.
 *
 * Contract by kernel: as in guest_memfd_migrate_test.
 */
#include "kvm_util.h"
#include "migrate/gmem/gmem_vm.h"
#include "migrate/matrix/x86_property_table.h"
#include "migrate/runner/testcase.h"
#include "migrate/trigger/trigger.h"

int main(int argc, char **argv)
{
	struct suite suite = {
		.program = "guest_memfd_migrate_x86_test",
		.options = { .contract = -1, .pages = 64, .iterations = 2 },
	};
	struct case_list list = {};
	size_t i;

	for (i = 0; i < nr_x86_properties; i++)
		property_add_case(&list, contract_row_of(&trigger_move_pages), &x86_properties[i]);
	vm_keep_one_open();
	/* Without BTF the contract is unmovable. */
	return suite_main(&suite, argc, argv, list.cases, list.nr, NULL);
}
