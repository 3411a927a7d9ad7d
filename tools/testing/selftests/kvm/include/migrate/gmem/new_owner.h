/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest_memfd of another VM, which allocates the frames that the one under test frees.  A guest
 * that still maps such a frame reads the words of this file, or overwrites them.
 */
#ifndef SELFTEST_KVM_MIGRATE_GMEM_NEW_OWNER_H
#define SELFTEST_KVM_MIGRATE_GMEM_NEW_OWNER_H

#include <stddef.h>
#include <stdint.h>

#include "migrate/util/pattern.h"

struct kvm_vm;

struct new_owner {
	struct kvm_vm *vm;
	int fd;
	char *mem;
	size_t nr_pages;
	struct pattern pattern;		/* of a file number that no other memory has */
};

/* Create the VM and a file that prefers to have @nr_pages on each of the two nodes. */
void new_owner_create(struct new_owner *owner, size_t nr_pages, int node, int other_node,
		      uint64_t seed);
void new_owner_free(struct new_owner *owner);

/* Allocate and fill all pages, with other words than before; or free them. */
void new_owner_fill(struct new_owner *owner);
void new_owner_empty(struct new_owner *owner);

/* Returns the number of pages with a word that the owner did not write. */
size_t new_owner_bad_pages(const struct new_owner *owner);

#endif /* SELFTEST_KVM_MIGRATE_GMEM_NEW_OWNER_H */
