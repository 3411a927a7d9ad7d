/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Free memory by node, zone and page block type, from /proc/pagetypeinfo (mm/vmstat.c).
 */
#ifndef SELFTEST_KVM_MIGRATE_MM_PAGETYPEINFO_H
#define SELFTEST_KVM_MIGRATE_MM_PAGETYPEINFO_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Returns the number of free pages of @node in free blocks of 2^@min_order pages and more, in
 * ZONE_MOVABLE or in all other zones, in page blocks of @type ("Unmovable", "CMA" ...; NULL: any).
 */
size_t pagetypeinfo_free_pages(int node, bool zone_movable, const char *type, int min_order);

#endif /* SELFTEST_KVM_MIGRATE_MM_PAGETYPEINFO_H */
