// SPDX-License-Identifier: GPL-2.0-only
/*
 * Property pinned; see migrate/matrix/property_table.h.
 */
#include <stdlib.h>

#include "kselftest.h"
#include "kvm_util.h"
#include "migrate/matrix/property.h"
#include "migrate/mm/gup_pin.h"
#include "migrate/mm/numa.h"
#include "migrate/trigger/trigger.h"

static void expect_contract(struct fixture *fx, size_t first, size_t nr)
{
	verdict_expect(&fx->verdict, first, nr, fx->expected.outcome, fx->from, fx->to);
}

/*
 * The pinned pages stay, all others meet the contract.  A call returns for pinned pages what it
 * returns for all pages of an unmovable file; it writes no status then.  The last expectation heads
 * the report, and MOVED_SOME counts the pages of the last one.
 */
static void fire_at_pinned(struct fixture *fx, size_t first, size_t pinned)
{
	const struct expected *refused = &fx->test->row->expected[CONTRACT_UNMOVABLE];
	size_t nr = fx->gvm->nr_pages, behind = first + pinned;
	size_t failed = outcome_moves(fx->expected.outcome) ? pinned : nr;

	fixture_fire_inspected(fx, 0, nr, expected_return(refused, failed));
	expect_contract(fx, 0, first);
	expect_contract(fx, behind, nr - behind);
	verdict_expect(&fx->verdict, first, pinned, OUTCOME_REFUSED, fx->from, fx->to);
	if (fx->expected.outcome == OUTCOME_MOVED_SOME)
		expect_contract(fx, 0, first);
}

/* The guest writes, and the holder of the pin reads the new content in the frames. */
static int read_through_pin(struct fixture *fx, const struct gup_pin_kind *kind,
			    struct gup_pin *pin, size_t first)
{
	struct gmem_vm *gvm = fx->gvm;
	size_t nr_words = GUEST_PAGE_WORDS(gvm->page_size), i, bad = 0;
	u64 *words = calloc(pin->nr_pages, gvm->page_size);

	TEST_ASSERT(words, "out of memory");
	gmem_guest_fill(gvm);
	kind->read(pin, words);
	for (i = 0; i < pin->nr_pages; i++)
		bad += pattern_check(&gvm->pattern, first + i, words + i * nr_words, nr_words) <
		       nr_words;
	free(words);
	if (!bad)
		return KSFT_PASS;
	ksft_print_msg("%zu of %zu pages pinned by %s differ from what the guest wrote\n", bad,
		       pin->nr_pages, kind->name);
	return KSFT_FAIL;
}

/* Once unpinned, the pages move to the node of their neighbours. */
static int move_unpinned(struct fixture *fx, size_t first, size_t pinned)
{
	int from = fx->from;

	if (fx->trigger->kernel_picks_node)
		from = NUMA_ANY_NODE;
	/* Compaction may have no reason to move these pages later. */
	if (fx->expected.outcome != OUTCOME_MOVED)
		return fixture_judge_content(fx);
	fixture_fire_inspected(fx, first, pinned, 0);
	verdict_expect(&fx->verdict, first, pinned, OUTCOME_MOVED, from, fx->to);
	return fixture_judge_content(fx) ?: property_rewrite_and_judge(fx);
}

int property_pinned_by(struct fixture *fx, const struct gup_pin_kind *kind)
{
	size_t first = fx->gvm->nr_pages / 4;
	size_t pinned = first < GUP_PIN_PAGES_MAX ? first : GUP_PIN_PAGES_MAX;
	struct gup_pin pin;
	int result;

	kind->hold(&pin, gmem_page(fx->gvm, first), pinned);
	fire_at_pinned(fx, first, pinned);
	result = fixture_judge_content(fx) ?: read_through_pin(fx, kind, &pin, first);
	kind->release(&pin);
	return result ?: move_unpinned(fx, first, pinned);
}

int act_pinned(struct fixture *fx)
{
	return property_pinned_by(fx, &gup_pin_pipe);
}
