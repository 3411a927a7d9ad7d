// SPDX-License-Identifier: GPL-2.0-only
/*
 * Property punch_refault; see migrate/matrix/property_table.h.
 */
#include "kselftest.h"
#include "kvm_util.h"
#include "migrate/matrix/property.h"
#include "migrate/mm/folio.h"
#include "migrate/trigger/trigger.h"

/* The kernel may have given a freed frame to another folio, but not to an unevictable one. */
static int frames_are_free(const struct fixture *fx, size_t first, size_t nr)
{
	size_t page, kept = 0;
	uint64_t pfn;

	for (page = first; page < first + nr; page++) {
		pfn = fx->verdict.pages[page].before.pfn;
		kept += pfn && (pageflags_get(pfn) & FOLIO_FLAG(UNEVICTABLE));
	}
	if (!kept)
		return KSFT_PASS;
	ksft_print_msg("%zu of %zu frames are still in use after their pages became a hole\n",
		       kept, nr);
	return KSFT_FAIL;
}

int act_punch_refault(struct fixture *fx)
{
	size_t nr = fx->gvm->nr_pages, first = nr / 4, middle = nr - 2 * first;
	int at = outcome_moves(fx->expected.outcome) ? fx->to : fx->from;
	/* mbind() sets its policy even where it moves nothing. */
	int policy = fx->trigger == &trigger_move_pages ? fx->from : fx->to;
	int result = property_fire_and_judge(fx);

	fixture_inspect_before(fx);
	gmem_punch(fx->gvm, first, middle);
	result = result ?: frames_are_free(fx, first, middle) ?:
		 property_reads_zero(fx, first, middle);
	if (result)
		return result;
	property_refill(fx, first, middle);
	fixture_check_host(fx);
	fixture_inspect_after(fx);
	/* On the same node a page may get its old frame again. */
	verdict_expect(&fx->verdict, first, middle,
		       at == policy ? OUTCOME_MOVED_SOME : OUTCOME_MOVED, at, policy);
	verdict_expect(&fx->verdict, 0, first, OUTCOME_UNTOUCHED, at, at);
	verdict_expect(&fx->verdict, nr - first, first, OUTCOME_UNTOUCHED, at, at);
	return fixture_judge_content(fx) ?: property_rewrite_and_judge(fx);
}
