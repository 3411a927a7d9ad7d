// SPDX-License-Identifier: GPL-2.0-only
/*
 * Properties mixed_targets and bad_node_between; see migrate/matrix/property_table.h.
 *
 * do_pages_move() in mm/migrate.c collects a run of pages with the same node and moves them when
 * the node changes, or at a page that is not to be moved.  The status of a run is written when it
 * has moved.  A run that fails ends the call, which counts the pages that it did not move; a node
 * without memory ends it, too, after the run before has moved.
 */
#include <errno.h>
#include <stdlib.h>

#include "kselftest.h"
#include "kvm_util.h"
#include "numaif.h"
#include "migrate/matrix/property.h"
#include "migrate/mm/numa.h"
#include "migrate/util/pattern.h"

#define NODES_MAX	4
#define NODE_FREE	(16UL << 20)	/* bytes that a node must have */

/* Calls of mixed_targets; the pages are on different nodes from the second one on. */
#define CALLS		3

#define NO_ENTRY	SIZE_MAX

enum entry_kind {
	ENTRY_PAGE,		/* of the file, mapped */
	ENTRY_ABSENT,		/* a hole of the file */
	ENTRY_UNMAPPED,		/* an address without a mapping; the page of this number stays */
};

struct mixed_call {
	size_t nr;
	void **addrs;
	int *nodes, *status;	/* the arguments of move_pages() */
	enum entry_kind *kinds;
	/* What the call must do. */
	int *expected_status;
	bool *moves;
	long ret;
};

static void *allocate(size_t nr, size_t size)
{
	void *mem = calloc(nr, size);

	TEST_ASSERT(mem, "out of memory");
	return mem;
}

static void call_open(struct mixed_call *call, size_t nr)
{
	size_t i;

	call->nr = nr;
	call->addrs = allocate(nr, sizeof(*call->addrs));
	call->nodes = allocate(nr, sizeof(*call->nodes));
	call->status = allocate(nr, sizeof(*call->status));
	call->kinds = allocate(nr, sizeof(*call->kinds));
	call->expected_status = allocate(nr, sizeof(*call->expected_status));
	call->moves = allocate(nr, sizeof(*call->moves));
	call->ret = 0;
	for (i = 0; i < nr; i++)
		call->status[i] = call->expected_status[i] = STATUS_UNSET;
}

static void call_close(struct mixed_call *call)
{
	free(call->addrs);
	free(call->nodes);
	free(call->status);
	free(call->kinds);
	free(call->expected_status);
	free(call->moves);
}

/*
 * Nodes in runs of two pages on average; an eighth each of the pages is absent or unmapped.  The
 * page before entry @bad moves.
 */
static void choose_entries(struct fixture *fx, struct mixed_call *call, unsigned int round,
			   size_t bad)
{
	const struct pattern random = { .seed = fx->suite->options.seed, .round = round };
	char *nowhere = kvm_mmap(call->nr * fx->gvm->page_size, PROT_NONE, MAP_SHARED,
				 fx->gvm->fd);
	int nodes[NODES_MAX], nr_nodes = numa_pick_nodes(nodes, NODES_MAX, NODE_FREE);
	size_t i;

	TEST_ASSERT(nr_nodes > 0, "cannot read the nodes");
	kvm_munmap(nowhere, call->nr * fx->gvm->page_size);
	for (i = 0; i < call->nr; i++) {
		uint64_t dice = pattern_key(&random, i) >> 32;

		call->addrs[i] = gmem_page(fx->gvm, i);
		call->nodes[i] = i && dice % 2 ? call->nodes[i - 1] :
				 nodes[dice / 16 % nr_nodes];
		call->kinds[i] = ENTRY_PAGE;
		if (i + 1 == bad) {
			call->nodes[i] = fx->to;
		} else if (dice / 2 % 8 == 0) {
			call->kinds[i] = ENTRY_ABSENT;
			gmem_punch(fx->gvm, i, 1);
		} else if (dice / 2 % 8 == 1) {
			call->kinds[i] = ENTRY_UNMAPPED;
			call->addrs[i] = nowhere + i * fx->gvm->page_size;
		}
	}
}

/* Returns what the lookup of entry @i answers: -errno, its node if it is there, or 1: it moves. */
static int look_up(const struct fixture *fx, const struct mixed_call *call, size_t i, int *status)
{
	*status = call->nodes[i];
	if (call->kinds[i] == ENTRY_ABSENT)
		*status = -ENOENT;
	if (call->kinds[i] == ENTRY_UNMAPPED)
		*status = -EFAULT;
	return call->kinds[i] == ENTRY_PAGE &&
	       fx->verdict.pages[i].before.node != call->nodes[i];
}

/* The run [@start, @end) moves, or fails.  Returns how many pages failed. */
static size_t end_run(const struct fixture *fx, struct mixed_call *call, size_t start, size_t end)
{
	size_t i;

	if (!outcome_moves(fx->expected.outcome))
		return end - start;
	for (i = start; i < end; i++) {
		call->moves[i] = true;
		call->expected_status[i] = call->nodes[i];
	}
	return 0;
}

/* Fill in what the call must do.  Entry @bad has a node without memory, or NO_ENTRY. */
static void expect_call(const struct fixture *fx, struct mixed_call *call, size_t bad)
{
	size_t i, start = 0, failed;
	int status;

	for (i = 0; i <= call->nr; i++) {
		if (i == call->nr || i == bad || call->nodes[i] != call->nodes[start]) {
			call->ret = i == bad ? -ENODEV : 0;
			failed = end_run(fx, call, start, i);
			start = i;
			if (failed && i != bad)
				call->ret = failed + call->nr - i;
			if (call->ret || i == call->nr)
				return;
		}
		if (look_up(fx, call, i, &status))
			continue;
		/* This page needs no move.  Its status is known before the run is moved. */
		call->expected_status[i] = status;
		failed = end_run(fx, call, start, i);
		start = i + 1;
		if (failed) {
			call->ret = failed + call->nr - start;
			return;
		}
	}
}

static void judge_entries(struct fixture *fx, const struct mixed_call *call)
{
	const struct page_verdict *pages = fx->verdict.pages;
	size_t i;

	for (i = 0; i < call->nr; i++) {
		int from = pages[i].before.node;

		verdict_expect(&fx->verdict, i, 1,
			       call->moves[i] ? OUTCOME_MOVED : OUTCOME_UNTOUCHED, from,
			       call->moves[i] ? call->nodes[i] : from);
		verdict_expect_status(&fx->verdict, i, 1, call->expected_status[i]);
	}
}

static void refill_holes(struct fixture *fx, const struct mixed_call *call)
{
	size_t i;

	for (i = 0; i < call->nr; i++)
		if (call->kinds[i] == ENTRY_ABSENT)
			property_refill(fx, i, 1);
}

static int call_once(struct fixture *fx, unsigned int round, bool with_bad_node)
{
	struct mixed_call call;
	size_t bad;
	long ret;

	call_open(&call, fx->gvm->nr_pages);
	bad = with_bad_node ? call.nr * 3 / 4 : NO_ENTRY;
	verdict_reset(&fx->verdict);
	choose_entries(fx, &call, round, bad);
	fixture_inspect_before(fx);
	expect_call(fx, &call, bad);
	if (with_bad_node)
		call.nodes[bad] = numa_absent_node();
	ret = move_pages(0, call.nr, call.addrs, call.nodes, call.status, MPOL_MF_MOVE);
	verdict_call(&fx->verdict, "move_pages(several nodes)", ret < 0 ? -errno : ret, call.ret,
		     call.status, 0, call.nr);
	fixture_inspect_after(fx);
	judge_entries(fx, &call);
	refill_holes(fx, &call);
	call_close(&call);
	return fixture_judge_content(fx) ?: property_rewrite_and_judge(fx);
}

int act_mixed_targets(struct fixture *fx)
{
	unsigned int round;
	int result = KSFT_PASS;

	for (round = 0; round < CALLS && !result; round++)
		result = call_once(fx, round, false);
	return result;
}

int act_bad_node_between(struct fixture *fx)
{
	return call_once(fx, 0, true);
}
