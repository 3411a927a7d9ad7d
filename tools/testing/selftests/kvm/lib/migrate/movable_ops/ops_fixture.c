// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "kvm_util.h"
#include "kselftest.h"
#include "migrate/mm/numa.h"
#include "migrate/mm/vmstat.h"
#include "migrate/movable_ops/movable_ops.h"
#include "migrate/trigger/trigger.h"
#include "migrate/verdict/verdict.h"

#define MOVED		{ OUTCOME_MOVED, RET_0 }
#define MOVED_SOME	{ OUTCOME_MOVED_SOME, RET_0 }

#define ROW(_trigger, _kind, _expected)		{ &trigger_##_trigger, &ops_##_kind, _expected },

const struct ops_row ops_rows[] = { MOVABLE_OPS_CONTRACT(ROW) };
const size_t nr_ops_rows = ARRAY_SIZE(ops_rows);

/* Compaction may begin elsewhere. */
#define MOVE_TRIES	5

#define for_each_kind(fx, pages) \
	for (typeof((fx)->pages[0]) *(pages) = (fx)->pages; \
	     (pages) < (fx)->pages + (fx)->nr_kinds; (pages)++)

void ops_fixture_open(struct ops_fixture *fx, const struct suite *suite,
		      const struct ops_row *row, const struct ops_kind *second)
{
	const struct ops_kind *kinds[OPS_KINDS_MAX] = { row->kind, second };

	*fx = (struct ops_fixture) { .suite = suite, .row = row };
	fx->from = placement_select_node(&fx->placement, row->trigger->placement, suite->nodes,
					 suite->nr_nodes, true);
	fx->nr_kinds = second ? 2 : 1;
	for_each_kind(fx, pages)
		*pages = (struct ops_pages) {
			.kind = kinds[pages - fx->pages],
			.node = fx->from,
			.nr_pages = suite->options.pages,
			.seed = suite->options.seed,
		};
	ops_open(fx->pages, fx->nr_kinds);
}

int ops_fixture_close(struct ops_fixture *fx)
{
	bool gone;

	placement_teardown(&fx->placement);
	gone = ops_close(fx->pages, fx->nr_kinds);
	free(fx->left);
	return gone ? KSFT_PASS : KSFT_FAIL;
}

bool ops_fixture_look_after(struct ops_fixture *fx)
{
	fx->agree = ops_look(fx->pages, fx->nr_kinds);
	return fx->agree;
}

void ops_fixture_note(struct ops_fixture *fx)
{
	for_each_kind(fx, pages)
		ops_note(pages);
}

/* A trigger that chooses among pages finds only those of its node. */
static bool on_node(const struct ops_fixture *fx)
{
	if (!fx->row->trigger->partial)
		return true;
	for_each_kind(fx, pages)
		if (ops_frames_on(pages, fx->from) < pages->frames.nr / 2)
			return false;
	return true;
}

static void drop_all(struct ops_fixture *fx)
{
	for_each_kind(fx, pages)
		pages->kind->drop(pages);
}

static void fill_all(struct ops_fixture *fx)
{
	for_each_kind(fx, pages)
		pages->kind->fill(pages);
}

static int fill_and_verify(void *data)
{
	struct ops_fixture *fx = data;
	const struct pfn_set *frames = &fx->pages[0].before;

	fill_all(fx);
	if (!ops_fixture_look_after(fx))
		return KSFT_FAIL;
	for_each_kind(fx, pages) {
		if (pages->frames.nr)
			continue;
		ksft_print_msg("%s: no page was allocated\n", pages->kind->name);
		return KSFT_FAIL;
	}
	ops_fixture_note(fx);
	if (on_node(fx) && placement_verify(&fx->placement, frames->pfns, frames->nr))
		return KSFT_PASS;
	drop_all(fx);
	return PLACEMENT_RETRY;
}

int ops_fixture_begin(struct ops_fixture *fx)
{
	int result;

	if (placement_skip_reason(&fx->placement))
		return suite_skip(placement_skip_reason(&fx->placement));
	drop_all(fx);
	placement_teardown(&fx->placement);
	result = placement_populate(&fx->placement, PLACEMENT_TRIES, fill_and_verify, fx);
	if (result == PLACEMENT_RETRY && !on_node(fx))
		return suite_skip("pages are allocated on another node than the one under test "
				  "(needs an interrupt of the balloon that can be steered)");
	if (result == PLACEMENT_RETRY)
		return suite_skip(fx->placement.placement->skip_reason);
	placement_populated(&fx->placement);
	return result;
}

static bool any_page(uint64_t flags)
{
	return ops_zsmalloc.is_page(flags) || ops_balloon.is_page(flags);
}

static void fire(struct ops_fixture *fx, const uint64_t *pfns, bool *left, size_t nr)
{
	struct trigger_range range = trigger_range_of(NULL, nr, fx->from, NUMA_ANY_NODE);
	struct trigger_result result = {};

	range.pfns = pfns;
	range.moved = left;
	range.frame_is = any_page;
	trigger_fire(fx->row->trigger, &range, &result);
	fx->ret = result.ret;
}

/* All kinds at once; the trigger tells each which of its pages have left. */
void ops_fixture_fire(struct ops_fixture *fx)
{
	size_t all = 0, at = 0;
	uint64_t *pfns;

	for_each_kind(fx, pages)
		all += pages->before.nr;
	free(fx->left);
	fx->left = calloc(all, sizeof(*fx->left));
	pfns = calloc(all, sizeof(*pfns));
	TEST_ASSERT(pfns && fx->left, "out of memory");
	for_each_kind(fx, pages) {
		pages->left = fx->left + at;
		memcpy(pfns + at, pages->before.pfns, pages->before.nr * sizeof(*pfns));
		at += pages->before.nr;
	}
	fire(fx, pfns, fx->left, all);
	free(pfns);
}

void ops_fixture_fire_at(struct ops_fixture *fx, uint64_t pfn)
{
	bool left = false;

	fire(fx, &pfn, &left, 1);
}

/* Whether pages of every kind have moved. */
static bool some_moved(const struct ops_fixture *fx)
{
	for_each_kind(fx, pages)
		if (!ops_left(pages))
			return false;
	return true;
}

/* For MOVED_SOME some times, each with a new placement, until pages have moved. */
int ops_fixture_move_and_judge(struct ops_fixture *fx)
{
	int tries, result = KSFT_PASS;

	for (tries = 1; !result; tries++) {
		ops_fixture_fire(fx);
		ops_fixture_look_after(fx);
		if (fx->row->expected.outcome != OUTCOME_MOVED_SOME || tries == MOVE_TRIES ||
		    (!fx->ret && some_moved(fx)))
			return ops_fixture_judge(fx);
		result = ops_fixture_begin(fx);
	}
	return result;
}

/* A trigger that moves no shmem either proves nothing about these pages. */
static int nothing_moved(struct ops_fixture *fx)
{
	const struct trigger *trigger = fx->row->trigger;
	struct trigger_result result = {};
	size_t moved;

	drop_all(fx);
	placement_teardown(&fx->placement);
	placement_setup(&fx->placement);
	moved = control_fire(trigger, fx->from, NUMA_ANY_NODE, &result);
	ksft_print_msg("control: %zu of %d pages of shmem moved by %s\n", moved, CONTROL_PAGES,
		       trigger->call);
	return moved ? KSFT_FAIL : control_not_moved(trigger);
}

/* Compare frame, state and return value of each page.  Returns whether all are right. */
static bool judge_pages(const struct ops_fixture *fx, const struct ops_pages *pages)
{
	const struct expected *expected = &fx->row->expected;
	size_t nr = pages->before.nr, i;
	struct folio_info *info = calloc(nr, sizeof(*info));
	struct verdict verdict;
	bool good;

	TEST_ASSERT(info && !verdict_init(&verdict, nr, getpagesize()), "out of memory");
	verdict.lru_drained = true;
	verdict.flags_on = pages->kind->flags_on;
	verdict.flags_off = FOLIO_FLAG(RECLAIM) | FOLIO_FLAG(LRU);
	ops_describe(pages, info);
	verdict_after(&verdict, info);
	/* A frame that the page has left may belong to another page by now. */
	for (i = 0; i < nr; i++)
		info[i] = (struct folio_info) {
			.node = pfn_to_node(pages->before.pfns[i]),
			.pfn = pages->before.pfns[i],
		};
	verdict_before(&verdict, info);
	verdict_call(&verdict, fx->row->trigger->call, fx->ret, expected_return(expected, nr),
		     NULL, 0, 0);
	verdict_expect(&verdict, 0, nr, expected->outcome, NUMA_ANY_NODE, NUMA_ANY_NODE);
	good = verdict_good(&verdict);
	if (!good) {
		ksft_print_msg("%s:\n", pages->kind->name);
		verdict_report(&verdict, stdout, suite_context(fx->suite));
	}
	verdict_free(&verdict);
	free(info);
	return good;
}

/* The event counter must cover all @moved pages. */
static bool judge_count(const struct ops_fixture *fx, const struct ops_pages *pages,
			size_t moved)
{
	const struct ops_kind *kind = pages->kind;
	long long moves = vmstat_read(NUMA_ANY_NODE, kind->moves) - pages->moves_before;

	ksft_print_msg("%s: %zu of %zu pages moved by %s, %s %+lld\n", kind->name, moved,
		       pages->before.nr, fx->row->trigger->call, kind->moves, moves);
	return moves >= (long long)moved;
}

bool ops_fixture_intact(const struct ops_fixture *fx)
{
	bool good = true;

	for_each_kind(fx, pages)
		if (pages->kind->intact)
			good &= pages->kind->intact(pages);
	return good;
}

int ops_fixture_judge(struct ops_fixture *fx)
{
	bool good = fx->agree, all_moved = true;

	for_each_kind(fx, pages) {
		size_t moved = ops_left(pages);

		good &= judge_count(fx, pages, moved);
		/* Report nodes whose counter has not followed pages that moved. */
		if (pages->kind->counter_stays)
			ops_node_counters_agree(pages, true);
		all_moved &= moved > 0;
		if (all_moved)
			good &= judge_pages(fx, pages);
	}
	good &= ops_fixture_intact(fx);
	if (!good)
		return KSFT_FAIL;
	return all_moved ? KSFT_PASS : nothing_moved(fx);
}

int ops_fixture_rewrite(struct ops_fixture *fx)
{
	fill_all(fx);
	return ops_fixture_intact(fx) ? KSFT_PASS : KSFT_FAIL;
}
