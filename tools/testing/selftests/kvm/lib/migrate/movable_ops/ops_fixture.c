// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "kvm_util.h"
#include "kselftest.h"
#include "migrate/mm/numa.h"
#include "migrate/mm/vmstat.h"
#include "migrate/movable_ops/ops_fixture.h"
#include "migrate/trigger/control.h"
#include "migrate/trigger/placement.h"
#include "migrate/trigger/trigger.h"
#include "migrate/verdict/verdict.h"

/* Compaction may begin elsewhere. */
#define MOVE_TRIES	5

const char *ops_row_skip_reason(const struct suite *suite, const struct ops_row *row)
{
	return row->kind->skip_reason() ?: trigger_skip_reason(suite, row->trigger);
}

void ops_fixture_add(struct ops_fixture *fx, const struct ops_kind *kind)
{
	struct ops_member *member = &fx->members[fx->nr_members++];

	ops_open(&member->pages, kind, fx->from, fx->suite->options.pages,
		 fx->suite->options.seed);
}

void ops_fixture_open(struct ops_fixture *fx, const struct suite *suite,
		      const struct testcase *test, const struct ops_row *row)
{
	*fx = (struct ops_fixture) { .suite = suite, .test = test, .row = row };
	fx->outcome = row->expected.outcome;
	fx->from = placement_select_node(&fx->placement, row->trigger->placement, suite->nodes,
					 suite->nr_nodes, true);
	ops_fixture_add(fx, row->kind);
}

int ops_fixture_close(struct ops_fixture *fx)
{
	bool gone = true;
	int i;

	placement_teardown(&fx->placement);
	for (i = 0; i < fx->nr_members; i++)
		gone &= ops_close(&fx->members[i].pages);
	return gone ? KSFT_PASS : KSFT_FAIL;
}

bool ops_fixture_look_after(struct ops_fixture *fx)
{
	int i;

	fx->agree = true;
	for (i = 0; i < fx->nr_members; i++)
		fx->agree &= ops_look(&fx->members[i].pages);
	return fx->agree;
}

void ops_fixture_note(struct ops_fixture *fx)
{
	struct ops_member *member;

	for (member = fx->members; member < fx->members + fx->nr_members; member++) {
		ops_note(&member->pages);
		member->moves_before = vmstat_read(NUMA_ANY_NODE, member->pages.kind->moves);
	}
}

static int look_before(struct ops_fixture *fx)
{
	int i;

	if (!ops_fixture_look_after(fx))
		return KSFT_FAIL;
	for (i = 0; i < fx->nr_members; i++) {
		if (fx->members[i].pages.frames.nr)
			continue;
		ksft_print_msg("%s: no page was allocated\n", fx->members[i].pages.kind->name);
		return KSFT_FAIL;
	}
	ops_fixture_note(fx);
	return KSFT_PASS;
}

static bool placement_ok(const struct ops_fixture *fx)
{
	const struct pfn_set *frames = &fx->members[0].pages.before;

	return placement_verify(&fx->placement, frames->pfns, frames->nr);
}

/* A trigger that chooses among pages finds only those of its node. */
static bool on_node(const struct ops_fixture *fx)
{
	const struct pfn_set *frames;
	size_t i, here;
	int m;

	for (m = 0; m < fx->nr_members && fx->row->trigger->partial; m++) {
		frames = &fx->members[m].pages.before;
		for (i = here = 0; i < frames->nr; i++)
			here += pfn_to_node(frames->pfns[i]) == fx->from;
		if (here < frames->nr / 2)
			return false;
	}
	return true;
}

static void drop_all(struct ops_fixture *fx)
{
	int i;

	for (i = 0; i < fx->nr_members; i++)
		fx->members[i].pages.kind->drop(&fx->members[i].pages);
}

static void fill_all(struct ops_fixture *fx)
{
	int i;

	for (i = 0; i < fx->nr_members; i++)
		fx->members[i].pages.kind->fill(&fx->members[i].pages);
}

static int fill_and_verify(void *data)
{
	struct ops_fixture *fx = data;
	int result;

	fill_all(fx);
	result = look_before(fx);
	if (result || (on_node(fx) && placement_ok(fx)))
		return result;
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
	fx->row->trigger->fire(&range, &result);
	fx->ret = result.ret;
}

/* All kinds at once; the trigger tells each which of its pages have left. */
void ops_fixture_fire(struct ops_fixture *fx)
{
	size_t nr = 0, at = 0;
	struct ops_pages *pages;
	uint64_t *pfns;
	bool *left;
	int i;

	for (i = 0; i < fx->nr_members; i++)
		nr += fx->members[i].pages.before.nr;
	pfns = calloc(nr, sizeof(*pfns));
	left = calloc(nr, sizeof(*left));
	TEST_ASSERT(pfns && left, "out of memory");
	for (i = 0; i < fx->nr_members; i++) {
		pages = &fx->members[i].pages;
		memcpy(pfns + at, pages->before.pfns, pages->before.nr * sizeof(*pfns));
		at += pages->before.nr;
	}
	fire(fx, pfns, left, nr);
	for (i = fx->nr_members; i-- > 0;) {
		pages = &fx->members[i].pages;
		at -= pages->before.nr;
		memcpy(pages->left, left + at, pages->before.nr * sizeof(*left));
	}
	free(pfns);
	free(left);
}

void ops_fixture_fire_at(struct ops_fixture *fx, uint64_t pfn)
{
	bool left = false;

	fire(fx, &pfn, &left, 1);
}

/* Whether pages of every kind have moved. */
static bool some_moved(const struct ops_fixture *fx)
{
	int i;

	for (i = 0; i < fx->nr_members; i++)
		if (!ops_left(&fx->members[i].pages))
			return false;
	return true;
}

int ops_fixture_move(struct ops_fixture *fx)
{
	int tries, result;

	for (tries = 1; ; tries++) {
		ops_fixture_fire(fx);
		ops_fixture_look_after(fx);
		if (fx->outcome != OUTCOME_MOVED_SOME || tries == MOVE_TRIES ||
		    (!fx->ret && some_moved(fx)))
			return KSFT_PASS;
		result = ops_fixture_begin(fx);
		if (result)
			return result;
	}
}

/* A trigger that moves no shmem either proves nothing about these pages. */
static bool control_moves(struct ops_fixture *fx)
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
	return moved;
}

static int nothing_moved(struct ops_fixture *fx)
{
	return control_moves(fx) ? KSFT_FAIL : control_not_moved(fx->row->trigger);
}

/* Compare frame, state and return value of each page.  Returns whether all are right. */
static bool judge_pages(const struct ops_fixture *fx, struct ops_member *member)
{
	size_t nr = member->pages.before.nr, i;
	struct folio_info *info = calloc(nr, sizeof(*info));
	struct verdict verdict;
	bool good;

	TEST_ASSERT(info && !verdict_init(&verdict, nr, getpagesize()), "out of memory");
	verdict.lru_drained = true;
	verdict.flags_on = member->pages.kind->flags_on;
	verdict.flags_off = FOLIO_FLAG(RECLAIM) | FOLIO_FLAG(LRU);
	ops_describe(&member->pages, info);
	verdict_after(&verdict, info);
	/* A frame that the page has left may belong to another page by now. */
	for (i = 0; i < nr; i++)
		info[i] = (struct folio_info) {
			.node = pfn_to_node(member->pages.before.pfns[i]),
			.pfn = member->pages.before.pfns[i],
		};
	verdict_before(&verdict, info);
	verdict_call(&verdict, fx->row->trigger->call, fx->ret, fx->expected_ret, NULL, 0,
		     0);
	verdict_expect(&verdict, 0, nr, fx->outcome, NUMA_ANY_NODE, NUMA_ANY_NODE);
	good = verdict_good(&verdict);
	if (!good) {
		ksft_print_msg("%s:\n", member->pages.kind->name);
		verdict_report(&verdict, stdout, suite_context(fx->suite));
	}
	verdict_free(&verdict);
	free(info);
	return good;
}

/* The event counter must cover all frames that changed. */
static bool judge_count(const struct ops_fixture *fx, struct ops_member *member)
{
	const struct ops_kind *kind = member->pages.kind;

	member->moved = ops_left(&member->pages);
	member->moves = vmstat_read(NUMA_ANY_NODE, kind->moves) - member->moves_before;
	ksft_print_msg("%s: %zu of %zu pages moved by %s, %s %+lld\n", kind->name, member->moved,
		       member->pages.before.nr, fx->row->trigger->call, kind->moves,
		       member->moves);
	return member->moves >= (long long)member->moved;
}

bool ops_fixture_intact(const struct ops_fixture *fx)
{
	const struct ops_member *member;
	bool good = true;

	for (member = fx->members; member < fx->members + fx->nr_members; member++)
		if (member->pages.kind->intact)
			good &= member->pages.kind->intact(&member->pages);
	return good;
}

int ops_fixture_judge(struct ops_fixture *fx)
{
	struct ops_member *member;
	bool good = fx->agree, moved = true;

	for (member = fx->members; member < fx->members + fx->nr_members; member++) {
		good &= judge_count(fx, member);
		ops_report_counters(&member->pages);
		moved &= member->moved || !outcome_moves(fx->outcome);
		if (moved)
			good &= judge_pages(fx, member);
	}
	good &= ops_fixture_intact(fx);
	if (!good)
		return KSFT_FAIL;
	return moved ? KSFT_PASS : nothing_moved(fx);
}

int ops_fixture_rewrite(struct ops_fixture *fx)
{
	fill_all(fx);
	return ops_fixture_intact(fx) ? KSFT_PASS : KSFT_FAIL;
}

int ops_fixture_move_and_judge(struct ops_fixture *fx)
{
	return ops_fixture_move(fx) ?: ops_fixture_judge(fx);
}
