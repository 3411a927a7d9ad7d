// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test that private and encrypted memory of a VM never migrates.
 *
 * Property: the host must neither read nor copy private memory: encryption or firmware may tie it
 * to its physical address.  Every trigger is refused, or finds no folio (PRIVATE_MEMORY_CONTRACT in
 * migrate/matrix/contract_table.h), on every kernel: each page keeps its frame and node, the guest
 * reads what it wrote, and host user space cannot access it.
 *
 * The same is true of encrypted memory that is not private (ENCRYPTED_MEMORY_CONTRACT), but host
 * user space maps it.
 *
 * Algorithm: the guest fills private memory.  Each trigger is fired at it: by frame where it takes
 * one, else at the slot's userspace_addr, where private pages have no PTE.  The same trigger must
 * move shmem in the same case.
 *
 * The frames are found by their flags (migrate/gmem/unmapped_pfns.h).  Then once more around
 * conversions to shared memory, which does move, and back.  The pages of encrypted memory are found
 * by the host's PTEs, registered or not, also where the VM becomes a SEV VM only after its file
 * exists (migrate/matrix/encrypted.h).
 *
 * Contract by kernel: private memory exists since Linux 6.8 and was never movable.  Encrypted VMs
 * can use guest_memfd without private memory since Linux 6.18.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kvm_util.h"
#include "migrate/gmem/launch.h"
#include "migrate/gmem/private_vm.h"
#include "migrate/matrix/encrypted.h"
#include "migrate/matrix/memory_failure.h"
#include "migrate/matrix/more_cases.h"
#include "migrate/matrix/property.h"
#include "migrate/mm/numa.h"
#include "migrate/runner/testcase.h"
#include "migrate/trigger/trigger.h"

/* The guest uses shared memory on the source node from now on. */
static void convert_to_shared(struct fixture *fx)
{
	struct gmem_vm *gvm = fx->gvm;

	numa_mbind(gvm->mem, gvm->nr_pages * gvm->page_size, fx->from);
	gmem_set_private(gvm, 0, gvm->nr_pages, false);
	gmem_guest_fill(gvm);
}

/* The guest uses private memory again; the shared memory is freed, as a VMM does. */
static void convert_to_private(struct fixture *fx, const struct pattern *held)
{
	struct gmem_vm *gvm = fx->gvm;

	gmem_set_private(gvm, 0, gvm->nr_pages, true);
	kvm_madvise(gvm->mem, gvm->nr_pages * gvm->page_size, MADV_REMOVE);
	if (gvm->kind->launch && gvm->kind->launch->convert_clears)
		gmem_guest_fill(gvm);
	else
		gvm->pattern = *held;
}

/* System calls find shared memory and must move it. */
static bool shared_pages_moved(const struct fixture *fx)
{
	size_t nr = fx->gvm->nr_pages, i, moved = 0;
	struct folio_info *info = calloc(nr, sizeof(*info));

	TEST_ASSERT(info && !folio_inspect(fx->gvm->mem, nr, info),
		    "cannot inspect the shared pages");
	for (i = 0; i < nr; i++)
		moved += info[i].node == fx->to;
	free(info);
	if (moved < nr)
		ksft_print_msg("shared memory: wanted %zu pages on node %d, got %zu\n", nr,
			       fx->to, moved);
	return moved == nr;
}

/* Private folios keep their frames while the guest uses shared memory. */
static int attempt_while_shared(struct fixture *fx)
{
	bool seen = fx->expected.outcome == OUTCOME_NOT_MAPPED && !fx->trigger->kernel_picks_node;
	bool good;
	size_t nr = fx->gvm->nr_pages;

	fixture_fire_inspected(fx, 0, nr, expected_return(&fx->expected, nr));
	verdict_expect(&fx->verdict, 0, nr, OUTCOME_UNTOUCHED, fx->from, fx->to);
	if (fx->trigger->has_status)
		verdict_expect_status(&fx->verdict, 0, nr, fx->to);
	fixture_check_mapping(fx);
	fixture_check_guest(fx);
	good = !seen || shared_pages_moved(fx);
	return good ? fixture_judge(fx) : KSFT_FAIL;
}

static int act_conversion(struct fixture *fx)
{
	struct pattern held = fx->gvm->pattern;
	int result = property_fire_and_judge(fx);

	if (result == KSFT_PASS) {
		convert_to_shared(fx);
		result = attempt_while_shared(fx);
		convert_to_private(fx, &held);
	}
	return result ?: property_fire_and_judge(fx);
}

/* It fires also while the guest uses shared memory instead. */
static const struct property conversion = {
	.name = "conversion",
	.config = { .nr_vcpus = 1 },
	.act = act_conversion,
};

static void add_private_cases(struct case_list *list, const struct vm_kind *kind)
{
	const struct contract_row *row;
	size_t i, j;

	for (i = 0; i < nr_private_memory_rows; i++) {
		row = contract_row_for(kind, &private_memory_rows[i]);
		/* Memslots matter only to the invalidation of folios that move. */
		for (j = 0; j < nr_properties; j++)
			if (!properties[j].config.two_slots)
				property_add_case(list, row, &properties[j]);
		/* A file that can be mapped is the guest's only memory, so nothing is shared. */
		if (!(kind->gmem_flags & GUEST_MEMFD_FLAG_MMAP))
			property_add_case(list, row, &conversion);
	}
	alloc_zone_add_cases(list, kind);
}

int main(int argc, char **argv)
{
	struct suite suite = {
		.program = "private_mem_migrate_test",
		.options = { .contract = -1, .pages = 64, .iterations = 2 },
	};
	struct case_list list = {};

	add_private_cases(&list, &vm_kind_sw_protected);
	add_private_cases(&list, &vm_kind_sw_protected_mmap);
	add_private_cases(&list, &vm_kind_snp);
	add_private_cases(&list, &vm_kind_snp_mmap);
	encrypted_add_cases(&list, &vm_kind_sev);
	encrypted_add_cases(&list, &vm_kind_sev_es);
	encrypted_add_cases(&list, &vm_kind_sev_late);
	encrypted_add_late_cases(&list, &vm_kind_becomes_sev);
	add_private_cases(&list, &vm_kind_tdx);
	memory_failure_add_cases(&list, &vm_kind_sw_protected);
	memory_failure_add_cases(&list, &vm_kind_snp);
	vm_keep_one_open();
	/* No probe: the contracts differ only for VMs that are not encrypted yet. */
	return suite_main(&suite, argc, argv, list.cases, list.nr, NULL);
}
