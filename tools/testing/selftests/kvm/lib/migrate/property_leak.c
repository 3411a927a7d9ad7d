// SPDX-License-Identifier: GPL-2.0-only
/*
 * The property that nothing is lost: see migrate/property.h.
 */
#include "kselftest.h"
#include "migrate/numa.h"

#include "property_acts.h"

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

int act_no_leak(struct scene *scene)
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
