/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Gigantic pages: huge pages beyond the buddy allocator.  The kernel allocates one by migrating all
 * pages of an aligned range (alloc_contig_frozen_pages() in mm/page_alloc.c).  Only root may.
 */
#ifndef SELFTEST_KVM_MIGRATE_MM_GIGANTIC_H
#define SELFTEST_KVM_MIGRATE_MM_GIGANTIC_H

#include <stddef.h>
#include <stdint.h>

/* Returns why this task cannot allocate gigantic pages, as a reason to skip, or NULL. */
const char *gigantic_skip_reason(void);

/* Returns the bytes of a gigantic page of @node, the smallest if there are several sizes, or 0. */
size_t gigantic_bytes(int node);

/*
 * Add @more gigantic pages to the pool of @node; a negative number frees some.  Returns how many
 * were added, which may be fewer, or -errno.  Registers an undo.
 */
long gigantic_resize(int node, long more);

/* Add as many as fit in the free memory of @node.  Returns how many the pool has, or -errno. */
long gigantic_take_all(int node);

/* Free a page of the pool of @node.  Returns its first frame, or 0. */
uint64_t gigantic_free_one(int node);

/* Restore the size that the pool of @node had at first. */
void gigantic_release(int node);

#endif /* SELFTEST_KVM_MIGRATE_MM_GIGANTIC_H */
