// SPDX-License-Identifier: GPL-2.0-only
/*
 * Properties of pages that the kernel holds on to: see migrate/matrix/property.h.
 */
#include <stdlib.h>

#include "kselftest.h"
#include "migrate/mm/gup_pin.h"
#include "migrate/mm/numa.h"
#include "migrate/trigger/trigger.h"

#include "property_acts.h"

static size_t pages_to_hold(const struct fixture *fx)
{
	size_t quarter = fx->gvm->nr_pages / 4;

	return quarter < GUP_PIN_PAGES_MAX ? quarter : GUP_PIN_PAGES_MAX;
}

/*
 * What a call answers that meets @held pages which cannot move is what it answers under the
 * unmovable contract, for just these.
 */
static long wanted_answer(const struct fixture *fx, size_t held)
{
	const struct expected *refused = &fx->test->row->expected[CONTRACT_UNMOVABLE];

	if (!outcome_moves(fx->expected.outcome))
		held = fx->gvm->nr_pages;
	return expected_return(refused, held);
}

static void want_others(struct fixture *fx, size_t first, size_t nr)
{
	verdict_expect(&fx->verdict, first, nr, fx->expected.outcome, fx->from, fx->to);
}

/*
 * The pages that are held stay, all others do as promised.  No status is written by then.  What
 * is wanted last heads the report, unless it has to be counted.
 */
static void fire_at_held(struct fixture *fx, size_t first, size_t held)
{
	size_t nr = fx->gvm->nr_pages, behind = first + held;

	fixture_look_before(fx);
	fixture_fire(fx, 0, nr, wanted_answer(fx, held));
	fixture_look_after(fx);
	want_others(fx, 0, first);
	want_others(fx, behind, nr - behind);
	verdict_expect(&fx->verdict, first, held, OUTCOME_REFUSED, fx->from, fx->to);
	if (fx->expected.outcome == OUTCOME_MOVED_SOME)
		want_others(fx, 0, first);
}

/* The guest writes something else, and whoever holds the frames reads it there. */
static int look_through_pin(struct fixture *fx, const struct gup_pin_kind *kind,
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
	ksft_print_msg("%zu of %zu pages held by %s are not those that the guest writes\n", bad,
		       pin->nr_pages, kind->name);
	return KSFT_FAIL;
}

/* What was held moves now, to where its neighbours are. */
static int move_released(struct fixture *fx, size_t first, size_t held)
{
	int from = fx->trigger->kernel_picks_node ? NUMA_ANY_NODE : fx->from;

	/* What compaction left where it was need not be in its way. */
	if (fx->expected.outcome != OUTCOME_MOVED)
		return fixture_judge_with_content(fx);
	verdict_reset(&fx->verdict);
	fixture_look_before(fx);
	fixture_fire(fx, first, held, 0);
	fixture_look_after(fx);
	verdict_expect(&fx->verdict, first, held, OUTCOME_MOVED, from, fx->to);
	return fixture_judge_with_content(fx) ?: property_rewrite_and_judge(fx);
}

static int act_pinned_by(struct fixture *fx, const struct gup_pin_kind *kind)
{
	size_t held = pages_to_hold(fx), first = fx->gvm->nr_pages / 4;
	struct gup_pin pin;
	int result;

	kind->hold(&pin, gmem_page(fx->gvm, first), held);
	fire_at_held(fx, first, held);
	result = fixture_judge_with_content(fx) ?: look_through_pin(fx, kind, &pin, first);
	kind->release(&pin);
	return result ?: move_released(fx, first, held);
}

int act_pinned(struct fixture *fx)
{
	return act_pinned_by(fx, &gup_pin_pipe);
}

int act_pinned_longterm(struct fixture *fx)
{
	return act_pinned_by(fx, &gup_pin_io_uring);
}

const char *longterm_pin_skip_reason(void)
{
	return gup_pin_io_uring.skip_reason();
}
