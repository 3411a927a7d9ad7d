// SPDX-License-Identifier: GPL-2.0-only
/*
 * NUMA balancing: the scanner in kernel/sched/fair.c removes access to pages, and the fault of a
 * task on another node moves the page there.
 */
#include <unistd.h>

#include "kvm_util.h"
#include "migrate/mm/numa.h"
#include "migrate/runner/test_env.h"
#include "migrate/trigger/background.h"

#define BALANCING	"/proc/sys/kernel/numa_balancing"
#define SCAN		"/sys/kernel/debug/sched/numa_balancing/"

/* How often a round reads every page: some milliseconds of an emulated CPU. */
#define READS_A_ROUND	200

static const char *numa_balancing_skip_reason(void)
{
	if (access(BALANCING, F_OK))
		return "no NUMA balancing (needs CONFIG_NUMA_BALANCING)";
	if (access(BALANCING, W_OK))
		return "NUMA balancing cannot be switched on (be root)";
	if (access(SCAN "scan_delay_ms", W_OK))
		return "the scan period of NUMA balancing cannot be set (mount debugfs)";
	return NULL;
}

static const char *run_on_target(const struct trigger_range *range)
{
	int cpu = numa_cpu_of(range->to);

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

static void fire_numa_balancing(const struct trigger_range *range, struct trigger_result *result)
{
	int i;

	(void)result;
	for (i = 0; i < READS_A_ROUND; i++) {
		read_pages(range->addr, range->nr_pages);
		read_pages(range->control->mem, range->control->nr_pages);
	}
}

const struct trigger trigger_numa_balancing = {
	.name = "numa_balancing", .call = "NUMA balancing", .reason = "MR_NUMA_MISPLACED",
	.no_range = true,
	.skip_reason = numa_balancing_skip_reason, .fire = fire_numa_balancing,
	/*
	 * The delay before the first scan is that of when the process starts.  The kernel scans at
	 * most 2560 MiB per second: a smaller size allows a shorter period.
	 */
	.env = &(const struct test_env) {
		.settings = (const struct setting[]) {
			{ .path = SCAN "scan_delay_ms", .value = "1" },
			{ .path = SCAN "scan_period_min_ms", .value = "1" },
			{ .path = SCAN "scan_period_max_ms", .value = "10" },
			{ .path = SCAN "scan_size_mb", .value = "16" },
			{ .path = BALANCING, .value = "1\n" },
			{},
		},
	},
	.must_not_touch = &(const struct must_not_touch) {
		.acts = "moved", .rounds = 50000,
		.counters = { "numa_pte_updates", "numa_hint_faults", "numa_pages_migrated",
			      "pgmigrate_success", "pgmigrate_fail" },
		.prepare = run_on_target,
	},
};
