// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test that guest_memfd folios migrate between NUMA nodes, or refuse to, as the kernel's contract
 * says, and that no data is lost.
 *
 * Property: whichever mechanism asks the kernel to migrate guest memory, each page meets the
 * contract (migrate/matrix/contract_table.h): node, page frame, return value.  Guest and host read
 * what was written last, before, during and after the move.
 *
 * Algorithm, for each row of the contract (a trigger on a kind of VM) and each property
 * (migrate/matrix/property_table.h): bind a guest_memfd to one node, fill it with a pattern that
 * differs in every word, fire the trigger at another node, note all pages before and after, judge
 * once.  Where the contract says REFUSED, the same trigger must move shmem in the same case.
 *
 * More cases (migrate/matrix/more_cases.h): mechanisms that must leave guest_memfd alone (NEVER),
 * calls that the kernel must reject, zones that folios are allocated from, and the flags of the
 * mapping.
 *
 * Contract by kernel: host user space can map guest_memfd since Linux 6.18; the NUMA policy of the
 * file places its folios since 6.19.  Kernels up to 7.3 are "unmovable", the migration series is
 * "movable".
 */
#include "kvm_util.h"
#include "migrate/gmem/gmem_vm.h"
#include "migrate/matrix/memory_failure.h"
#include "migrate/matrix/more_cases.h"
#include "migrate/matrix/property.h"
#include "migrate/runner/testcase.h"
#include "migrate/trigger/trigger.h"

static int act_probe(struct fixture *fx)
{
	gmem_host_fill(fx->gvm);
	fixture_fire(fx, 0, fx->gvm->nr_pages, 0);
	return fx->verdict.ret ? CONTRACT_UNMOVABLE : CONTRACT_MOVABLE;
}

/* Without BTF and -k: one move by move_pages() decides the contract of all other triggers. */
static int probe(const struct suite *suite)
{
	const struct testcase test = { .row = contract_row_of(&trigger_move_pages) };
	const struct gmem_config config = { .nr_vcpus = 1, .uaddr_is_mapping = true };

	return fixture_run(suite, &test, &config, false, act_probe);
}

int main(int argc, char **argv)
{
	struct suite suite = {
		.program = "guest_memfd_migrate_test",
		.options = { .contract = -1, .pages = 64, .iterations = 2 },
	};
	const struct contract_row *row;
	struct case_list list = {};
	size_t i;

	for (row = contract_rows; row < contract_rows + nr_contract_rows; row++) {
		for (i = 0; i < nr_properties; i++)
			property_add_case(&list, row, &properties[i]);
		must_not_touch_add_cases(&list, row);
	}
	call_errors_add_cases(&list);
	alloc_zone_add_cases(&list, NULL);
	memory_failure_add_cases(&list, &vm_kind_default);
	memory_failure_add_cases(&list, &vm_kind_default_unshared);
	vm_keep_one_open();
	return suite_main(&suite, argc, argv, list.cases, list.nr, probe);
}
