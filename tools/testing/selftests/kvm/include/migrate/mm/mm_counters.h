/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters of nodes that must be what they were when everything is closed: a reference that a
 * move leaks keeps a page from being freed, a page that is isolated and not put back stays counted
 * as that, a frame that was taken out of use and not given back is missing.
 *
 * The events unevictable_pgs_* of /proc/vmstat only ever grow, also on a kernel that is right.
 */
#ifndef SELFTEST_KVM_MIGRATE_MM_MM_COUNTERS_H
#define SELFTEST_KVM_MIGRATE_MM_MM_COUNTERS_H

#include <stdbool.h>

#define MM_COUNTERS_NODES_MAX		16
#define MM_COUNTERS_NR		6
#define MM_COUNTERS_NR_MEMCG		3

/*
 * Changes that a CPU keeps for itself before a cgroup hears of them (MEMCG_CHARGE_BATCH in
 * include/linux/memcontrol.h).
 */
#define MEMCG_CHARGE_BATCH	64

struct mm_counters {
	int nodes[MM_COUNTERS_NODES_MAX], nr_nodes;
	long long count[MM_COUNTERS_NODES_MAX][MM_COUNTERS_NR];
	long long charge[MM_COUNTERS_NR_MEMCG];	/* of the case's cgroup, pages; 0: it has none */
	bool exact;		/* what CPUs keep for themselves is in it */
};

/* How many pages other processes may have taken or freed meanwhile. */
struct mm_tolerance {
	long long pages;
	long long quiet;	/* of what hardly anybody else does, if the books are exact */
	bool nodes_alike;	/* they may have gone from one node to another as well */
};

void mm_counters_read(struct mm_counters *books, const int *nodes, int nr_nodes);

/*
 * Say what differs by more than @noise, or @all of it, as comments that end in @meanwhile.
 * Returns whether the books agree.
 */
bool mm_counters_diff(const struct mm_counters *before, const struct mm_counters *after,
		      const struct mm_tolerance *tolerance, bool all, const char *meanwhile);

/* The number behind @name in @text, which has a name and a number on each line; 0: not there. */
long long vmstat_value(const char *text, const char *name);

/*
 * The counter @name of @node, or of the machine (NUMA_ANY_NODE), as vmstat has it, 0 where it has
 * none like that; and whether the machine's has one.
 */
long long vmstat_read(int node, const char *name);
bool vmstat_has(const char *name);

/*
 * Have all CPUs add up what they counted, which says in the kernel's log what is below zero
 * (Documentation/admin-guide/sysctl/vm.rst).  Returns whether it can be done.
 */
bool vmstat_refresh(void);

#endif /* SELFTEST_KVM_MIGRATE_MM_MM_COUNTERS_H */
