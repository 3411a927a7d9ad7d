// SPDX-License-Identifier: GPL-2.0-only
/*
 * Properties about what moves while who does what: see migrate/property.h.
 */
#include "kselftest.h"
#include "migrate/numa.h"
#include "migrate/trigger.h"

#include "property_acts.h"

/*
 * A vCPU that faults on a page holds a reference to it while it waits for the folio lock: it may
 * stay behind, for that moment.  With userspace_addr at the mapping that is likely for the pages
 * that the vCPUs use just then, as the MMU notifier zaps them some time before they are copied.
 * What is left after some tries must go as soon as the guest keeps its hands off.
 */
#define TRIES_WHILE_RUNNING	3
#define TRIES_WHILE_PAUSED	3

void property_fire_at_all(struct scene *scene)
{
	size_t nr = scene->gvm->nr_pages;

	scene_look_before(scene);
	scene_fire(scene, 0, nr, promised_return(&scene->promise, nr));
	scene_look_after(scene);
	scene_want(scene, 0, nr, scene->promise.outcome);
}

int property_rewrite_and_judge(struct scene *scene)
{
	if (vm_kind_host_maps(scene->gvm->kind)) {
		gmem_host_fill(scene->gvm);
		scene_check_guest(scene);
	}
	gmem_guest_fill(scene->gvm);
	return scene_judge_with_content(scene);
}

/* What moved must be able to move again. */
static int move_back(struct scene *scene)
{
	if (scene->promise.outcome != OUTCOME_MOVED)
		return KSFT_PASS;
	scene_turn_round(scene);
	property_fire_at_all(scene);
	return scene_judge_with_content(scene) ?: property_rewrite_and_judge(scene);
}

/* Nobody touches the pages while they move. */
int act_idle(struct scene *scene)
{
	property_fire_at_all(scene);
	return scene_judge_with_content(scene) ?: property_rewrite_and_judge(scene) ?:
	       move_back(scene);
}

static bool move_is_done(const struct scene *scene)
{
	size_t moved = verdict_count_moved(&scene->verdict, scene->from, scene->to);

	switch (scene->promise.outcome) {
	case OUTCOME_MOVED:
		return !scene->verdict.ret && moved == scene->gvm->nr_pages;
	case OUTCOME_MOVED_SOME:
		return !scene->verdict.ret && moved;
	default:
		return true;
	}
}

static bool fire_once(struct scene *scene)
{
	size_t nr = scene->gvm->nr_pages;

	scene_fire(scene, 0, nr, promised_return(&scene->promise, nr));
	scene_look_after(scene);
	return move_is_done(scene);
}

/* What a running guest keeps from moving moves while it pauses. */
static void fire_at_the_rest(struct scene *scene)
{
	int tries = 0;

	if (!gmem_guest_pause(scene->gvm))
		return;
	while (!fire_once(scene) && ++tries < TRIES_WHILE_PAUSED)
		;
	gmem_guest_resume(scene->gvm);
}

/*
 * One move under a running guest.  Returns whether the guest had to pause for it.  A lap between
 * two tries lets a vCPU that waits for a folio's lock come through its fault.
 */
static bool fire_under_guest(struct scene *scene)
{
	bool done;
	int tries = 0;

	scene_look_before(scene);
	do {
		done = fire_once(scene);
	} while (!done && ++tries < TRIES_WHILE_RUNNING && gmem_guest_lap(scene->gvm));
	if (!done)
		fire_at_the_rest(scene);
	scene_want(scene, 0, scene->gvm->nr_pages, scene->promise.outcome);
	return !done;
}

/*
 * How often to fire.  What compaction has moved it does not move again, and what works page by
 * page is a call a page each time.
 */
static unsigned long moves_under_guest(const struct scene *scene)
{
	if (scene->trigger->moves_some)
		return 1;
	return scene->trigger->by_pfn ? 2 : 2 * scene->suite->options.rounds;
}

/* Send the memory there and back; the guest passes over every page between two moves. */
static void move_under_guest(struct scene *scene)
{
	unsigned long move, moves = moves_under_guest(scene), pauses = 0;

	for (move = 0; move < moves && gmem_guest_lap(scene->gvm); move++) {
		if (move && outcome_moves(scene->promise.outcome))
			scene_turn_round(scene);
		pauses += fire_under_guest(scene);
		if (!verdict_good(&scene->verdict))
			break;
	}
	gmem_guest_lap(scene->gvm);
	if (scene->suite->options.verbose)
		ksft_print_msg("%lu moves, %lu of them with a pause of the guest\n", move, pauses);
}

/* The guest reads and writes all pages all the time. */
int act_running(struct scene *scene)
{
	gmem_guest_start(scene->gvm);
	move_under_guest(scene);
	if (!gmem_guest_stop(scene->gvm, stdout))
		return scene_judge_with_content(scene);
	/* A dead guest cannot be asked any more. */
	scene_check_host(scene);
	scene_judge(scene);
	return KSFT_FAIL;
}

/* The middle half moves, its neighbours stay where they are. */
int act_partial(struct scene *scene)
{
	size_t nr = scene->gvm->nr_pages, first = nr / 4, middle = nr - 2 * first;

	scene_look_before(scene);
	scene_fire(scene, first, middle, promised_return(&scene->promise, middle));
	scene_look_after(scene);
	scene_want(scene, 0, first, OUTCOME_UNTOUCHED);
	scene_want(scene, nr - first, first, OUTCOME_UNTOUCHED);
	scene_want(scene, first, middle, scene->promise.outcome);
	return scene_judge_with_content(scene) ?: property_rewrite_and_judge(scene);
}

/* Pages that are on the target already stay in their frames, and the call says success. */
int act_already_there(struct scene *scene)
{
	size_t nr = scene->gvm->nr_pages;

	scene_turn_round(scene);
	scene_look_before(scene);
	scene_fire(scene, 0, nr, 0);
	scene_look_after(scene);
	verdict_want(&scene->verdict, 0, nr, OUTCOME_UNTOUCHED, scene->to, scene->to);
	if (scene->trigger->has_status)
		verdict_want_status(&scene->verdict, 0, nr, scene->to);
	return scene_judge_with_content(scene);
}
