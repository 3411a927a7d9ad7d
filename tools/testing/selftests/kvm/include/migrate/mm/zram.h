/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A zram disk (Documentation/admin-guide/blockdev/zram.rst) of the test's own, whose data is in
 * zsmalloc pages.  The device is removed at the end, also when the case dies.
 *
 * Pages of the disk compress to one to eight eighths of a page, by page and round.  So there are
 * all layouts of zspages (mm/zsmalloc.c): several objects in a page, an object across two pages,
 * and an object that is a page.
 */
#ifndef SELFTEST_KVM_MIGRATE_MM_ZRAM_H
#define SELFTEST_KVM_MIGRATE_MM_ZRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "migrate/util/pattern.h"

struct zram {
	char number[16];		/* N of zramN */
	int fd;				/* -1: there is no disk */
	size_t nr_pages;		/* of the disk */
	struct pattern pattern;		/* of all pages, after zram_fill() */
};

/* Returns why this task cannot create a disk, as a reason to skip, or NULL. */
const char *zram_skip_reason(void);

/* Create an empty disk of @nr_pages pages; @file tells the patterns of several disks apart. */
void zram_open(struct zram *zram, size_t nr_pages, uint32_t file, uint64_t seed);
void zram_close(struct zram *zram);

/*
 * Allocate a buffer for the I/O on one page on @node: zram allocates compressed pages on the node
 * of the buffer.
 */
void *zram_buffer(int node);
void zram_buffer_free(void *buffer);

/* Write page @page with its content of round @round. */
void zram_write(const struct zram *zram, void *buffer, size_t page, uint32_t round);

/* Read page @page and compare; print a mismatch.  Returns whether the page is right. */
bool zram_check(const struct zram *zram, void *buffer, size_t page, uint32_t round);

/* Begin the next round and write all pages from a buffer on @node; compare all pages. */
void zram_fill(struct zram *zram, int node);
bool zram_check_all(const struct zram *zram);

/* Discard the content of the disk, which frees its zsmalloc pages. */
void zram_discard(const struct zram *zram);

/* Returns how many zsmalloc pages hold the content (mem_used_total in mm_stat). */
size_t zram_pages(const struct zram *zram);

#endif /* SELFTEST_KVM_MIGRATE_MM_ZRAM_H */
