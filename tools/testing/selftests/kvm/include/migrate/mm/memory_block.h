/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory blocks, the unit of memory offlining (Documentation/admin-guide/mm/memory-hotplug.rst).
 */
#ifndef SELFTEST_KVM_MIGRATE_MM_MEMORY_BLOCK_H
#define SELFTEST_KVM_MIGRATE_MM_MEMORY_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NO_MEMORY_BLOCK (~0UL)

/* Returns why this task cannot take memory offline, as a reason to skip, or NULL. */
const char *memory_block_skip_reason(void);

/* Pages in a block, and the block of frame @pfn. */
size_t memory_block_pages(void);
unsigned long memory_block_of(uint64_t pfn);

/* The block after @block, or NO_MEMORY_BLOCK; start with NO_MEMORY_BLOCK. */
unsigned long memory_block_next(unsigned long block);

int memory_block_node(unsigned long block);
bool memory_block_is_online(unsigned long block);
bool memory_block_in_zone_movable(unsigned long block);

/*
 * Take @block offline.  The kernel retries until a signal comes while a page does not migrate.
 * Returns 0 or -errno: -EINTR after @enough failed migrations, -ETIME after @ms milliseconds.
 * Registers an undo that brings the block online in its zone.
 */
int memory_block_offline(unsigned long block, long enough, int ms);

/* Bring @block online in its zone.  Asserts success. */
void memory_block_online(unsigned long block);

#endif /* SELFTEST_KVM_MIGRATE_MM_MEMORY_BLOCK_H */
