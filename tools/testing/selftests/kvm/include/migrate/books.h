/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters of nodes that must be what they were when everything is closed: a reference that a
 * move leaks keeps a page from being freed, a page that is isolated and not put back stays counted
 * as that, a frame that was taken out of use and not given back is missing.
 *
 * The events unevictable_pgs_* of /proc/vmstat only ever grow, also on a kernel that is right.
 */
#ifndef SELFTEST_KVM_MIGRATE_BOOKS_H
#define SELFTEST_KVM_MIGRATE_BOOKS_H

#include <stdbool.h>

#define BOOKS_NODES_MAX		16
#define BOOKS_COUNTERS		6
#define BOOKS_CHARGES		3

/*
 * Changes that a CPU keeps for itself before a cgroup hears of them (MEMCG_CHARGE_BATCH in
 * include/linux/memcontrol.h).
 */
#define BOOKS_CHARGE_BATCH	64

struct books {
	int nodes[BOOKS_NODES_MAX], nr_nodes;
	long long count[BOOKS_NODES_MAX][BOOKS_COUNTERS];
	long long charge[BOOKS_CHARGES];	/* of the case's cgroup, pages; 0: it has none */
	bool exact;		/* what CPUs keep for themselves is in it */
};

/* How many pages other processes may have taken or freed meanwhile. */
struct books_noise {
	long long pages;
	long long quiet;	/* of what hardly anybody else does, if the books are exact */
	bool nodes_alike;	/* they may have gone from one node to another as well */
};

void books_take(struct books *books, const int *nodes, int nr_nodes);

/*
 * Say what differs by more than @noise, or @all of it, as comments that end in @meanwhile.
 * Returns whether the books agree.
 */
bool books_agree(const struct books *before, const struct books *after,
		 const struct books_noise *noise, bool all, const char *meanwhile);

/* The number behind @name in @text, which has a name and a number on each line; 0: not there. */
long long books_number(const char *text, const char *name);

/*
 * The counter @name of @node, or of the machine (NUMA_ANY_NODE), as vmstat has it, 0 where it has
 * none like that; and whether the machine's has one.
 */
long long books_counter(int node, const char *name);
bool books_has(const char *name);

/*
 * Have all CPUs add up what they counted, which says in the kernel's log what is below zero
 * (Documentation/admin-guide/sysctl/vm.rst).  Returns whether it can be done.
 */
bool books_refresh(void);

#endif /* SELFTEST_KVM_MIGRATE_BOOKS_H */
