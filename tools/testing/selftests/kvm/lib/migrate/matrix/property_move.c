// SPDX-License-Identifier: GPL-2.0-only
/*
 * Properties about what moves while who does what: see migrate/matrix/property.h.
 */
#include "kselftest.h"
#include "migrate/mm/numa.h"
#include "migrate/trigger/trigger.h"

#include "property_acts.h"

/*
 * A vCPU that faults on a page holds a reference to it while it waits for the folio lock: it may
 * stay behind, for that moment.  With userspace_addr at the mapping that is likely for the pages
 * that the vCPUs use just then, as the MMU notifier zaps them some time before they are copied.
 * What is left after some tries must go as soon as the guest keeps its hands off.
 */
#define TRIES_WHILE_RUNNING	3
#define TRIES_WHILE_PAUSED	3

void property_fire_at_all(struct fixture *fx)
{
	size_t nr = fx->gvm->nr_pages;

	fixture_look_before(fx);
	fixture_fire(fx, 0, nr, expected_return(&fx->expected, nr));
	fixture_look_after(fx);
	fixture_expect(fx, 0, nr, fx->expected.outcome);
}

int property_rewrite_and_judge(struct fixture *fx)
{
	if (vm_kind_host_maps(fx->gvm->kind)) {
		gmem_host_fill(fx->gvm);
		fixture_check_guest(fx);
	}
	gmem_guest_fill(fx->gvm);
	return fixture_judge_with_content(fx);
}

/* What moved must be able to move again. */
static int move_back(struct fixture *fx)
{
	if (fx->expected.outcome != OUTCOME_MOVED)
		return KSFT_PASS;
	fixture_swap_nodes(fx);
	property_fire_at_all(fx);
	return fixture_judge_with_content(fx) ?: property_rewrite_and_judge(fx);
}

/* Nobody touches the pages while they move. */
int act_idle(struct fixture *fx)
{
	property_fire_at_all(fx);
	return fixture_judge_with_content(fx) ?: property_rewrite_and_judge(fx) ?:
	       move_back(fx);
}

static bool move_is_done(const struct fixture *fx)
{
	size_t moved = verdict_count_moved(&fx->verdict, fx->from, fx->to);

	switch (fx->expected.outcome) {
	case OUTCOME_MOVED:
		return !fx->verdict.ret && moved == fx->gvm->nr_pages;
	case OUTCOME_MOVED_SOME:
		return !fx->verdict.ret && moved;
	default:
		return true;
	}
}

static bool fire_once(struct fixture *fx)
{
	size_t nr = fx->gvm->nr_pages;

	fixture_fire(fx, 0, nr, expected_return(&fx->expected, nr));
	fixture_look_after(fx);
	return move_is_done(fx);
}

/* What a running guest keeps from moving moves while it pauses. */
static void fire_at_the_rest(struct fixture *fx)
{
	int tries = 0;

	if (!gmem_guest_pause(fx->gvm))
		return;
	while (!fire_once(fx) && ++tries < TRIES_WHILE_PAUSED)
		;
	gmem_guest_resume(fx->gvm);
}

/*
 * One move under a running guest.  Returns whether the guest had to pause for it.  A lap between
 * two tries lets a vCPU that waits for a folio's lock come through its fault.
 */
static bool fire_under_guest(struct fixture *fx)
{
	bool done;
	int tries = 0;

	fixture_look_before(fx);
	do {
		done = fire_once(fx);
	} while (!done && ++tries < TRIES_WHILE_RUNNING && gmem_guest_iterate(fx->gvm));
	if (!done)
		fire_at_the_rest(fx);
	fixture_expect(fx, 0, fx->gvm->nr_pages, fx->expected.outcome);
	return !done;
}

/*
 * How often to fire.  What compaction has moved it does not move again, and what works page by
 * page is a call a page each time.
 */
static unsigned long moves_under_guest(const struct fixture *fx)
{
	if (fx->trigger->partial)
		return 1;
	return fx->trigger->by_pfn ? 2 : 2 * fx->suite->options.rounds;
}

/* Send the memory there and back; the guest passes over every page between two moves. */
static void move_under_guest(struct fixture *fx)
{
	unsigned long move, moves = moves_under_guest(fx), pauses = 0;

	for (move = 0; move < moves && gmem_guest_iterate(fx->gvm); move++) {
		if (move && outcome_moves(fx->expected.outcome))
			fixture_swap_nodes(fx);
		pauses += fire_under_guest(fx);
		if (!verdict_good(&fx->verdict))
			break;
	}
	gmem_guest_iterate(fx->gvm);
	if (fx->suite->options.verbose)
		ksft_print_msg("%lu moves, %lu of them with a pause of the guest\n", move, pauses);
}

/* The guest reads and writes all pages all the time. */
int act_running(struct fixture *fx)
{
	gmem_guest_start(fx->gvm);
	move_under_guest(fx);
	if (!gmem_guest_stop(fx->gvm, stdout))
		return fixture_judge_with_content(fx);
	/* A dead guest cannot be asked any more. */
	fixture_check_host(fx);
	fixture_judge(fx);
	return KSFT_FAIL;
}

/* The middle half moves, its neighbours stay where they are. */
int act_partial(struct fixture *fx)
{
	size_t nr = fx->gvm->nr_pages, first = nr / 4, middle = nr - 2 * first;

	fixture_look_before(fx);
	fixture_fire(fx, first, middle, expected_return(&fx->expected, middle));
	fixture_look_after(fx);
	fixture_expect(fx, 0, first, OUTCOME_UNTOUCHED);
	fixture_expect(fx, nr - first, first, OUTCOME_UNTOUCHED);
	fixture_expect(fx, first, middle, fx->expected.outcome);
	return fixture_judge_with_content(fx) ?: property_rewrite_and_judge(fx);
}

/* Pages that are on the target already stay in their frames, and the call says success. */
int act_already_on_node(struct fixture *fx)
{
	size_t nr = fx->gvm->nr_pages;

	fixture_swap_nodes(fx);
	fixture_look_before(fx);
	fixture_fire(fx, 0, nr, 0);
	fixture_look_after(fx);
	verdict_expect(&fx->verdict, 0, nr, OUTCOME_UNTOUCHED, fx->to, fx->to);
	if (fx->trigger->has_status)
		verdict_expect_status(&fx->verdict, 0, nr, fx->to);
	return fixture_judge_with_content(fx);
}
