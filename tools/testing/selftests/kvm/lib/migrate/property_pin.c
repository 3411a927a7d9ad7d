// SPDX-License-Identifier: GPL-2.0-only
/*
 * Properties of pages that the kernel holds on to: see migrate/property.h.
 */
#include <stdlib.h>

#include "kselftest.h"
#include "migrate/numa.h"
#include "migrate/pin.h"
#include "migrate/trigger.h"

#include "property_acts.h"

static size_t pages_to_hold(const struct scene *scene)
{
	size_t quarter = scene->gvm->nr_pages / 4;

	return quarter < PIN_PAGES_MAX ? quarter : PIN_PAGES_MAX;
}

/*
 * What a call answers that meets @held pages which cannot move is what it answers under the
 * unmovable contract, for just these.
 */
static long wanted_answer(const struct scene *scene, size_t held)
{
	const struct promise *refused = &scene->test->row->promise[CONTRACT_UNMOVABLE];

	if (!outcome_moves(scene->promise.outcome))
		held = scene->gvm->nr_pages;
	return promised_return(refused, held);
}

static void want_others(struct scene *scene, size_t first, size_t nr)
{
	verdict_want(&scene->verdict, first, nr, scene->promise.outcome, scene->from, scene->to);
}

/*
 * The pages that are held stay, all others do as promised.  No status is written by then.  What
 * is wanted last heads the report, unless it has to be counted.
 */
static void fire_at_held(struct scene *scene, size_t first, size_t held)
{
	size_t nr = scene->gvm->nr_pages, behind = first + held;

	scene_look_before(scene);
	scene_fire(scene, 0, nr, wanted_answer(scene, held));
	scene_look_after(scene);
	want_others(scene, 0, first);
	want_others(scene, behind, nr - behind);
	verdict_want(&scene->verdict, first, held, OUTCOME_REFUSED, scene->from, scene->to);
	if (scene->promise.outcome == OUTCOME_MOVED_SOME)
		want_others(scene, 0, first);
}

/* The guest writes something else, and whoever holds the frames reads it there. */
static int look_through_pin(struct scene *scene, const struct pin_kind *kind, struct pin *pin,
			    size_t first)
{
	struct gmem_vm *gvm = scene->gvm;
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
static int move_released(struct scene *scene, size_t first, size_t held)
{
	int from = scene->trigger->any_node ? NUMA_ANY_NODE : scene->from;

	/* What compaction left where it was need not be in its way. */
	if (scene->promise.outcome != OUTCOME_MOVED)
		return scene_judge_with_content(scene);
	verdict_reset(&scene->verdict);
	scene_look_before(scene);
	scene_fire(scene, first, held, 0);
	scene_look_after(scene);
	verdict_want(&scene->verdict, first, held, OUTCOME_MOVED, from, scene->to);
	return scene_judge_with_content(scene) ?: property_rewrite_and_judge(scene);
}

static int act_pinned_by(struct scene *scene, const struct pin_kind *kind)
{
	size_t held = pages_to_hold(scene), first = scene->gvm->nr_pages / 4;
	struct pin pin;
	int result;

	kind->hold(&pin, gmem_page(scene->gvm, first), held);
	fire_at_held(scene, first, held);
	result = scene_judge_with_content(scene) ?: look_through_pin(scene, kind, &pin, first);
	kind->release(&pin);
	return result ?: move_released(scene, first, held);
}

int act_pinned(struct scene *scene)
{
	return act_pinned_by(scene, &pin_by_pipe);
}

int act_pinned_longterm(struct scene *scene)
{
	return act_pinned_by(scene, &pin_by_io_uring);
}

const char *missing_longterm_pin(void)
{
	return pin_by_io_uring.missing();
}
