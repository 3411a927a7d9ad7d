/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory laid out so that compaction has something to do.
 *
 * Compaction moves pages from the low end of a zone to free pages at its high end, but never into
 * page blocks that are free as a whole: on an idle machine it moves nothing.  Ballast occupies
 * page blocks of a node and gives back every other page of them, those with the lowest frames
 * last:
 *
 *	low frames                                                high frames
 *	B.B.B.B.B.B.B.B.  BBBBBBBBBBBBBBBB  B.B.B.B.B.B.B.B.B.B.B.B.B.B.B.B.
 *	 ^ the kernel hands out next                 ^ targets for compaction
 *
 * so that what is allocated next lies below free pages of used blocks.
 */
#ifndef SELFTEST_KVM_MIGRATE_BALLAST_H
#define SELFTEST_KVM_MIGRATE_BALLAST_H

#include <stddef.h>

struct ballast {
	void *mem;
	size_t nr_pages;
};

/* Lay it out on @node.  Needs to see page frames.  Cannot fail but by assertion. */
void ballast_open(struct ballast *ballast, int node);
void ballast_close(struct ballast *ballast);

#endif /* SELFTEST_KVM_MIGRATE_BALLAST_H */
