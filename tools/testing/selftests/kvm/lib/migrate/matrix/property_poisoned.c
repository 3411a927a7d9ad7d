// SPDX-License-Identifier: GPL-2.0-only
/*
 * Property poisoned; see migrate/matrix/property_table.h.
 */
#include <errno.h>

#include "kselftest.h"
#include "migrate/gmem/guest_access.h"
#include "migrate/matrix/poisoned_pages.h"
#include "migrate/matrix/property.h"
#include "migrate/mm/hwpoison.h"
#include "migrate/trigger/trigger.h"

const char *poisoned_skip_reason(void)
{
	return hwpoison_skip_reason();
}

/* The call finds no page where the PTE is that of a poisoned one. */
static int fire_at_poisoned(struct fixture *fx, const struct poisoned_pages *poisoned)
{
	size_t nr = fx->gvm->nr_pages, bad = poisoned->nr;

	gmem_leave_out(fx->gvm, 0, bad);
	verdict_reset(&fx->verdict);
	fixture_inspect_before(fx);
	fixture_fire(fx, 0, nr, expected_return(&fx->expected, nr - bad));
	fixture_inspect_after(fx);
	fixture_expect(fx, bad, nr - bad, fx->expected.outcome);
	if (fx->trigger->has_status)
		verdict_expect_status(&fx->verdict, 0, bad, -ENOENT);
	return poisoned_pages_check(fx, poisoned) ?: fixture_judge_content(fx);
}

/* Errors before the move and after it. */
int act_poisoned(struct fixture *fx)
{
	size_t few = poisoned_pages_few(fx);
	struct poisoned_pages poisoned;
	int result;

	poisoned_pages_init(&poisoned, 0);
	fixture_inspect_before(fx);
	result = poison_pages(fx, &poisoned, few, true) ?: fire_at_poisoned(fx, &poisoned);
	if (result)
		return result;
	if (fx->expected.outcome == OUTCOME_MOVED)
		fixture_swap_nodes(fx);
	verdict_reset(&fx->verdict);
	fixture_inspect_before(fx);
	result = poison_pages(fx, &poisoned, few, true);
	gmem_leave_out(fx->gvm, 0, poisoned.nr);
	return result ?: poisoned_pages_check(fx, &poisoned) ?:
	       poisoned_pages_recover(fx, &poisoned) ?: property_rewrite_and_judge(fx);
}
