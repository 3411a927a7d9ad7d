// SPDX-License-Identifier: GPL-2.0-only
/*
 * How fast the tests move pages, next to move_pages() alone on the same pages, in turn.  Runs where
 * there are two NUMA nodes.
 *
 * Prints "# moves MEDIAN LOW HIGH" for the ratio of the two times, ours first, with its quartiles.
 */
#include "kvm_util.h"
#include "numaif.h"
#include "migrate/mm/numa.h"
#include "migrate/perf/perf_memory.h"
#include "migrate/trigger/trigger.h"

#define ROUNDS	225
#define PARTS	9	/* the fastest round of each of them counts: other load only adds */
#define PAGES	64UL	/* of a case of the tests */

static int nodes[2], status[PAGES], target[PAGES];
static void *mem, *pages[PAGES];
static long stayed;

static uint64_t move_ours(int from)
{
	struct trigger_range range = trigger_range_of(mem, PAGES, nodes[from], nodes[!from]);
	struct trigger_result result = { .status = status };
	uint64_t begin = perf_now();

	trigger_fire(&trigger_move_pages, &range, &result);
	stayed += !!result.ret;
	return perf_now() - begin;
}

static uint64_t move_bare(int from)
{
	uint64_t begin = perf_now();
	size_t i;

	for (i = 0; i < PAGES; i++)
		target[i] = nodes[!from];
	stayed += !!move_pages(0, PAGES, pages, target, status, MPOL_MF_MOVE);
	return perf_now() - begin;
}

/* There by one, and back by the other; each does both in turn. */
static void measure(uint64_t *ours, uint64_t *bare)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		ours[i % PARTS] = min(ours[i % PARTS], move_ours(0));
		bare[i % PARTS] = min(bare[i % PARTS], move_bare(1));
		bare[i % PARTS] = min(bare[i % PARTS], move_bare(0));
		ours[i % PARTS] = min(ours[i % PARTS], move_ours(1));
	}
}

static void report(const uint64_t *ours, const uint64_t *bare)
{
	uint64_t ratios[PARTS];
	struct spread spread;
	char text[3][32];
	int i;

	for (i = 0; i < PARTS; i++)
		ratios[i] = ratio_milli(ours[i], bare[i]);
	spread = spread_of(ratios, PARTS);
	ksft_print_msg("moves %s %s %s\n",
		       milli_text(spread.median, text[0], sizeof(text[0])),
		       milli_text(spread.low, text[1], sizeof(text[1])),
		       milli_text(spread.high, text[2], sizeof(text[2])));
}

int main(void)
{
	uint64_t ours[PARTS], bare[PARTS];
	size_t i, size = PAGES * getpagesize();

	ksft_print_header();
	ksft_set_plan(1);
	if (numa_pick_nodes(nodes, 2, 64 << 20) < 2)
		ksft_exit_skip("fewer than two NUMA nodes with enough free memory\n");
	memset(ours, 0xff, sizeof(ours));
	memset(bare, 0xff, sizeof(bare));
	mem = numa_mmap(size, MAP_SHARED, nodes[0]);
	memset(mem, 0x5a, size);
	for (i = 0; i < PAGES; i++)
		pages[i] = (char *)mem + i * getpagesize();
	measure(ours, bare);
	report(ours, bare);
	ksft_test_result(!stayed, "moves\n");
	ksft_finished();
}
