/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hugetlb pool of each node.  Reserving a huge page takes its memory away from everything else
 * and writes to none of it.
 */
#ifndef SELFTEST_KVM_MIGRATE_MM_HUGETLB_H
#define SELFTEST_KVM_MIGRATE_MM_HUGETLB_H

#include <stdbool.h>
#include <stddef.h>

/* Base pages in a huge page, and its order. */
size_t hugetlb_pages(void);
int hugetlb_order(void);

/* Returns whether this task may change the pool of @node. */
bool hugetlb_usable(int node);

/*
 * Add @nr_pages base pages, rounded down to huge pages, to the pool of @node; the kernel may add
 * fewer.
 */
void hugetlb_reserve(int node, size_t nr_pages);

/* Give the pools of all nodes their size before the first hugetlb_reserve(). */
void hugetlb_release(void);

#endif /* SELFTEST_KVM_MIGRATE_MM_HUGETLB_H */
