// SPDX-License-Identifier: GPL-2.0-only
/*
 * Properties idle, running, partial and already_on_node; see migrate/matrix/property_table.h.
 */
#include "kselftest.h"
#include "migrate/matrix/property.h"
#include "migrate/mm/numa.h"
#include "migrate/trigger/trigger.h"

/*
 * A vCPU that faults on a page holds a reference while it waits for the folio lock, so the page may
 * stay for that moment.  With userspace_addr at the mapping that is likely: the MMU notifier zaps
 * the page some time before the copy.  Pages that stay after some tries must move while the guest
 * pauses.
 */
#define TRIES_WHILE_RUNNING	3
#define TRIES_WHILE_PAUSED	3

int act_idle(struct fixture *fx)
{
	int result = property_fire_and_judge(fx) ?: property_rewrite_and_judge(fx);

	if (result || fx->expected.outcome != OUTCOME_MOVED)
		return result;
	if (fx->trigger->moves_once)
		return KSFT_PASS;
	/* A page that moved must be able to move again. */
	fixture_swap_nodes(fx);
	return property_fire_and_judge(fx) ?: property_rewrite_and_judge(fx);
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
	fixture_inspect_after(fx);
	return move_is_done(fx);
}

static void fire_while_paused(struct fixture *fx)
{
	int tries = 0;

	if (!gmem_guest_pause(fx->gvm))
		return;
	while (!fire_once(fx) && ++tries < TRIES_WHILE_PAUSED)
		;
	gmem_guest_resume(fx->gvm);
}

/*
 * One move under a running guest.  Between two tries the guest passes over all pages, so a vCPU
 * that waits for a folio lock gets through its fault.  Returns whether the guest had to pause.
 */
static bool fire_under_guest(struct fixture *fx)
{
	bool done;
	int tries = 0;

	fixture_inspect_before(fx);
	do {
		done = fire_once(fx);
	} while (!done && ++tries < TRIES_WHILE_RUNNING && gmem_guest_iterate(fx->gvm));
	if (!done)
		fire_while_paused(fx);
	fixture_expect(fx, 0, fx->gvm->nr_pages, fx->expected.outcome);
	return !done;
}

/*
 * Some triggers do not move a page twice.  Where the kernel picks the node, the move back is the
 * same as the first one; and those triggers are slow, as are those that move all memory of the
 * process.
 */
static unsigned long moves_under_guest(const struct fixture *fx)
{
	const struct trigger *trigger = fx->trigger;
	unsigned long iterations = fx->suite->options.iterations;

	if (trigger->partial || trigger->moves_once)
		return 1;
	if (trigger->kernel_picks_node)
		return DIV_ROUND_UP(iterations, 2);
	return trigger->no_range ? iterations : 2 * iterations;
}

void property_move_under_guest(struct fixture *fx)
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

int act_running(struct fixture *fx)
{
	gmem_guest_start(fx->gvm);
	property_move_under_guest(fx);
	return fixture_stop_and_judge(fx);
}

int act_partial(struct fixture *fx)
{
	size_t nr = fx->gvm->nr_pages, first = nr / 4, middle = nr - 2 * first;

	fixture_fire_inspected(fx, first, middle, expected_return(&fx->expected, middle));
	fixture_expect(fx, 0, first, OUTCOME_UNTOUCHED);
	fixture_expect(fx, nr - first, first, OUTCOME_UNTOUCHED);
	fixture_expect(fx, first, middle, fx->expected.outcome);
	return fixture_judge_content(fx) ?: property_rewrite_and_judge(fx);
}

int act_already_on_node(struct fixture *fx)
{
	size_t nr = fx->gvm->nr_pages;

	fixture_swap_nodes(fx);
	fixture_fire_inspected(fx, 0, nr, 0);
	verdict_expect(&fx->verdict, 0, nr, OUTCOME_UNTOUCHED, fx->to, fx->to);
	if (fx->trigger->has_status)
		verdict_expect_status(&fx->verdict, 0, nr, fx->to);
	return fixture_judge_content(fx);
}
