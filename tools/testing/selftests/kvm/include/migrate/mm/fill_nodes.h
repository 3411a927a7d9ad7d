/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fill nodes, so that migration to them fails with -ENOMEM.
 */
#ifndef SELFTEST_KVM_MIGRATE_MM_FILL_NODES_H
#define SELFTEST_KVM_MIGRATE_MM_FILL_NODES_H

#include <stddef.h>

/* Returns why the nodes other than @node cannot be filled, as a reason to skip, or NULL. */
const char *fill_nodes_skip_reason(int node);

struct fill_nodes {
	void *mem;
	size_t size;
};

/*
 * Use up the memory of all nodes but @node, as far as migration to them succeeds.  Until
 * fill_nodes_close(), other memory comes from @node.  Asserts that @node has the memory for it.
 */
void fill_nodes_open(struct fill_nodes *filled, int node);
void fill_nodes_close(struct fill_nodes *filled);

#endif /* SELFTEST_KVM_MIGRATE_MM_FILL_NODES_H */
