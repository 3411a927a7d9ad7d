// SPDX-License-Identifier: GPL-2.0-only
/*
 * Properties of holes in the file: see migrate/property.h.
 */
#include <fcntl.h>
#include <inttypes.h>

#include "kvm_util.h"
#include "kselftest.h"
#include "migrate/frames.h"
#include "migrate/trigger.h"

#include "property_acts.h"

void property_punch(const struct gmem_vm *gvm, size_t first, size_t nr)
{
	kvm_fallocate(gvm->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, first * gvm->page_size,
		      nr * gvm->page_size);
}

/* The frames of the pages at the last look; a freed one may have found another owner already. */
static int frames_are_free(const struct scene *scene, size_t first, size_t nr)
{
	size_t page, kept = 0;
	uint64_t pfn;

	for (page = first; page < first + nr; page++) {
		pfn = scene->verdict.pages[page].before.pfn;
		kept += pfn && (frame_flags(pfn) & FOLIO_FLAG(UNEVICTABLE));
	}
	if (!kept)
		return KSFT_PASS;
	ksft_print_msg("%zu of %zu frames are still in use after their pages became a hole\n",
		       kept, nr);
	return KSFT_FAIL;
}

/* Nobody has written there yet: what was there before must not come back. */
static int hole_reads_zero(const struct scene *scene, size_t first, size_t nr)
{
	struct gmem_vm *gvm = scene->gvm;
	size_t page, bad = 0;
	const u64 *words;

	for (page = first; page < first + nr; page++) {
		words = gmem_page(gvm, page);
		/* The guest is the first to touch the odd pages. */
		if (page % 2)
			bad += !!gmem_guest_peek(gvm, page, 0);
		bad += words[0] || words[GUEST_LIVE_WORD(gvm->page_size)];
	}
	if (!bad)
		return KSFT_PASS;
	ksft_print_msg("%zu of %zu pages of a hole are not zero\n", bad, nr);
	return KSFT_FAIL;
}

static void refill(struct scene *scene, size_t first, size_t nr)
{
	size_t page;

	for (page = first; page < first + nr; page++)
		gmem_guest_fill_page(scene->gvm, page);
}

/* mbind() leaves its policy behind, also where it was refused to move anything. */
static bool sets_policy(const struct trigger *trigger)
{
	return trigger == &trigger_mbind_strict;
}

/*
 * After the move, the middle half becomes a hole, and is filled again: by the policy of the file,
 * not by where its pages or their neighbours had moved to.
 */
int act_refilled(struct scene *scene)
{
	size_t nr = scene->gvm->nr_pages, first = nr / 4, middle = nr - 2 * first;
	int at = outcome_moves(scene->promise.outcome) ? scene->to : scene->from;
	int policy = sets_policy(scene->trigger) ? scene->to : scene->from;
	int result;

	property_fire_at_all(scene);
	result = scene_judge_with_content(scene);
	verdict_reset(&scene->verdict);
	scene_look_before(scene);
	property_punch(scene->gvm, first, middle);
	result = result ?: frames_are_free(scene, first, middle) ?:
		 hole_reads_zero(scene, first, middle);
	if (result)
		return result;
	refill(scene, first, middle);
	scene_check_host(scene);
	scene_look_after(scene);
	/* The frame may be the same as before, by chance, unless the node is another. */
	verdict_want(&scene->verdict, first, middle,
		     at == policy ? OUTCOME_MOVED_SOME : OUTCOME_MOVED, at, policy);
	verdict_want(&scene->verdict, 0, first, OUTCOME_UNTOUCHED, at, at);
	verdict_want(&scene->verdict, nr - first, first, OUTCOME_UNTOUCHED, at, at);
	return scene_judge_with_content(scene) ?: property_rewrite_and_judge(scene);
}
