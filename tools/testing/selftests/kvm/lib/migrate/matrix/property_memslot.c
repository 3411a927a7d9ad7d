// SPDX-License-Identifier: GPL-2.0-only
/*
 * Properties ordinary_memslot and ordinary_memslot_other_vm; see migrate/matrix/property_table.h.
 *
 * An ordinary memslot has the host's mapping of the guest_memfd as userspace_addr.  The file does
 * not know this slot: only the MMU notifier of the mapping zaps what the guest maps through it.
 */
#include "kselftest.h"
#include "kvm_util.h"
#include "migrate/matrix/property.h"

#define ORDINARY_SLOT	(GMEM_SLOT + 2)
#define ORDINARY_GVA	(2 * GMEM_GVA)

/* Let the vCPUs swap the memslots that they use, and move the pages once more. */
static int swap_and_move(struct fixture *fx)
{
	struct gmem_vm *gvm = fx->gvm;
	u64 gva = gvm->vcpus[0].job->gva;

	gvm->vcpus[0].job->gva = gvm->vcpus[1].job->gva;
	gvm->vcpus[1].job->gva = gva;
	if (fx->expected.outcome == OUTCOME_MOVED)
		fixture_swap_nodes(fx);
	else
		verdict_reset(&fx->verdict);
	gmem_guest_check(gvm);
	property_fire_all(fx);
	return fixture_judge_content(fx) ?: property_rewrite_and_judge(fx);
}

/* vCPU 0, which checks the content, uses the file's memslot in one half of the case. */
int act_ordinary_memslot(struct fixture *fx)
{
	gmem_add_ordinary_slot(fx->gvm, ORDINARY_SLOT, GMEM_GPA_HIGH, ORDINARY_GVA);
	fx->gvm->vcpus[1].job->gva = ORDINARY_GVA;
	return act_running(fx) ?: swap_and_move(fx) ?: swap_and_move(fx);
}

/* @gvm holds what @from wrote to the same memory. */
static void take_over_content(struct gmem_vm *gvm, const struct gmem_vm *from)
{
	size_t page;

	gvm->pattern = from->pattern;
	for (page = 0; page < gvm->nr_pages; page++)
		gvm->pages[page].count = from->pages[page].count;
}

int act_ordinary_memslot_other_vm(struct fixture *fx)
{
	struct gmem_vm *owner = fx->gvm;
	const struct gmem_config config = {
		.nr_pages = owner->nr_pages,
		.nr_vcpus = 2,
		.seed = owner->pattern.seed,
		.over = owner,
	};
	struct gmem_vm *other = gmem_vm_create(owner->kind, &config);
	int result;

	other->pattern = owner->pattern;
	fx->gvm = other;
	gmem_guest_fill(other);
	fixture_check_host(fx);
	result = act_running(fx);
	fx->gvm = owner;
	if (!result) {
		take_over_content(owner, other);
		result = fixture_judge_content(fx) ?: property_rewrite_and_judge(fx);
	}
	gmem_vm_free(other);
	return result;
}
