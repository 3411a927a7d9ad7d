/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Nodes without room, for what wants to move there.
 */
#ifndef SELFTEST_KVM_MIGRATE_MM_FILL_NODES_H
#define SELFTEST_KVM_MIGRATE_MM_FILL_NODES_H

#include <stddef.h>

/* What this machine lacks to fill all nodes but @node, as a reason to skip; NULL: nothing. */
const char *fill_nodes_skip_reason(int node);

struct fill_nodes {
	void *mem;
	size_t size;
};

/*
 * Use up the memory of all nodes but @node, as far as the kernel gives it to pages that are moved
 * there, and give it back.  Other memory is allocated on @node meanwhile.
 */
void fill_nodes_open(struct fill_nodes *full, int node);
void fill_nodes_close(struct fill_nodes *full);

#endif /* SELFTEST_KVM_MIGRATE_MM_FILL_NODES_H */
