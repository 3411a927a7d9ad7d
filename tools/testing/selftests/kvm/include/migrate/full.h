/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Nodes without room, for what wants to move there.
 */
#ifndef SELFTEST_KVM_MIGRATE_FULL_H
#define SELFTEST_KVM_MIGRATE_FULL_H

#include <stddef.h>

/* What this machine lacks to fill all nodes but @node, as a reason to skip; NULL: nothing. */
const char *full_missing(int node);

struct full {
	void *mem;
	size_t size;
};

/*
 * Use up the memory of all nodes but @node, as far as the kernel gives it to pages that are moved
 * there, and give it back.  Other memory is allocated on @node meanwhile.
 */
void full_open(struct full *full, int node);
void full_close(struct full *full);

#endif /* SELFTEST_KVM_MIGRATE_FULL_H */
