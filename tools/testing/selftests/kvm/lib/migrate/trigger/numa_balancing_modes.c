// SPDX-License-Identifier: GPL-2.0-only
/*
 * Modes of NUMA balancing: the promotion of pages from slow memory
 * (NUMA_BALANCING_MEMORY_TIERING), and balancing between the nodes of a policy
 * (MPOL_F_NUMA_BALANCING; mpol_misplaced() in mm/mempolicy.c).
 */
#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#include "kvm_util.h"
#include "numaif.h"
#include "migrate/mm/numa.h"
#include "migrate/runner/test_env.h"
#include "migrate/trigger/numa_balancing.h"
#include "migrate/trigger/placement.h"
#include "migrate/trigger/trigger.h"
#include "migrate/util/sysfile.h"

#define TIERS		"/sys/devices/virtual/memory_tiering"

/* ---- With a policy ------------------------------------------------------------------------- */

static void bind_to_both(const struct trigger_range *range, void *mem, size_t nr_pages)
{
	struct nodemask both = nodemask_of(range->from);

	nodemask_add(&both, range->to);
	kvm_mbind(mem, nr_pages * getpagesize(), MPOL_BIND | MPOL_F_NUMA_BALANCING, both.bits,
		  NODEMASK_MAXNODE, 0);
}

static const char *bind_and_run_on_target(const struct trigger_range *range)
{
	bind_to_both(range, range->addr, range->nr_pages);
	bind_to_both(range, range->control->mem, range->control->nr_pages);
	return numa_balancing_run_on(range->to);
}

static const struct must_not_touch must_not_touch_bind = {
	.acts = "moved", .rounds = NUMA_BALANCING_ROUNDS,
	.counters = NUMA_BALANCING_COUNTERS,
	.prepare = bind_and_run_on_target,
};

const struct trigger trigger_numa_balancing_bind = {
	.name = "numa_balancing_bind", .call = "NUMA balancing, MPOL_F_NUMA_BALANCING",
	.reason = "MR_NUMA_MISPLACED",
	.no_range = true,
	.env = &numa_balancing_env, .must_not_touch = &must_not_touch_bind,
	.skip_reason = numa_balancing_skip_reason, .fire = numa_balancing_fire,
};

/* ---- With tiers ---------------------------------------------------------------------------- */

static bool read_tier(int tier, struct nodemask *nodes)
{
	char path[128], list[256];

	snprintf(path, sizeof(path), TIERS "/memory_tier%d/nodelist", tier);
	return sysfile_read(path, list, sizeof(list)) > 0 && !nodemask_parse(list, nodes);
}

/*
 * Returns one of @nr @nodes in the lowest tier where there are two, or -1.  Lower tiers have higher
 * numbers (include/linux/memory-tiers.h).
 */
static int find_slow_node(const int *nodes, int nr)
{
	int tier, last = -1, tiers = 0, i;
	struct nodemask slow, lowest = {};
	DIR *dir = opendir(TIERS);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (sscanf(entry->d_name, "memory_tier%d", &tier) != 1 || !read_tier(tier, &slow))
			continue;
		tiers++;
		if (tier < last)
			continue;
		last = tier;
		lowest = slow;
	}
	if (dir)
		closedir(dir);
	for (i = 0; i < nr && tiers > 1; i++)
		if (nodemask_has(&lowest, nodes[i]))
			return nodes[i];
	return -1;
}

static int slow_select_node(struct placement_state *state, const int *nodes, int nr)
{
	(void)state;
	return find_slow_node(nodes, nr);
}

static const struct placement placement_slow = {
	.select_node = slow_select_node,
	.skip_reason = "no slow memory on the nodes under test (needs slower memory, such as CXL)",
};

static const char *run_elsewhere(const struct trigger_range *range)
{
	struct nodemask nodes;
	int node;

	if (numa_usable_nodes(&nodes))
		return "no NUMA nodes in sysfs (mount /sys)";
	for_each_node_in(node, &nodes)
		if (node != range->from && numa_cpu_of(node) >= 0)
			return numa_balancing_run_on(node);
	return "no node with faster memory has a CPU (needs a second node with CPUs)";
}

static const char *tiering_skip_reason(void)
{
	struct nodemask nodes;
	int all[NUMA_NODES_MAX], nr = 0, node;
	const char *reason = numa_balancing_skip_reason();

	if (reason)
		return reason;
	if (numa_usable_nodes(&nodes))
		return "no NUMA nodes in sysfs (mount /sys)";
	for_each_node_in(node, &nodes)
		all[nr++] = node;
	return find_slow_node(all, nr) < 0 ?
	       "all memory is in one tier (needs slower memory, such as CXL)" : NULL;
}

static const struct setting tiering_settings[] = {
	NUMA_BALANCING_SCAN_SETTINGS,
	{ .path = NUMA_BALANCING, .value = "2\n" },
	{},
};

static const struct test_env tiering_env = { .settings = tiering_settings };

static const struct must_not_touch must_not_touch_tiering = {
	.acts = "promoted", .rounds = NUMA_BALANCING_ROUNDS,
	.counters = NUMA_BALANCING_COUNTERS,
	.prepare = run_elsewhere,
};

const struct trigger trigger_numa_balancing_tiering = {
	.name = "numa_balancing_tiering", .call = "NUMA balancing, memory tiering",
	.reason = "MR_NUMA_MISPLACED",
	.no_range = true, .kernel_picks_node = true,
	.env = &tiering_env, .placement = &placement_slow,
	.must_not_touch = &must_not_touch_tiering, .skip_reason = tiering_skip_reason,
	.fire = numa_balancing_fire,
};
