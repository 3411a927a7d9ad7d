/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The counters of /proc/vmstat and of each node's vmstat (mm/vmstat.c).
 */
#ifndef SELFTEST_KVM_MIGRATE_MM_VMSTAT_H
#define SELFTEST_KVM_MIGRATE_MM_VMSTAT_H

#include <stdbool.h>

/* Returns the number after @name in @text, a name and a number per line; 0: there is none. */
long long vmstat_value(const char *text, const char *name);

/*
 * Returns counter @name of @node, or of the machine (NUMA_ANY_NODE); 0: there is no such counter.
 * Asserts that the file can be read.
 */
long long vmstat_read(int node, const char *name);

/* Returns whether /proc/vmstat has counter @name. */
bool vmstat_has(const char *name);

/*
 * Fold the per-CPU counters into the global ones; the kernel logs those below zero
 * (vmstat_refresh() in mm/vmstat.c).  Returns whether this task may do that.
 */
bool vmstat_refresh(void);

/*
 * Counters that must return to their values when a test has freed its memory.  A leaked reference
 * keeps a page from being freed, a page that is isolated and not put back stays counted as
 * isolated, a frame that is not given back is missing.
 *
 * The events unevictable_pgs_* of /proc/vmstat are no such counters: they only grow.
 */
#define MM_COUNTERS_NODES_MAX		16
#define MM_COUNTERS_NR			6
#define MM_COUNTERS_NR_MEMCG		3

/* Charged pages that each CPU may hold back (include/linux/memcontrol.h). */
#define MEMCG_CHARGE_BATCH		64

struct mm_counters {
	int nodes[MM_COUNTERS_NODES_MAX], nr_nodes;
	long long count[MM_COUNTERS_NODES_MAX][MM_COUNTERS_NR];
	long long charge[MM_COUNTERS_NR_MEMCG];	/* of the case's cgroup, pages; 0: it has none */
	bool exact;		/* the per-CPU counters are included */
};

/* Differences, in pages, that other processes may cause. */
struct mm_tolerance {
	long long pages;
	long long strict;	/* of the counters that few others change, where they are exact */
	bool sum_nodes;		/* pages may also change nodes: compare the sums of all nodes */
};

/* Read the counters of @nr_nodes nodes, at most MM_COUNTERS_NODES_MAX. */
void mm_counters_read(struct mm_counters *counters, const int *nodes, int nr_nodes);

/*
 * Print what differs by more than @tolerance, or @all of it, in comments that end in @meanwhile.
 * Returns whether every difference is within @tolerance.
 */
bool mm_counters_diff(const struct mm_counters *before, const struct mm_counters *after,
		      const struct mm_tolerance *tolerance, bool all, const char *meanwhile);

#endif /* SELFTEST_KVM_MIGRATE_MM_VMSTAT_H */
