/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How memory has to be laid out before pages are allocated, so that a trigger finds them where it
 * works: in a memory block that can be taken offline, in a CMA area.
 *
 *	.pick()		a node, before there is a VM
 *	.open()		before the pages are filled; and again, after .close(), for another try;
 *			without a VM where other pages than guest_memfd's are promised to move
 *	.filled()	the pages are allocated: are they where they should be?
 *	.close()	harmless where nothing is open
 */
#ifndef SELFTEST_KVM_MIGRATE_LAYOUT_H
#define SELFTEST_KVM_MIGRATE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gmem_vm;

struct layout {
	/* Of @nr @nodes the one to lay out, or -1.  @moves: the pages are promised to move. */
	int (*pick)(const int *nodes, int nr, bool moves);
	void (*open)(const struct gmem_vm *gvm, int node, bool moves);
	bool (*filled)(const uint64_t *pfns, size_t nr);
	void (*close)(void);
	const char *unfit;		/* no node will do: a reason to skip */
	const char *idle;		/* not even shmem moves: a reason to skip */
};

/* For memory that can be taken offline, for ZONE_MOVABLE as it is, and for the CMA area. */
extern const struct layout layout_offline;
extern const struct layout layout_zone_movable;
extern const struct layout layout_cma;

/*
 * Free pages of @node, by /proc/pagetypeinfo: in ZONE_MOVABLE or in the other zones, of one
 * @type of page blocks (NULL: any), in pieces of 2^@min_order pages at least.
 */
size_t free_pages(int node, bool zone_movable, const char *type, int min_order);

/* Whether pages of @node can be set aside as huge pages, which writes to none of them. */
bool hugepages_usable(int node);

/* Set aside so many more pages, as far as there are any; give those of all nodes back. */
void hugepages_take(int node, size_t nr_pages);
void hugepages_give_back(void);

#endif /* SELFTEST_KVM_MIGRATE_LAYOUT_H */
