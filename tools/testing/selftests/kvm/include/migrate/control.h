/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A control: pages of shmem, which every kernel moves.  A trigger that is refused by guest_memfd
 * must move these in the same test, else it did nothing and proves nothing.
 */
#ifndef SELFTEST_KVM_MIGRATE_CONTROL_H
#define SELFTEST_KVM_MIGRATE_CONTROL_H

#include <stdbool.h>
#include <stddef.h>

#include "migrate/folio.h"

#define CONTROL_PAGES 16

struct control {
	int fd;
	void *mem;
	struct folio_info before[CONTROL_PAGES];
	uint64_t pfns[CONTROL_PAGES];
	int from;
};

/* Allocate on node @from and note where the pages are. */
void control_open(struct control *control, int from);
void control_close(struct control *control);

/*
 * How many pages are on node @to by now; where @to is NUMA_ANY_NODE, how many are in another
 * frame than before.
 */
size_t control_moved(const struct control *control, int to);

#endif /* SELFTEST_KVM_MIGRATE_CONTROL_H */
