/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory blocks: what can be taken offline and brought back as a whole
 * (Documentation/admin-guide/mm/memory-hotplug.rst).
 */
#ifndef SELFTEST_KVM_MIGRATE_MM_MEMORY_BLOCK_H
#define SELFTEST_KVM_MIGRATE_MM_MEMORY_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NO_MEMORY_BLOCK (~0UL)

/* What this task or machine lacks to take memory offline, as a reason to skip; NULL: nothing. */
const char *memory_block_skip_reason(void);

/* Pages in a block, and the block that frame @pfn is in. */
size_t memory_block_pages(void);
unsigned long memory_block_of(uint64_t pfn);

/* The block after @block, or NO_MEMORY_BLOCK; start with NO_MEMORY_BLOCK. */
unsigned long memory_block_next(unsigned long block);

int memory_block_node(unsigned long block);
bool memory_block_is_online(unsigned long block);
bool memory_block_in_zone_movable(unsigned long block);

/*
 * Take @block offline.  The kernel tries again and again while there is a page in it that does not
 * move, until a signal comes: that is when so many migrations have failed in vain as @enough,
 * or after @ms.
 * Returns 0 or -errno: -EINTR for the former, -ETIME for the latter.
 * What was taken offline comes back into its zone also if this process dies.
 */
int memory_block_offline(unsigned long block, long enough, int ms);
void memory_block_online(unsigned long block);

#endif /* SELFTEST_KVM_MIGRATE_MM_MEMORY_BLOCK_H */
