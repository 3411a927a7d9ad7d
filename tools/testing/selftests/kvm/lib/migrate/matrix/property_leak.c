// SPDX-License-Identifier: GPL-2.0-only
/*
 * The property that nothing is lost: see migrate/matrix/property.h.
 *
 * Counters of the two nodes are read (migrate/mm/mm_counters.h), a VM is set up, its memory is
 * moved there
 * and back again and again, or refused, and all of it is closed.  Then the counters must be what
 * they were.
 *
 * Other processes take and free memory too.  A quarter of what a leak at each move would come to
 * is put down to them; of what hardly anybody else does, a quarter of the file's pages.
 * And a leak shows every time.
 */
#include <stdio.h>
#include <sys/stat.h>

#include "kvm_util.h"
#include "kselftest.h"
#include "migrate/mm/mm_counters.h"
#include "migrate/trigger/trigger.h"

#include "property_acts.h"

#define LEAK_BYTES	(32LL << 20)
#define LEAK_TRIES	3

/* Compaction takes its time, and what it leaks shows in what is unevictable. */
#define LEAK_COMPACTIONS 2

static long long blocks_of(const struct fixture *fx)
{
	struct stat st;

	TEST_ASSERT(!fstat(fx->gvm->fd, &st), "fstat of a guest_memfd: errno %d", errno);
	return st.st_blocks;
}

static size_t times(const struct fixture *fx)
{
	if (fx->trigger->partial)
		return LEAK_COMPACTIONS;
	return DIV_ROUND_UP(LEAK_BYTES, fx->gvm->nr_pages * fx->gvm->page_size);
}

static int move_often(struct fixture *fx)
{
	long long blocks = blocks_of(fx);
	size_t nr = fx->gvm->nr_pages, i;

	for (i = 0; i < times(fx); i++) {
		fixture_fire(fx, 0, nr, expected_return(&fx->expected, nr));
		if (!verdict_good(&fx->verdict))
			break;
		if (fx->expected.outcome == OUTCOME_MOVED)
			fixture_swap_nodes(fx);
	}
	if (blocks_of(fx) == blocks)
		return fixture_judge_with_content(fx);
	ksft_print_msg("the file had %lld blocks, and has %lld\n", blocks, blocks_of(fx));
	fixture_judge_with_content(fx);
	return KSFT_FAIL;
}

/* A fixture like @outer, from beginning to end. */
static int move_and_close(const struct fixture *outer)
{
	const struct property *property = outer->test->data;
	struct fixture fx;
	int result;

	if (!fixture_open(&fx, outer->suite, outer->test, &property->config))
		return fixture_skip();
	result = fixture_begin(&fx) ?: move_often(&fx);
	fixture_close(&fx);
	return result;
}

int act_no_leak(struct fixture *fx)
{
	const struct mm_tolerance tolerance = {
		.pages = LEAK_BYTES / getpagesize() / 4,
		.quiet = fx->gvm->nr_pages / 4,
	};
	struct mm_counters before, after;
	char moves[48];
	bool good = false;
	int tries, result;

	snprintf(moves, sizeof(moves), "%zu moves or refusals",
		 times(fx) * fx->gvm->nr_pages);
	for (tries = 0; tries < LEAK_TRIES && !good; tries++) {
		mm_counters_read(&before, fx->suite->nodes, fx->suite->nr_nodes);
		result = move_and_close(fx);
		mm_counters_read(&after, fx->suite->nodes, fx->suite->nr_nodes);
		if (result)
			return result;
		good = mm_counters_diff(&before, &after, &tolerance, fx->suite->options.verbose,
					moves);
	}
	return good ? KSFT_PASS : KSFT_FAIL;
}
