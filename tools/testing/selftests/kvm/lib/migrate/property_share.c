// SPDX-License-Identifier: GPL-2.0-only
/*
 * Properties of pages that somebody else maps as well: see migrate/property.h.
 */
#include <errno.h>

#include "kselftest.h"
#include "migrate/other.h"
#include "migrate/trigger.h"

#include "property_acts.h"

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
int act_two_processes(struct scene *scene)
{
	bool spares = spares_shared(scene->trigger);
	struct sharer sharer;
	size_t bad;
	int result;

	sharer_start(&sharer, scene->gvm);
	if (spares)
		fire_in_vain(scene);
	else
		property_fire_at_all(scene);
	bad = sharer_finish(&sharer);
	result = scene_judge_with_content(scene);
	if (bad) {
		ksft_print_msg("another process reads %zu pages wrong\n", bad);
		return KSFT_FAIL;
	}
	if (result || !spares)
		return result ?: property_rewrite_and_judge(scene);
	verdict_reset(&scene->verdict);
	property_fire_at_all(scene);
	return scene_judge_with_content(scene) ?: property_rewrite_and_judge(scene);
}
