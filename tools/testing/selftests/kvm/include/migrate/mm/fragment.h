/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory laid out so that compaction has something to do.
 *
 * Compaction moves pages from the low end of a zone to free pages at its high end, but never into
 * page blocks that are free as a whole: on an idle machine it moves nothing.  Ballast occupies
 * page blocks of a node and gives most of them back, never a whole one, and last every other page
 * of those with the lowest frames:
 *
 *	low frames							high frames
 *	B.B.B.B.B.B.B.B.  B.......B.......B.......B.......B.......B.......
 *	 ^ the kernel hands out next	  ^ targets for compaction, many more than there are
 *					    pages that it might move first
 *
 * so that what is allocated next lies below free pages of used blocks.  Each CPU has a list of
 * its own of pages to hand out next: the calling thread stays on its CPU until fragment_unpin().
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

/* Lay it out on @node.  Needs to see page frames.  Cannot fail but by assertion. */
void fragment_open(struct fragment *fragment, int node);
void fragment_unpin(const struct fragment *fragment);
void fragment_close(struct fragment *fragment);

#endif /* SELFTEST_KVM_MIGRATE_MM_FRAGMENT_H */
