// SPDX-License-Identifier: GPL-2.0-only
/*
 * Property leaves_zone; see migrate/matrix/property_table.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kselftest.h"
#include "kvm_util.h"
#include "migrate/matrix/property.h"
#include "migrate/mm/gup_pin.h"
#include "migrate/mm/memory_block.h"
#include "migrate/trigger/trigger.h"

/* A page of another process may be in the block: it may take some tries to move. */
#define FAILURES	1000
#define GIVE_UP_MS	20000
#define TRIES		5

static bool in_zone_movable(uint64_t pfn)
{
	return memory_block_in_zone_movable(memory_block_of(pfn));
}

/* Returns whether as many pages are in ZONE_MOVABLE now as must be. */
static bool pages_in_zone(const struct fixture *fx, bool after, size_t wanted)
{
	size_t i, in = 0;

	for (i = 0; i < fx->verdict.nr_pages; i++) {
		const struct page_verdict *page = &fx->verdict.pages[i];

		in += in_zone_movable(after ? page->after.pfn : page->before.pfn);
	}
	if (in == wanted)
		return true;
	ksft_print_msg("%zu of %zu pages are in ZONE_MOVABLE %s the long-term pin, wanted %zu; "
		       "%s\n", in, fx->verdict.nr_pages, after ? "after" : "before", wanted,
		       suite_context(fx->suite));
	return false;
}

static int take_offline(unsigned long block)
{
	int tries, r = -EBUSY;

	for (tries = 0; r == -EBUSY && tries < TRIES; tries++)
		r = memory_block_offline(block, FAILURES, GIVE_UP_MS);
	if (!r)
		memory_block_online(block);
	return r;
}

/* Take the memory blocks offline that the pages have left, each once.  They are pinned still. */
static bool blocks_go_offline(const struct fixture *fx)
{
	unsigned long block, last = NO_MEMORY_BLOCK;
	size_t i;
	int r;

	for (i = 0; i < fx->verdict.nr_pages; i++) {
		block = memory_block_of(fx->verdict.pages[i].before.pfn);
		if (block == last || !in_zone_movable(fx->verdict.pages[i].before.pfn))
			continue;
		last = block;
		r = take_offline(block);
		if (!r)
			continue;
		ksft_print_msg("memory block %lu stays online (%s) after page %zu left it for a "
			       "long-term pin; %s\n", block, strerror(-r), i,
			       suite_context(fx->suite));
		return false;
	}
	return true;
}

/* The guest writes, and io_uring reads the new content in the pinned frames. */
static size_t pinned_pages_differ(struct fixture *fx, struct gup_pin *pin)
{
	struct gmem_vm *gvm = fx->gvm;
	size_t nr_words = GUEST_PAGE_WORDS(gvm->page_size), i, bad = 0;
	u64 *words = calloc(pin->nr_pages, gvm->page_size);

	TEST_ASSERT(words, "out of memory");
	gmem_guest_fill(gvm);
	gup_pin_io_uring.read(pin, words);
	for (i = 0; i < pin->nr_pages; i++)
		bad += pattern_check(&gvm->pattern, i, words + i * nr_words, nr_words) < nr_words;
	free(words);
	if (bad)
		ksft_print_msg("%zu of %zu pages pinned by io_uring differ from what the guest "
			       "wrote\n", bad, pin->nr_pages);
	return bad;
}

int act_leaves_zone(struct fixture *fx)
{
	bool moves = outcome_moves(fx->expected.outcome), good;
	size_t nr = fx->gvm->nr_pages;
	struct gup_pin pin;
	int result;

	fixture_inspect_before(fx);
	good = pages_in_zone(fx, false, moves ? nr : 0);
	verdict_call(&fx->verdict, fx->trigger->call,
		     gup_pin_register(&pin, fx->gvm->mem, nr), 0, NULL, 0, nr);
	if (fx->verdict.ret)
		return fixture_judge_content(fx);
	fixture_inspect_after(fx);
	/* The kernel prefers the node that the pages are on, and it has enough memory. */
	verdict_expect(&fx->verdict, 0, nr, moves ? OUTCOME_MOVED : OUTCOME_UNTOUCHED,
		       fx->from, fx->from);
	good &= pages_in_zone(fx, true, 0);
	good &= !good || blocks_go_offline(fx);
	result = fixture_judge_content(fx);
	good &= !pinned_pages_differ(fx, &pin);
	gup_pin_io_uring.release(&pin);
	return result ?: good ? KSFT_PASS : KSFT_FAIL;
}
