/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * movable_ops pages: pages that struct movable_operations (include/linux/migrate.h) migrates.  They
 * are no folios, on no LRU list and not mapped.  Their owner isolates, migrates and puts back; the
 * type of the page leads to the owner and stays until the page is freed.
 *
 * The kernel does not say where such a page went, but /proc/kpageflags shows where all of them are
 * (stable_page_flags() in fs/proc/page.c).  Type and state share bits with flags of folios
 * (include/linux/page-flags.h):
 *
 *	UPTODATE	a movable_ops page (PG_movable_ops), where the page is not LRU and has no
 *			other flag of a folio
 *	RECLAIM		isolated (PG_movable_ops_isolated)
 *	OFFLINE		of a memory balloon; the type of zsmalloc is not shown
 *
 * While nothing is isolated, three counts must agree: frames with these flags, pages by their
 * owner's count, and the kernel's counter of each node.
 */
#ifndef SELFTEST_KVM_MIGRATE_MOVABLE_OPS_OPS_PAGES_H
#define SELFTEST_KVM_MIGRATE_MOVABLE_OPS_OPS_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "migrate/mm/pageflags_scan.h"
#include "migrate/mm/zram.h"

struct folio_info;
struct ops_pages;

/* A kind of such pages, by its name in the contract. */
struct ops_kind {
	const char *name;
	/* Returns what this machine lacks for their owner, as a SKIP reason, or NULL. */
	const char *(*skip_reason)(void);
	/* Whether these are the flags of such a page, isolated or not. */
	bool (*is_page)(uint64_t flags);
	/* The same for an isolated page without its type; absent: the type is not shown. */
	bool (*is_untyped)(uint64_t flags);
	uint64_t flags_on;		/* what the flags must have, for reports */
	const char *counter;		/* of pages, in a node's vmstat */
	bool counter_stays;		/* on its node when a page moves; the sum is right */
	const char *moves;		/* event of /proc/vmstat: pages moved */
	/* Open the owner, without pages, and close it. */
	void (*open)(struct ops_pages *pages);
	void (*close)(struct ops_pages *pages);
	/* Allocate about .nr_pages, on .node if the owner allows that; free all. */
	void (*fill)(struct ops_pages *pages);
	void (*drop)(struct ops_pages *pages);
	/* Returns the number of pages by the owner's count. */
	size_t (*count)(const struct ops_pages *pages);
	/* Check and report the content.  Absent: the pages have none. */
	bool (*intact)(const struct ops_pages *pages);
	/* Remove the owner with its pages, and bring it back without any. */
	void (*remove)(struct ops_pages *pages);
};

/* In the order of kinds in names of cases. */
extern const struct ops_kind ops_zsmalloc;
extern const struct ops_kind ops_balloon;

/* Flags that none of these pages has. */
#define OPS_NEVER_SET									\
	(FOLIO_FLAG(LRU) | FOLIO_FLAG(MMAP) | FOLIO_FLAG(ANON) | FOLIO_FLAG(SWAPBACKED) |	\
	 FOLIO_FLAG(SWAPCACHE) | FOLIO_FLAG(SLAB) | FOLIO_FLAG(BUDDY) | FOLIO_FLAG(DIRTY) |	\
	 FOLIO_FLAG(REFERENCED) | FOLIO_FLAG(ACTIVE) | FOLIO_FLAG(WRITEBACK) |		\
	 FOLIO_FLAG(UNEVICTABLE) | FOLIO_FLAG(COMPOUND_HEAD) | FOLIO_FLAG(COMPOUND_TAIL) |	\
	 FOLIO_FLAG(HUGE) | FOLIO_FLAG(HWPOISON) | FOLIO_FLAG(NOPAGE) | FOLIO_FLAG(PGTABLE))

struct ops_pages {
	const struct ops_kind *kind;
	int node;
	size_t nr_pages;		/* to be allocated, about */
	uint64_t seed;
	struct pfn_set others;		/* such frames before the case, of other owners */
	struct pfn_set frames;		/* at the last ops_look() */
	struct pfn_set before;		/* as noted by ops_note() ... */
	long long moves_before;		/* ... with .kind->moves ... */
	bool *left;			/* ... and the pages that left them, by the trigger */
	struct zram zram;		/* of zsmalloc */
	/* Of a balloon: the CPU that inflates it, and its count while it is empty. */
	int cpu;
	size_t empty;
};

/* Returns what this machine lacks for such pages, as a SKIP reason, or NULL. */
const char *ops_skip_reason(const struct ops_kind *kind);

void ops_open(struct ops_pages *pages, const struct ops_kind *kind, int node, size_t nr_pages,
	      uint64_t seed);

/* Free all pages and close the owner.  Reports and returns whether all are gone. */
bool ops_close(struct ops_pages *pages);

/*
 * Find the frames of all pages.  Reports and returns whether the counts agree, after some tries:
 * freed and migrated pages take a moment.
 */
bool ops_look(struct ops_pages *pages);

/* Note the frames of the last look as those before a trigger. */
void ops_note(struct ops_pages *pages);

/*
 * Returns how many noted pages have left their frames, by the last look, or by the trigger where
 * other pages have these frames by now.
 */
size_t ops_left(const struct ops_pages *pages);

/* Describe the noted pages in the order of their frames; a page that left has any new frame. */
void ops_describe(const struct ops_pages *pages, struct folio_info *info);

/* Report nodes whose counter has not followed pages that moved. */
void ops_report_counters(const struct ops_pages *pages);

/* Returns how many frames of the last look are on @node. */
size_t ops_frames_on(const struct ops_pages *pages, int node);

#endif /* SELFTEST_KVM_MIGRATE_MOVABLE_OPS_OPS_PAGES_H */
