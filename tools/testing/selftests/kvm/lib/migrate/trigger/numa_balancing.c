// SPDX-License-Identifier: GPL-2.0-only
/*
 * NUMA balancing: the scanner in kernel/sched/fair.c makes pages inaccessible for a moment, and a
 * task that then faults on a page of another node has it moved to its own.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "kvm_syscalls.h"
#include "kvm_util.h"
#include "migrate/mm/folio.h"
#include "migrate/mm/numa.h"
#include "migrate/runner/test_env.h"
#include "migrate/trigger/trigger.h"

#define BALANCING	"/proc/sys/kernel/numa_balancing"
#define SCAN		"/sys/kernel/debug/sched/numa_balancing/"

/* How often a round of firing reads every page: some milliseconds of an emulated CPU. */
#define READS_A_ROUND	200

/*
 * A process waits for its first scan as long as the delay was when it began.  The kernel never
 * scans more than 2560 MiB a second: the less at once, the shorter may be the time between.
 */
static const struct setting settings[] = {
	{ .path = SCAN "scan_delay_ms", .value = "1" },
	{ .path = SCAN "scan_period_min_ms", .value = "1" },
	{ .path = SCAN "scan_period_max_ms", .value = "10" },
	{ .path = SCAN "scan_size_mb", .value = "16" },
	{ .path = BALANCING, .value = "1\n" },
	{},
};

static const struct test_env env = { .settings = settings };

static const char *numa_balancing_skip_reason(void)
{
	if (access(BALANCING, F_OK))
		return "no NUMA balancing (CONFIG_NUMA_BALANCING)";
	if (access(BALANCING, W_OK))
		return "NUMA balancing cannot be switched on (be root)";
	if (access(SCAN "scan_delay_ms", W_OK))
		return "NUMA balancing cannot be made to hurry (mount debugfs)";
	return NULL;
}

/* Be the task on another node. */
static const char *go_there(const struct trigger_range *range)
{
	int cpu = numa_cpu_of(range->to);

	if (cpu < 0)
		return "the other node has no CPU to read from (use another machine, or the lab)";
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

	for (i = 0; i < READS_A_ROUND; i++) {
		read_pages(range->addr, range->nr_pages);
		read_pages(range->control->mem, range->control->nr_pages);
	}
	result->ret = 0;
}

static size_t moved(const struct trigger_range *range)
{
	return control_moved(range->control, range->to);
}

static const struct must_not_touch must_not_touch = {
	.acts = "moved",
	.rounds = 50000,
	.counters = { "numa_pte_updates", "numa_hint_faults", "numa_pages_migrated",
		      "pgmigrate_success", "pgmigrate_fail" },
	.prepare = go_there,
	.acted = moved,
};

const struct trigger trigger_numa_balancing = {
	.name = "numa_balancing",
	.call = "NUMA balancing",
	.no_range = true,
	.env = &env,
	.must_not_touch = &must_not_touch,
	.skip_reason = numa_balancing_skip_reason,
	.fire = fire_numa_balancing,
};
