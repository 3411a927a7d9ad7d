/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CMA areas, by their debugfs files (mm/cma_debug.c).
 */
#ifndef SELFTEST_KVM_MIGRATE_MM_CMA_H
#define SELFTEST_KVM_MIGRATE_MM_CMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A CMA area with debugfs files: the largest one.  Returns whether there is one. */
struct cma_area {
	char dir[128];
	uint64_t first;			/* frame */
	size_t nr_pages;
};

bool cma_find(struct cma_area *area);
const char *cma_skip_reason(void);

#endif /* SELFTEST_KVM_MIGRATE_MM_CMA_H */
