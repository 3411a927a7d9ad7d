// SPDX-License-Identifier: GPL-2.0-only
/*
 * Property shared_mapping; see migrate/matrix/property_table.h.
 */
#include <errno.h>

#include "kselftest.h"
#include "migrate/gmem/second_mapper.h"
#include "migrate/matrix/property.h"
#include "migrate/trigger/trigger.h"

bool property_spares_shared(const struct trigger *trigger)
{
	return trigger->exclusive_only ||
	       (trigger->exclusive_only_unless_nice && !trigger_may_move_all());
}

void property_fire_spared(struct fixture *fx)
{
	size_t nr = fx->gvm->nr_pages;

	/* A page that is spared does not count as failed, not even for mbind(STRICT). */
	fixture_fire_inspected(fx, 0, nr, 0);
	fixture_expect(fx, 0, nr, OUTCOME_REFUSED);
	if (fx->trigger->has_status)
		verdict_expect_status(&fx->verdict, 0, nr, -EACCES);
}

int act_shared_mapping(struct fixture *fx)
{
	bool spares = property_spares_shared(fx->trigger);
	size_t bad;
	struct second_mapper mapper;
	int result;

	second_mapper_start(&mapper, fx->gvm);
	if (spares)
		property_fire_spared(fx);
	else
		property_fire_all(fx);
	bad = second_mapper_finish(&mapper);
	result = fixture_judge_content(fx);
	if (bad) {
		ksft_print_msg("another process reads %zu pages wrong\n", bad);
		return KSFT_FAIL;
	}
	if (result || !spares)
		return result ?: property_rewrite_and_judge(fx);
	/* The other mapping is gone. */
	return property_fire_and_judge(fx) ?: property_rewrite_and_judge(fx);
}
