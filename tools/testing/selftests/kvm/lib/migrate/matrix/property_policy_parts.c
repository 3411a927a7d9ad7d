// SPDX-License-Identifier: GPL-2.0-only
/*
 * Properties policy_nested, move_interleave and move_weighted; see
 * migrate/matrix/property_table.h.
 *
 * mbind() with an interleaving policy moves each page to the node that its number in the file
 * selects (alloc_migration_target_by_mpol() in mm/mempolicy.c), from an unknown phase on.  The
 * pages must be on a node outside the set, so the set needs more than two nodes to show more than
 * one target.
 */
#include <errno.h>

#include "kselftest.h"
#include "kvm_util.h"
#include "numaif.h"
#include "migrate/matrix/property.h"
#include "migrate/mm/numa.h"

/* Node .from and those of a policy. */
#define NODES_MAX	4
#define NODE_FREE	(16UL << 20)	/* bytes that a node must have */

struct spread {
	const char *call;		/* for reports */
	int mode;
	int nodes[NODES_MAX], weights[NODES_MAX], nr_nodes;
	size_t cycle;			/* pages after which the nodes repeat */
};

static void spread_nodes(const struct fixture *fx, struct spread *spread)
{
	int nodes[NODES_MAX], nr = numa_pick_nodes(nodes, NODES_MAX, NODE_FREE), i;

	for (i = 0; i < nr; i++)
		if (nodes[i] != fx->from && spread->nr_nodes < NODES_MAX)
			spread->nodes[spread->nr_nodes++] = nodes[i];
	TEST_ASSERT(spread->nr_nodes, "no node but %d", fx->from);
	for (i = 0; i < spread->nr_nodes; i++) {
		spread->weights[i] = spread->mode == MPOL_INTERLEAVE ? 1 :
				     weighted_interleave_weight(spread->nodes[i]);
		spread->cycle += spread->weights[i];
	}
}

static long mbind_spread(const struct fixture *fx, const struct spread *spread)
{
	const struct gmem_vm *gvm = fx->gvm;
	struct nodemask mask = {};
	int i;

	for (i = 0; i < spread->nr_nodes; i++)
		nodemask_add(&mask, spread->nodes[i]);
	return mbind(gvm->mem, gvm->nr_pages * gvm->page_size, spread->mode, mask.bits,
		     NODEMASK_MAXNODE, MPOL_MF_MOVE | MPOL_MF_STRICT) ? -errno : 0;
}

/* Each page is on the node of the page a cycle before.  The first cycle has the right counts. */
static int judge_spread(struct fixture *fx, const struct spread *spread)
{
	const struct page_verdict *pages = fx->verdict.pages;
	size_t nr = fx->gvm->nr_pages, page, count;
	int i, result;

	for (page = spread->cycle; page < nr; page++)
		verdict_expect(&fx->verdict, page, 1, OUTCOME_MOVED, fx->from,
			       pages[page - spread->cycle].after.node);
	verdict_expect(&fx->verdict, 0, nr, OUTCOME_MOVED, fx->from, NUMA_ANY_NODE);
	result = fixture_judge_content(fx);
	for (i = 0; i < spread->nr_nodes && nr >= spread->cycle; i++) {
		for (page = count = 0; page < spread->cycle; page++)
			count += pages[page].after.node == spread->nodes[i];
		if (count == (size_t)spread->weights[i])
			continue;
		ksft_print_msg("%s: %zu of %zu pages on node %d, wanted %d\n", spread->call,
			       count, spread->cycle, spread->nodes[i], spread->weights[i]);
		result = KSFT_FAIL;
	}
	return result;
}

static int move_spread(struct fixture *fx, struct spread *spread)
{
	size_t nr = fx->gvm->nr_pages;
	int result;

	spread_nodes(fx, spread);
	fixture_inspect_before(fx);
	verdict_call(&fx->verdict, spread->call, mbind_spread(fx, spread),
		     expected_return(&fx->expected, nr), NULL, 0, 0);
	fixture_inspect_after(fx);
	if (outcome_moves(fx->expected.outcome)) {
		result = judge_spread(fx, spread);
	} else {
		fixture_expect(fx, 0, nr, fx->expected.outcome);
		result = fixture_judge_content(fx);
	}
	return result ?: property_rewrite_and_judge(fx);
}

int act_move_interleave(struct fixture *fx)
{
	struct spread spread = { .call = "mbind(INTERLEAVE)", .mode = MPOL_INTERLEAVE };

	return move_spread(fx, &spread);
}

int act_move_weighted(struct fixture *fx)
{
	struct spread spread = {
		.call = "mbind(WEIGHTED_INTERLEAVE)", .mode = MODE_WEIGHTED_INTERLEAVE,
	};

	return move_spread(fx, &spread);
}

/*
 * Allocate all pages again: those in [first, end) come from node .to, all others from .from.  The
 * task's policy allows only @task_node, where a page without a policy of the file comes from.
 */
static int allocate_on(struct fixture *fx, size_t first, size_t end, int task_node)
{
	struct nodemask mask = nodemask_of(task_node);
	size_t nr = fx->gvm->nr_pages;

	verdict_reset(&fx->verdict);
	gmem_punch(fx->gvm, 0, nr);
	kvm_set_mempolicy(MPOL_BIND, mask.bits, NODEMASK_MAXNODE);
	gmem_guest_fill(fx->gvm);
	kvm_set_mempolicy(MPOL_DEFAULT, NULL, 0);
	fixture_check_host(fx);
	fixture_inspect_before(fx);
	fixture_inspect_after(fx);
	verdict_expect(&fx->verdict, 0, first, OUTCOME_UNTOUCHED, fx->from, fx->from);
	verdict_expect(&fx->verdict, end, nr - end, OUTCOME_UNTOUCHED, fx->from, fx->from);
	verdict_expect(&fx->verdict, first, end - first, OUTCOME_UNTOUCHED, fx->to, fx->to);
	return fixture_judge_content(fx);
}

static int allocate_and_judge(struct fixture *fx, size_t first, size_t end)
{
	return allocate_on(fx, first, end, fx->to) ?: allocate_on(fx, first, end, fx->from);
}

/* The policy of the file is one range; the policy of the middle splits it. */
int act_policy_nested(struct fixture *fx)
{
	size_t nr = fx->gvm->nr_pages, first = nr / 4, middle = nr - 2 * first;
	int result;

	fixture_inspect_before(fx);
	fixture_fire(fx, first, middle, expected_return(&fx->expected, middle));
	fixture_inspect_after(fx);
	fixture_expect(fx, 0, first, OUTCOME_UNTOUCHED);
	fixture_expect(fx, nr - first, first, OUTCOME_UNTOUCHED);
	fixture_expect(fx, first, middle, fx->expected.outcome);
	result = fixture_judge_content(fx) ?: allocate_and_judge(fx, first, first + middle);
	if (result)
		return result;
	/* The first half of the middle gets the policy of its left side back. */
	numa_mbind(gmem_page(fx->gvm, first), middle / 2 * fx->gvm->page_size, fx->from);
	return allocate_and_judge(fx, first + middle / 2, first + middle);
}
