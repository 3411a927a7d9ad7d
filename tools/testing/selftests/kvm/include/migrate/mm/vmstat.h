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

#endif /* SELFTEST_KVM_MIGRATE_MM_VMSTAT_H */
