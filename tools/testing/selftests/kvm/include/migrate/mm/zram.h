/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A compressed disk in memory (Documentation/admin-guide/blockdev/zram.rst), whose data is in
 * pages of zsmalloc.  A device of the test's own: the kernel is asked for a new one, which is
 * removed in the end, whatever becomes of the case that uses it.
 *
 * Pages of the disk compress to eighths of a page, to a whole one among others, a different size
 * for each page and each round, so that all kinds of zspages (mm/zsmalloc.c) come up: several
 * objects in a page, objects across two pages, and one object that is a page.
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
	struct pattern pattern;		/* what it holds now, if it was filled as a whole */
};

/* One page, as the disk reads and writes it. */
struct zram_buffer;

/* What this task or machine lacks to have one, as a reason to skip; NULL: nothing. */
const char *zram_skip_reason(void);

/* A new disk of @nr_pages pages, with nothing on it.  @file tells several apart. */
void zram_open(struct zram *zram, size_t nr_pages, uint32_t file, uint64_t seed);
void zram_close(struct zram *zram);

/* A buffer in memory of @node: that is where zram has compressed pages allocated, too. */
struct zram_buffer *zram_buffer(int node);
void zram_buffer_free(struct zram_buffer *buffer);

/* Write page @page as it is in round @round. */
void zram_write(const struct zram *zram, struct zram_buffer *buffer, size_t page, uint32_t round);

/* Read page @page and compare; says on stdout what is wrong.  Returns whether it is right. */
bool zram_check(const struct zram *zram, struct zram_buffer *buffer, size_t page, uint32_t round);

/* Begin the next round and write all pages; compare all. */
void zram_fill(struct zram *zram, int node);
bool zram_check_all(const struct zram *zram);

/* Forget all that is on the disk, which gives its pages back; the disk stays. */
void zram_discard(const struct zram *zram);

/* Pages that hold what is on the disk, by its own account (mem_used_total in mm_stat). */
size_t zram_pages(const struct zram *zram);

#endif /* SELFTEST_KVM_MIGRATE_MM_ZRAM_H */
