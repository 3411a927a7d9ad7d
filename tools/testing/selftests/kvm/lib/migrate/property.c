// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "kselftest.h"
#include "migrate/numa.h"
#include "migrate/other.h"
#include "migrate/property.h"
#include "migrate/trigger.h"

/*
 * A vCPU that faults on a page holds a reference to it while it waits for the folio lock: it may
 * stay behind, for that moment.  With userspace_addr at the mapping that is likely for the pages
 * that the vCPUs use just then, as the MMU notifier zaps them some time before they are copied.
 * What is left after some tries must go as soon as the guest keeps its hands off.
 */
#define TRIES_WHILE_RUNNING	3
#define TRIES_WHILE_PAUSED	3

/* Move everything, or try to, and hold all pages against the promise. */
static void fire_at_all(struct scene *scene)
{
	size_t nr = scene->gvm->nr_pages;

	scene_look_before(scene);
	scene_fire(scene, 0, nr, promised_return(&scene->promise, nr));
	scene_look_after(scene);
	scene_want(scene, 0, nr, scene->promise.outcome);
}

/*
 * Each side writes, and the other reads what it wrote.  A guest that still maps a folio's old
 * frame may read the right content from it for as long as nobody writes.
 */
static int rewrite_and_judge(struct scene *scene)
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
	fire_at_all(scene);
	return scene_judge_with_content(scene) ?: rewrite_and_judge(scene);
}

/* Nobody touches the pages while they move. */
static int act_idle(struct scene *scene)
{
	fire_at_all(scene);
	return scene_judge_with_content(scene) ?: rewrite_and_judge(scene) ?: move_back(scene);
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
static int act_running(struct scene *scene)
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
static int act_partial(struct scene *scene)
{
	size_t nr = scene->gvm->nr_pages, first = nr / 4, middle = nr - 2 * first;

	scene_look_before(scene);
	scene_fire(scene, first, middle, promised_return(&scene->promise, middle));
	scene_look_after(scene);
	scene_want(scene, 0, first, OUTCOME_UNTOUCHED);
	scene_want(scene, nr - first, first, OUTCOME_UNTOUCHED);
	scene_want(scene, first, middle, scene->promise.outcome);
	return scene_judge_with_content(scene) ?: rewrite_and_judge(scene);
}

/*
 * A page lost for each page that is moved, or refused, would come to LEAK_BYTES.  Other processes
 * take and free memory too: a quarter of that is put down to them, and a leak shows every time.
 */
#define LEAK_BYTES	(32LL << 20)
#define LEAK_TRIES	3

/* Fire until LEAK_BYTES are moved or refused.  Returns how much less is free than before. */
static long long lost_by_moves(struct scene *scene)
{
	size_t nr = scene->gvm->nr_pages, page_size = scene->gvm->page_size;
	long long bytes, free_before = numa_free_bytes_of_all();

	for (bytes = 0; bytes < LEAK_BYTES; bytes += nr * page_size) {
		scene_fire(scene, 0, nr, promised_return(&scene->promise, nr));
		if (!verdict_good(&scene->verdict))
			break;
		if (scene->promise.outcome == OUTCOME_MOVED)
			scene_turn_round(scene);
	}
	return free_before - numa_free_bytes_of_all();
}

static int act_no_leak(struct scene *scene)
{
	long long lost = 0;
	int tries;

	for (tries = 0; tries < LEAK_TRIES; tries++) {
		lost = lost_by_moves(scene);
		if (lost < LEAK_BYTES / 4)
			return scene_judge_with_content(scene);
	}
	ksft_print_msg("memory lost: %lld KiB less free after %lld KiB were moved or refused, "
		       "%d times\n", lost / 1024, LEAK_BYTES / 1024, tries);
	scene_judge_with_content(scene);
	return KSFT_FAIL;
}

/* Whether the trigger leaves pages alone that are not this process's only. */
static bool spares_shared(const struct trigger *trigger)
{
	return trigger->own_only || (trigger->own_only_unless_nice && !trigger_may_move_all());
}

/* Choosing not to move a page is no failure, and so not counted, not even by mbind(STRICT). */
static void fire_in_vain(struct scene *scene)
{
	size_t nr = scene->gvm->nr_pages;

	scene_look_before(scene);
	scene_fire(scene, 0, nr, 0);
	scene_look_after(scene);
	scene_want(scene, 0, nr, OUTCOME_REFUSED);
	if (scene->trigger->has_status)
		verdict_want_status(&scene->verdict, 0, nr, -EACCES);
}

/* Another process maps all pages too, until they have been moved or not. */
static int act_two_processes(struct scene *scene)
{
	bool spares = spares_shared(scene->trigger);
	struct sharer sharer;
	size_t bad;
	int result;

	sharer_start(&sharer, scene->gvm);
	if (spares)
		fire_in_vain(scene);
	else
		fire_at_all(scene);
	bad = sharer_finish(&sharer);
	result = scene_judge_with_content(scene);
	if (bad) {
		ksft_print_msg("another process reads %zu pages wrong\n", bad);
		return KSFT_FAIL;
	}
	if (result || !spares)
		return result ?: rewrite_and_judge(scene);
	verdict_reset(&scene->verdict);
	fire_at_all(scene);
	return scene_judge_with_content(scene) ?: rewrite_and_judge(scene);
}

/* Pages that are on the target already stay in their frames, and the call says success. */
static int act_already_there(struct scene *scene)
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

const struct property properties[] = {
	{ .name = "idle", .act = act_idle, .config = { .nr_vcpus = 1 } },
	{
		.name = "running",
		.act = act_running,
		.needs_folios = true,
		.config = { .nr_vcpus = 2 },
	},
	{
		.name = "running_hva",
		.act = act_running,
		.only = &trigger_move_pages,
		.needs_mapping = true,
		.config = { .nr_vcpus = 2, .hva_is_mapping = true },
	},
	{
		.name = "running_slots",
		.act = act_running,
		.only = &trigger_move_pages,
		.needs_folios = true,
		.config = { .nr_vcpus = 2, .two_slots = true },
	},
	{
		.name = "partial",
		.act = act_partial,
		.needs_range = true,
		.needs_folios = true,
		.config = { .nr_vcpus = 1 },
	},
	{
		.name = "no_leak",
		.act = act_no_leak,
		.only = &trigger_move_pages,
		.needs_folios = true,
		.config = { .nr_vcpus = 1 },
	},
	{
		.name = "two_processes",
		.act = act_two_processes,
		.needs_mapping = true,
		.config = { .nr_vcpus = 1 },
	},
	{
		.name = "already_there",
		.act = act_already_there,
		.needs_target = true,
		.needs_folios = true,
		.config = { .nr_vcpus = 1 },
	},
};

const size_t nr_properties = ARRAY_SIZE(properties);

bool property_applies(const struct property *property, const struct contract_row *row)
{
	return !row->trigger->never &&
	       !(property->only && property->only != row->trigger) &&
	       !(property->needs_range && row->trigger->no_range) &&
	       !(property->needs_target && row->trigger->any_node) &&
	       !(property->needs_mapping && !vm_kind_host_maps(row->vm)) &&
	       !(property->needs_folios && !contract_row_finds_folios(row));
}

int property_run(const struct suite *suite, const struct testcase *test)
{
	const struct property *property = test->data;
	struct scene scene;
	int result;

	if (!scene_open(&scene, suite, test, &property->config))
		return scene_skip();
	result = scene_begin(&scene) ?: property->act(&scene);
	scene_close(&scene);
	return result;
}
