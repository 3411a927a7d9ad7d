/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory blocks: what can be taken offline and brought back as a whole
 * (Documentation/admin-guide/mm/memory-hotplug.rst), and CMA areas
 * (Documentation/mm, mm/cma_debug.c).
 */
#ifndef SELFTEST_KVM_MIGRATE_BLOCKS_H
#define SELFTEST_KVM_MIGRATE_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NO_BLOCK (~0UL)

/* What this task or machine lacks to take memory offline, as a reason to skip; NULL: nothing. */
const char *blocks_missing(void);

/* Pages in a block, and the block that frame @pfn is in. */
size_t block_pages(void);
unsigned long block_of(uint64_t pfn);

/* The block after @block, or NO_BLOCK; start with NO_BLOCK. */
unsigned long block_next(unsigned long block);

int block_node(unsigned long block);
bool block_online(unsigned long block);
bool block_in_zone_movable(unsigned long block);

/*
 * Take @block offline.  The kernel tries again and again while there is a page in it that does not
 * move, until a signal comes: that is when so many migrations have failed in vain as @enough,
 * or after @ms.
 * Returns 0 or -errno: -EINTR for the former, -ETIME for the latter.
 * What was taken offline comes back into its zone also if this process dies.
 */
int block_offline(unsigned long block, long enough, int ms);
void block_bring_back(unsigned long block);

/* A CMA area with debugfs files: the largest one.  Returns whether there is one. */
struct cma_area {
	char dir[128];
	uint64_t first;			/* frame */
	size_t nr_pages;
};

bool cma_find(struct cma_area *area);
const char *cma_missing(void);

#endif /* SELFTEST_KVM_MIGRATE_BLOCKS_H */
