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

/* Returns why the tests of CMA cannot run here, as a reason to skip, or NULL. */
const char *cma_skip_reason(void);

#endif /* SELFTEST_KVM_MIGRATE_MM_CMA_H */
