/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CMA areas, by their debugfs files (mm/cma_debug.c).
 */
#ifndef SELFTEST_KVM_MIGRATE_MM_CMA_H
#define SELFTEST_KVM_MIGRATE_MM_CMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cma_area {
	char dir[128];
	uint64_t first;			/* PFN */
	size_t nr_pages;
};

/* Find the largest area.  Returns whether there is one. */
bool cma_find(struct cma_area *area);

/* Returns whether frame @pfn is in @area. */
bool cma_has(const struct cma_area *area, uint64_t pfn);

/* Returns the pages in the largest piece of @area that no owner has allocated. */
size_t cma_largest_piece(const struct cma_area *area);

/*
 * Allocate @nr pages of @area in a row, once until cma_give_back().  Returns 0 or -errno.  An undo
 * frees them if the process dies.
 */
int cma_take(const struct cma_area *area, size_t nr);
void cma_give_back(const struct cma_area *area);

/*
 * Free some hundred pages of @area on each CPU, one by one.  They stay on the CPU's list of free
 * pages for movable memory (free_frozen_pages() in mm/page_alloc.c), which serves the next
 * allocations of this CPU in the area's zone, latest first.
 */
void cma_offer(const struct cma_area *area);

/* Returns why the tests of CMA cannot run here, as a reason to skip, or NULL. */
const char *cma_skip_reason(void);

#endif /* SELFTEST_KVM_MIGRATE_MM_CMA_H */
