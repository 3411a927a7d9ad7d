/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages that move by operations of their own (struct movable_operations in
 * include/linux/migrate.h): no folios, on no LRU list, mapped by nobody.  Who owns them isolates,
 * migrates and puts back; the page's type leads to the owner, and stays until the page is freed.
 *
 * Nothing tells where such a page went.  What can be told is where all of them are: their frames
 * look like no others in /proc/kpageflags (stable_page_flags() in fs/proc/page.c).  Type and state
 * share bits with flags that folios use (include/linux/page-flags.h):
 *
 *	UPTODATE	moves by operations of its own (PG_movable_ops), where the page is not
 *			LRU, nor anything else that has the bit
 *	RECLAIM		isolated to be moved (PG_movable_ops_isolated)
 *	OFFLINE		of a memory balloon; zsmalloc's type is not shown
 *
 * and the books must agree, whenever nothing is on its way: frames that look so, pages as their
 * owner counts them, and on each node the kernel's counter.
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

/* A kind of such pages, as the contract's rows name it. */
struct ops_kind {
	const char *name;
	/* What this machine lacks for it, as a reason to skip; NULL: nothing. */
	const char *(*skip_reason)(void);
	/* Whether these are the flags of such a page, isolated or not. */
	bool (*is_page)(uint64_t flags);
	/* Of one that is isolated and has lost its type.  Absent: the type is not shown. */
	bool (*is_untyped)(uint64_t flags);
	uint64_t flags_on;		/* what the flags must have, for reports */
	const char *counter;		/* of pages, in a node's vmstat */
	bool counter_stays;		/* it does not follow pages to another node: the sum does */
	const char *moves;		/* event of /proc/vmstat: pages moved */
	/* Get at the owner, who has no page yet, and let go of it. */
	void (*open)(struct ops_pages *pages);
	void (*close)(struct ops_pages *pages);
	/* Have it allocate about .nr_pages on .node, where that can be asked for; free all. */
	void (*fill)(struct ops_pages *pages);
	void (*drop)(struct ops_pages *pages);
	/* How many it says it has. */
	size_t (*count)(const struct ops_pages *pages);
	/* Whether the content is right; says on stdout what is not.  Absent: there is none. */
	bool (*intact)(const struct ops_pages *pages);
	/* Take the owner itself away, pages and all, and have it back without any. */
	void (*remove)(struct ops_pages *pages);
};

/* In the order of kinds in names of cases. */
extern const struct ops_kind ops_zsmalloc;
extern const struct ops_kind ops_balloon;

/* Flags that none of these pages has: it is no folio, and nothing else that is on no list. */
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
	struct pfn_set others;	/* frames that look like it, of nobody knows whom */
	struct pfn_set frames;	/* at the last look */
	struct pfn_set before;	/* as noted by ops_note() ... */
	bool *left;			/* ... and who left them, as the trigger saw it */
	struct zram zram;		/* of zsmalloc */
	/* Of a balloon: the CPU to inflate it, and pages it counts where there are none. */
	int cpu;
	size_t empty;
};

/* For .missing: nobody else has such pages, or they could not be told apart. */
const char *ops_skip_reason(const struct ops_kind *kind);

void ops_open(struct ops_pages *pages, const struct ops_kind *kind, int node, size_t nr_pages,
	      uint64_t seed);

/* Free all pages and let go of the owner.  Returns whether all are gone, said on stdout if not. */
bool ops_close(struct ops_pages *pages);

/*
 * Find all pages and note their frames.  Returns whether the books agree, after some tries: what
 * has just been freed or moved takes a moment.  Says on stdout what does not.
 */
bool ops_look(struct ops_pages *pages);

/* Note the frames of the last look, to be compared with those of another one. */
void ops_note(struct ops_pages *pages);

/*
 * How many pages of those noted are not in their frames any more, by the last look; or by what the
 * trigger saw: other pages may be there by now.
 */
size_t ops_left(const struct ops_pages *pages);

/*
 * Describe the pages noted, in the order of their frames: who left is in one of the others, nobody
 * knows in which.
 */
void ops_describe(const struct ops_pages *pages, struct folio_info *info);

/* Say on stdout where the counter of a node has not followed pages that moved. */
void ops_report_counters(const struct ops_pages *pages);

/* How many are isolated just now, of the frames of the last look. */
size_t ops_isolated(const struct ops_pages *pages);

#endif /* SELFTEST_KVM_MIGRATE_MOVABLE_OPS_OPS_PAGES_H */
