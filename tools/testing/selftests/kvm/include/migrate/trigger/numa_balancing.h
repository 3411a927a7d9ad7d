/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the triggers of NUMA balancing share.
 */
#ifndef SELFTEST_KVM_MIGRATE_TRIGGER_NUMA_BALANCING_H
#define SELFTEST_KVM_MIGRATE_TRIGGER_NUMA_BALANCING_H

struct test_env;
struct trigger_range;
struct trigger_result;

#define NUMA_BALANCING		"/proc/sys/kernel/numa_balancing"
#define NUMA_BALANCING_SCAN	"/sys/kernel/debug/sched/numa_balancing/"

/*
 * The delay before the first scan is that of when the process starts.  The kernel scans at most
 * 2560 MiB per second: a smaller size allows a shorter period.
 */
#define NUMA_BALANCING_SCAN_SETTINGS					\
	{ .path = NUMA_BALANCING_SCAN "scan_delay_ms", .value = "1" },	\
	{ .path = NUMA_BALANCING_SCAN "scan_period_min_ms", .value = "1" }, \
	{ .path = NUMA_BALANCING_SCAN "scan_period_max_ms", .value = "10" }, \
	{ .path = NUMA_BALANCING_SCAN "scan_size_mb", .value = "16" }

#define NUMA_BALANCING_ROUNDS	50000
#define NUMA_BALANCING_COUNTERS						\
	{ "numa_pte_updates", "numa_hint_faults", "numa_pages_migrated", \
	  "pgmigrate_success", "pgmigrate_fail" }

/* Those settings, with NUMA balancing between nodes that are alike. */
extern const struct test_env numa_balancing_env;

/* Returns why NUMA balancing cannot be switched on, as a SKIP reason, or NULL. */
const char *numa_balancing_skip_reason(void);

/* Pin this thread to a CPU of @node.  Returns why that fails, as a SKIP reason, or NULL. */
const char *numa_balancing_run_on(int node);

/* Read the pages of @range and of its control for some milliseconds. */
void numa_balancing_fire(const struct trigger_range *range, struct trigger_result *result);

#endif /* SELFTEST_KVM_MIGRATE_TRIGGER_NUMA_BALANCING_H */
