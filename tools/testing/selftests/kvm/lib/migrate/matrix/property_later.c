// SPDX-License-Identifier: GPL-2.0-only
/*
 * Properties move_again, host_unmapped, soft_offline_later and soft_offline_clean; see
 * migrate/matrix/property_table.h.
 *
 * A touch repairs much of what a move has lost: KVM and the page fault handler mark a folio dirty
 * and uptodate again.  So the next mechanism meets the folio as the move has left it.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "kselftest.h"
#include "kvm_util.h"
#include "migrate/gmem/unmapped_pfns.h"
#include "migrate/matrix/property.h"
#include "migrate/mm/numa.h"
#include "migrate/trigger/trigger.h"

#define MOVES_IN_A_ROW 3

int act_move_again(struct fixture *fx)
{
	int moves, result;

	for (moves = 0; moves < (fx->trigger->moves_once ? 1 : MOVES_IN_A_ROW); moves++) {
		if (moves && fx->expected.outcome == OUTCOME_MOVED)
			fixture_swap_nodes(fx);
		property_fire_all(fx);
		result = fixture_judge(fx);
		if (result)
			return result;
	}
	return fixture_judge_content(fx) ?: property_rewrite_and_judge(fx);
}

const char *soft_offline_later_skip_reason(void)
{
	return trigger_soft_offline_phys.skip_reason();
}

/* Remove the PTEs of the host, and take the frames of the last inspection out of use. */
static void unmap_and_soft_offline(struct fixture *fx, const struct expected *expected)
{
	size_t nr = fx->gvm->nr_pages, page;
	struct trigger_range range = trigger_range_of(fx->gvm->mem, nr, fx->from, NUMA_ANY_NODE);
	uint64_t *pfns = calloc(nr, sizeof(*pfns));
	bool *left = calloc(nr, sizeof(*left));
	struct trigger_result result = {};

	TEST_ASSERT(pfns && left, "out of memory");
	for (page = 0; page < nr; page++)
		pfns[page] = fx->verdict.pages[page].before.pfn;
	range.pfns = pfns;
	range.moved = left;
	range.frame_is = unmapped_by_flags.frame_is;
	kvm_madvise(fx->gvm->mem, nr * fx->gvm->page_size, MADV_DONTNEED);
	trigger_fire(&trigger_soft_offline_phys, &range, &result);
	verdict_call(&fx->verdict, "soft_offline_page, unmapped", result.ret,
		     expected_return(expected, nr), NULL, 0, 0);
	free(left);
	free(pfns);
}

int act_host_unmapped(struct fixture *fx)
{
	const struct contract_row *row = contract_row_of(&trigger_soft_offline_phys);
	const struct expected *expected = &row->expected[contract_of_kind(&fx->suite->contract,
									  fx->gvm->kind)];

	fixture_inspect_before(fx);
	unmap_and_soft_offline(fx, expected);
	fixture_check_host(fx);
	fixture_inspect_after(fx);
	verdict_expect(&fx->verdict, 0, fx->gvm->nr_pages, expected->outcome, NUMA_ANY_NODE,
		       NUMA_ANY_NODE);
	return fixture_judge_content(fx) ?: property_rewrite_and_judge(fx);
}

int act_soft_offline_later(struct fixture *fx)
{
	property_fire_all(fx);
	return fixture_judge(fx) ?: act_host_unmapped(fx);
}

/*
 * soft_offline_in_use_page() in mm/memory-failure.c evicts a clean, unmapped folio instead of
 * moving it, under every contract.  The page has no content to lose, and must read zero.
 */
int act_soft_offline_clean(struct fixture *fx)
{
	const struct expected evicted = { .outcome = OUTCOME_MOVED, .ret = RET_0 };
	size_t nr = fx->gvm->nr_pages, page;
	int result;

	gmem_punch(fx->gvm, 0, nr);
	for (page = 0; page < nr; page++)
		READ_ONCE(*(u64 *)gmem_page(fx->gvm, page));
	property_fire_all(fx);
	result = fixture_judge(fx);
	if (result)
		return result;
	fixture_inspect_before(fx);
	unmap_and_soft_offline(fx, &evicted);
	result = property_reads_zero(fx, 0, nr);
	property_refill(fx, 0, nr);
	return result ?: fixture_judge_content(fx);
}
