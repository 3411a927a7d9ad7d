/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How memory has to be laid out before pages are allocated, so that a trigger finds them where it
 * works: in a memory block that can be taken offline, in a CMA area.
 *
 *	.select_node()		a node, before there is a VM
 *	.setup()	before the pages are filled, and again after .teardown() for another try;
 *			without a VM where other pages than guest_memfd's are promised to move
 *	.verify()	the pages are allocated: are they where they should be?
 *	.teardown()	harmless where nothing is open
 */
#ifndef SELFTEST_KVM_MIGRATE_TRIGGER_PLACEMENT_H
#define SELFTEST_KVM_MIGRATE_TRIGGER_PLACEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gmem_vm;

struct placement {
	/* Of @nr @nodes the one to lay out, or -1.  @moves: the pages are promised to move. */
	int (*select_node)(const int *nodes, int nr, bool moves);
	void (*setup)(const struct gmem_vm *gvm, int node, bool moves);
	bool (*verify)(const uint64_t *pfns, size_t nr);
	void (*teardown)(void);
	const char *unfit;		/* no node will do: a reason to skip */
	const char *idle;		/* not even shmem moves: a reason to skip */
};

/* For memory that can be taken offline, for ZONE_MOVABLE as it is, and for the CMA area. */
extern const struct placement placement_offline;
extern const struct placement placement_zone_movable;
extern const struct placement placement_cma;

#endif /* SELFTEST_KVM_MIGRATE_TRIGGER_PLACEMENT_H */
