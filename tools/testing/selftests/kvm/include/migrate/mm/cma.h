/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The largest CMA area, by its debugfs files (mm/cma_debug.c).
 */
#ifndef SELFTEST_KVM_MIGRATE_MM_CMA_H
#define SELFTEST_KVM_MIGRATE_MM_CMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns why the tests of CMA cannot run here, as a reason to skip, or NULL. */
const char *cma_skip_reason(void);

/* Returns the node of the area, or -1 without one. */
int cma_node(void);

/* Returns whether frame @pfn is in the area. */
bool cma_has(uint64_t pfn);

/* Print the path of @file of the area to @path.  Returns @path. */
char *cma_file(const char *file, char *path, size_t size);

#endif /* SELFTEST_KVM_MIGRATE_MM_CMA_H */
