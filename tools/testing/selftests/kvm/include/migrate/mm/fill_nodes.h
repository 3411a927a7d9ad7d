/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Use up the free memory of nodes.  A huge page that is reserved takes memory from all other users,
 * and the kernel does not write to it.
 */
#ifndef SELFTEST_KVM_MIGRATE_MM_FILL_NODES_H
#define SELFTEST_KVM_MIGRATE_MM_FILL_NODES_H

#include <stdbool.h>
#include <stddef.h>

/* Filling a node with more free memory than this, in bytes, takes too long. */
#define FILL_MAX	(4LL << 30)

/*
 * Returns the number of free pages of @node in free blocks of 2^@min_order pages and more, in
 * ZONE_MOVABLE or in all other zones, in page blocks of @type ("Unmovable", "CMA" ...; NULL: any),
 * from /proc/pagetypeinfo (mm/vmstat.c).
 */
size_t pagetypeinfo_free_pages(int node, bool zone_movable, const char *type, int min_order);

/* The order of a huge page, in base pages. */
int hugetlb_order(void);

/* Returns whether this task may change the pool of huge pages of @node. */
bool hugetlb_usable(int node);

/*
 * Add @nr_pages base pages, rounded down to huge pages, to the pool of @node; the kernel may add
 * fewer.  Asserts that the pool's file can be written.
 */
void hugetlb_reserve(int node, size_t nr_pages);

/* Restore the size that the pool of each node had before the first hugetlb_reserve(). */
void hugetlb_release(void);

/* Returns why the nodes other than @node cannot be filled, as a reason to skip, or NULL. */
const char *fill_nodes_skip_reason(int node);

struct fill_nodes {
	void *mem;
	size_t size;
};

/*
 * Use up the memory of all nodes but @node, as far as migration to them succeeds, so that it then
 * fails with -ENOMEM.  Until fill_nodes_close(), other memory comes from @node.  Asserts that @node
 * has the memory for it.
 */
void fill_nodes_open(struct fill_nodes *filled, int node);
void fill_nodes_close(struct fill_nodes *filled);

#endif /* SELFTEST_KVM_MIGRATE_MM_FILL_NODES_H */
