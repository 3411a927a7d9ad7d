/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fragment the memory of a node, so that compaction moves the pages that a test allocates next.
 *
 * Compaction moves pages from the low end of a zone to free pages at its high end, but never into
 * a free page block: on an idle machine it moves nothing.  Pages occupy ("x") page blocks of the
 * node.  Most of them are freed again, but never a whole block:
 *
 *	low frames							high frames
 *	x.x.x.x.x.x.x.x.  x.......x.......x.......x.......x.......x.......
 *	 ^ freed last, allocated next	  ^ free pages for compaction, more than it has
 *					    pages to move
 *
 * Each CPU allocates from its own list of free pages, so the calling thread stays on its CPU until
 * fragment_unpin().
 */
#ifndef SELFTEST_KVM_MIGRATE_MM_FRAGMENT_H
#define SELFTEST_KVM_MIGRATE_MM_FRAGMENT_H

#include <sched.h>
#include <stddef.h>

struct fragment {
	void *mem;
	size_t nr_pages;
	cpu_set_t cpus;		/* of the thread before */
};

/* Fragment @node and pin this thread.  Needs visible PFNs.  Asserts success. */
void fragment_open(struct fragment *fragment, int node);

/* Let the thread run on its CPUs of before. */
void fragment_unpin(const struct fragment *fragment);

/* Free the pages, and unpin. */
void fragment_close(struct fragment *fragment);

#endif /* SELFTEST_KVM_MIGRATE_MM_FRAGMENT_H */
