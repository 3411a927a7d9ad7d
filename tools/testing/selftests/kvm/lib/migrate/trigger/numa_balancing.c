// SPDX-License-Identifier: GPL-2.0-only
/*
 * NUMA balancing: the scanner in kernel/sched/fair.c removes access to pages, and the fault of a
 * task on another node moves the page there.
 */
#include <stddef.h>
#include <unistd.h>

#include "kvm_util.h"
#include "migrate/mm/numa.h"
#include "migrate/runner/test_env.h"
#include "migrate/trigger/numa_balancing.h"
#include "migrate/trigger/trigger.h"

/* How often a round reads every page: some milliseconds of an emulated CPU. */
#define READS_A_ROUND	200

static const struct setting settings[] = {
	NUMA_BALANCING_SCAN_SETTINGS,
	{ .path = NUMA_BALANCING, .value = "1\n" },
	{},
};

const struct test_env numa_balancing_env = { .settings = settings };

const char *numa_balancing_skip_reason(void)
{
	if (access(NUMA_BALANCING, F_OK))
		return "no NUMA balancing (needs CONFIG_NUMA_BALANCING)";
	if (access(NUMA_BALANCING, W_OK))
		return "NUMA balancing cannot be switched on (be root)";
	if (access(NUMA_BALANCING_SCAN "scan_delay_ms", W_OK))
		return "the scan period of NUMA balancing cannot be set (mount debugfs)";
	return NULL;
}

const char *numa_balancing_run_on(int node)
{
	int cpu = numa_cpu_of(node);

	if (cpu < 0)
		return "the target node has no CPU (needs a second node with CPUs)";
	pin_self_to_cpu(cpu);
	return NULL;
}

static void read_pages(const void *mem, size_t nr_pages)
{
	const volatile char *page = mem;
	size_t i;

	for (i = 0; i < nr_pages; i++)
		(void)page[i * getpagesize()];
}

void numa_balancing_fire(const struct trigger_range *range, struct trigger_result *result)
{
	int i;

	for (i = 0; i < READS_A_ROUND; i++) {
		read_pages(range->addr, range->nr_pages);
		read_pages(range->control->mem, range->control->nr_pages);
	}
	result->ret = 0;
}

static const char *run_on_target(const struct trigger_range *range)
{
	return numa_balancing_run_on(range->to);
}

static const struct must_not_touch must_not_touch = {
	.acts = "moved", .rounds = NUMA_BALANCING_ROUNDS,
	.counters = NUMA_BALANCING_COUNTERS,
	.prepare = run_on_target,
};

const struct trigger trigger_numa_balancing = {
	.name = "numa_balancing", .call = "NUMA balancing", .reason = "MR_NUMA_MISPLACED",
	.no_range = true,
	.env = &numa_balancing_env, .must_not_touch = &must_not_touch,
	.skip_reason = numa_balancing_skip_reason, .fire = numa_balancing_fire,
};
