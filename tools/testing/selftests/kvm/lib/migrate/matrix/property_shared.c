// SPDX-License-Identifier: GPL-2.0-only
/*
 * Properties of pages that somebody else maps as well: see migrate/matrix/property.h.
 */
#include <errno.h>

#include "kselftest.h"
#include "migrate/gmem/second_mapper.h"
#include "migrate/trigger/trigger.h"

#include "property_acts.h"

/* Whether the trigger leaves pages alone that are not this process's only. */
static bool spares_shared(const struct trigger *trigger)
{
	return trigger->exclusive_only ||
	       (trigger->exclusive_only_unless_nice && !trigger_may_move_all());
}

/* Choosing not to move a page is no failure, and so not counted, not even by mbind(STRICT). */
static void fire_in_vain(struct fixture *fx)
{
	size_t nr = fx->gvm->nr_pages;

	fixture_look_before(fx);
	fixture_fire(fx, 0, nr, 0);
	fixture_look_after(fx);
	fixture_expect(fx, 0, nr, OUTCOME_REFUSED);
	if (fx->trigger->has_status)
		verdict_expect_status(&fx->verdict, 0, nr, -EACCES);
}

/* Another process maps all pages too, until they have been moved or not. */
int act_shared_mapping(struct fixture *fx)
{
	bool spares = spares_shared(fx->trigger);
	struct second_mapper second_mapper;
	size_t bad;
	int result;

	second_mapper_start(&second_mapper, fx->gvm);
	if (spares)
		fire_in_vain(fx);
	else
		property_fire_at_all(fx);
	bad = second_mapper_finish(&second_mapper);
	result = fixture_judge_with_content(fx);
	if (bad) {
		ksft_print_msg("another process reads %zu pages wrong\n", bad);
		return KSFT_FAIL;
	}
	if (result || !spares)
		return result ?: property_rewrite_and_judge(fx);
	verdict_reset(&fx->verdict);
	property_fire_at_all(fx);
	return fixture_judge_with_content(fx) ?: property_rewrite_and_judge(fx);
}
