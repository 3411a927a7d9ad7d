// SPDX-License-Identifier: GPL-2.0-only
/*
 * Properties policy_*; see migrate/matrix/property_table.h.
 *
 * Two parts of the kernel follow a policy:
 *
 *	first touch	kvm_gmem_get_folio() in virt/kvm/guest_memfd.c looks up the policy that
 *			mbind() set for the file, for guest and host.  Interleaving follows the
 *			order in which the task allocates, not the offset
 *	MPOL_MF_MOVE	queue_folio_required() in mm/mempolicy.c takes pages on nodes outside
 *			the policy's set.  The set of MPOL_LOCAL is empty: all pages move
 */
#include <errno.h>
#include <stdlib.h>

#include "kvm_util.h"
#include "kselftest.h"
#include "numaif.h"
#include "migrate/matrix/property.h"
#include "migrate/mm/numa.h"
#include "migrate/runner/test_env.h"
#include "migrate/util/sysfile.h"

#define WEIGHTS		"/sys/kernel/mm/mempolicy/weighted_interleave/"

struct policy {
	const char *call;		/* for reports */
	int mode;
	int nodes[2];
	int weights[2];			/* pages in a row on each node; 0: it is not in the set */
};

#define POLICY_OF_ONE(_mode, _node)	\
	(struct policy) { "mbind(" #_mode ")", MPOL_##_mode, .nodes = { _node }, .weights = { 1 } }

static long set_policy(const struct fixture *fx, const struct policy *policy, unsigned int flags)
{
	const struct gmem_vm *gvm = fx->gvm;
	struct nodemask mask = {};
	int i;

	for (i = 0; i < 2 && policy->mode != MPOL_LOCAL; i++)
		if (policy->weights[i])
			nodemask_add(&mask, policy->nodes[i]);
	return mbind(gvm->mem, gvm->nr_pages * gvm->page_size, policy->mode, mask.bits,
		     NODEMASK_MAXNODE, flags) ? -errno : 0;
}

/* The phase of the task's interleaving is unknown: count the first cycle, all others repeat it. */
static int judge_nodes(struct fixture *fx, const struct policy *policy)
{
	size_t nr = fx->gvm->nr_pages, cycle = policy->weights[0] + policy->weights[1], page;
	const struct page_verdict *pages = fx->verdict.pages;
	int node, count = 0, wanted = policy->weights[0], result;

	fixture_inspect_before(fx);
	fixture_inspect_after(fx);
	if (cycle > nr)
		return fixture_judge_content(fx);
	for (page = 0; page < nr; page++) {
		node = cycle == 1 ? policy->nodes[0] : pages[page % cycle].after.node;
		verdict_expect(&fx->verdict, page, 1, OUTCOME_UNTOUCHED, node, node);
	}
	for (page = 0; page < cycle; page++)
		count += pages[page].after.node == policy->nodes[0];
	result = fixture_judge_content(fx);
	if (count == wanted)
		return result;
	ksft_print_msg("%s: %d of %zu pages on node %d, wanted %d\n", policy->call, count, cycle,
		       policy->nodes[0], wanted);
	return KSFT_FAIL;
}

/* Allocate all pages again, by a touch of the guest or of the host. */
static int touch_first(struct fixture *fx, const struct policy *policy,
		       void (*fill)(struct gmem_vm *gvm))
{
	verdict_reset(&fx->verdict);
	gmem_punch(fx->gvm, 0, fx->gvm->nr_pages);
	verdict_call(&fx->verdict, policy->call, set_policy(fx, policy, 0), 0, NULL, 0, 0);
	fill(fx->gvm);
	fixture_check_host(fx);
	return judge_nodes(fx, policy);
}

static bool has_node(const struct policy *policy, int node)
{
	return policy->mode != MPOL_LOCAL &&
	       (policy->nodes[0] == node || (policy->weights[1] && policy->nodes[1] == node));
}

/* Move all pages from .from, which may be in the set of the policy. */
static int move(struct fixture *fx, const struct policy *policy)
{
	bool stay = has_node(policy, fx->from);
	long wanted = stay ? 0 : expected_return(&fx->expected, fx->gvm->nr_pages);
	int result = touch_first(fx, &POLICY_OF_ONE(BIND, fx->from), gmem_guest_fill);

	if (result)
		return result;
	fixture_inspect_before(fx);
	verdict_call(&fx->verdict, policy->call,
		     set_policy(fx, policy, MPOL_MF_MOVE | MPOL_MF_STRICT), wanted, NULL, 0, 0);
	fixture_inspect_after(fx);
	verdict_expect(&fx->verdict, 0, fx->gvm->nr_pages,
		       stay ? OUTCOME_UNTOUCHED : fx->expected.outcome, fx->from,
		       stay ? fx->from : policy->nodes[0]);
	return fixture_judge_content(fx) ?: property_rewrite_and_judge(fx);
}

static int check_policy(struct fixture *fx, const struct policy *policy)
{
	return touch_first(fx, policy, gmem_guest_fill) ?:
	       touch_first(fx, policy, gmem_host_fill) ?:
	       move(fx, policy);
}

int act_policy_bind(struct fixture *fx)
{
	return check_policy(fx, &POLICY_OF_ONE(BIND, fx->to));
}

int act_policy_preferred(struct fixture *fx)
{
	return check_policy(fx, &POLICY_OF_ONE(PREFERRED, fx->to));
}

int act_policy_interleave(struct fixture *fx)
{
	return check_policy(fx, &(struct policy) {
		.call = "mbind(INTERLEAVE)", .mode = MPOL_INTERLEAVE,
		.nodes = { fx->from, fx->to }, .weights = { 1, 1 },
	});
}

int weighted_interleave_weight(int node)
{
	char path[96], text[16];

	snprintf(path, sizeof(path), WEIGHTS "node%d", node);
	TEST_ASSERT(sysfile_read(path, text, sizeof(text)) > 0, "cannot read %s", path);
	return atoi(text);
}

int act_policy_weighted(struct fixture *fx)
{
	const struct policy policy = {
		.call = "mbind(WEIGHTED_INTERLEAVE)", .mode = MODE_WEIGHTED_INTERLEAVE,
		.nodes = { fx->from, fx->to },
		.weights = {
			weighted_interleave_weight(fx->from),
			weighted_interleave_weight(fx->to),
		},
	};

	if (fx->suite->options.verbose)
		ksft_print_msg("weights %d and %d\n", policy.weights[0], policy.weights[1]);
	return check_policy(fx, &policy);
}

/* The node of the task that touches and calls: the case runs on a CPU of it. */
int act_policy_local(struct fixture *fx)
{
	int node = fx->to;

	if (numa_cpu_of(node) < 0)
		node = fx->from;
	if (numa_cpu_of(node) < 0)
		return suite_skip("neither node has a CPU (needs a node with CPUs and memory)");
	pin_self_to_cpu(numa_cpu_of(node));
	return check_policy(fx, &POLICY_OF_ONE(LOCAL, node));
}

const char *weighted_interleave_skip_reason(void)
{
	if (access(WEIGHTS, F_OK))
		return "no weighted interleaving (Linux 6.9)";
	return NULL;
}

/* Different weights for the lowest nodes; the case reads those of all others. */
static const struct setting weights[] = {
	{ WEIGHTS "auto", "0", .optional = true },
	{ WEIGHTS "node0", "3", .optional = true },
	{ WEIGHTS "node1", "1", .optional = true },
	{ WEIGHTS "node2", "5", .optional = true },
	{ WEIGHTS "node3", "2", .optional = true },
	{ WEIGHTS "node4", "4", .optional = true },
	{},
};

/*
 * The kernel restores automatic weights only where the firmware reports bandwidths; elsewhere
 * "auto" reads as set and refuses the write.
 */
static bool weights_can_be_restored(void)
{
	char text[16];

	if (access(WEIGHTS "auto", F_OK))
		return true;
	if (sysfile_read(WEIGHTS "auto", text, sizeof(text)) < 0)
		return false;
	return text[0] == 'f' || !sysfile_write(WEIGHTS "auto", "1");
}

static const struct setting *choose_weights(void)
{
	return access(WEIGHTS "node0", W_OK) || !weights_can_be_restored() ? NULL : weights;
}

const struct test_env env_weighted_interleave = { .choose = choose_weights };
