// SPDX-License-Identifier: GPL-2.0-only
/*
 * Property no_leak; see migrate/matrix/property_table.h.
 *
 * Counters of the two nodes (migrate/mm/vmstat.h) are read before a VM exists and after it is
 * closed; in between its memory moves there and back many times, or is refused.  Other processes
 * allocate and free memory as well: the tolerance is a quarter of what a leak at each move sums up
 * to, and for strict counters a quarter of the file.  A leak shows in every try.
 */
#include <stdio.h>

#include "kselftest.h"
#include "kvm_util.h"
#include "migrate/gmem/unmapped_pfns.h"
#include "migrate/matrix/property.h"
#include "migrate/mm/vmstat.h"
#include "migrate/trigger/trigger.h"

#define LEAK_BYTES	(32LL << 20)
#define LEAK_TRIES	3

/* Compaction is slow; its leaks show in the strict counters. */
#define COMPACTIONS	2

static size_t times(const struct fixture *fx)
{
	if (fx->trigger->partial)
		return COMPACTIONS;
	return DIV_ROUND_UP(LEAK_BYTES, fx->gvm->nr_pages * fx->gvm->page_size);
}

static int move_many_times(struct fixture *fx)
{
	size_t nr = fx->gvm->nr_pages, i;

	for (i = 0; i < times(fx); i++) {
		fixture_fire(fx, 0, nr, expected_return(&fx->expected, nr));
		if (!verdict_good(&fx->verdict))
			break;
		if (fx->expected.outcome == OUTCOME_MOVED)
			fixture_swap_nodes(fx);
	}
	return fixture_judge_content(fx);
}

int act_no_leak(struct fixture *fx)
{
	const struct property *property = fx->test->data;
	const struct suite *suite = fx->suite;
	const struct mm_tolerance tolerance = {
		.pages = LEAK_BYTES / getpagesize() / 4,
		.strict = fx->gvm->nr_pages / 4,
	};
	struct mm_counters before, after;
	char moves[48];
	bool good = false;
	int tries, result;

	/* One VM can trace page faults at a time: this one does nothing more. */
	unmapped_pfns_free(fx->gvm);
	snprintf(moves, sizeof(moves), "%zu moves or refusals", times(fx) * fx->gvm->nr_pages);
	for (tries = 0; tries < LEAK_TRIES && !good; tries++) {
		mm_counters_read(&before, suite->nodes, suite->nr_nodes);
		result = fixture_run(suite, fx->test, &property->config, true,
				     move_many_times);
		mm_counters_read(&after, suite->nodes, suite->nr_nodes);
		if (result)
			return result;
		good = mm_counters_diff(&before, &after, &tolerance, suite->options.verbose,
					moves);
	}
	return good ? KSFT_PASS : KSFT_FAIL;
}
