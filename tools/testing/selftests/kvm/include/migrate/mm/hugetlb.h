/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hugetlb pool of each node.  A reserved huge page takes memory from all other users, and the
 * kernel does not write to it.
 */
#ifndef SELFTEST_KVM_MIGRATE_MM_HUGETLB_H
#define SELFTEST_KVM_MIGRATE_MM_HUGETLB_H

#include <stdbool.h>
#include <stddef.h>

/* The order of a huge page, in base pages. */
int hugetlb_order(void);

/* Returns whether this task may change the pool of @node. */
bool hugetlb_usable(int node);

/*
 * Add @nr_pages base pages, rounded down to huge pages, to the pool of @node; the kernel may add
 * fewer.  Asserts that the pool's file can be written.
 */
void hugetlb_reserve(int node, size_t nr_pages);

/* Restore the size that the pool of each node had before the first hugetlb_reserve(). */
void hugetlb_release(void);

#endif /* SELFTEST_KVM_MIGRATE_MM_HUGETLB_H */
