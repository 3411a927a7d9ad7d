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
#ifndef SELFTEST_KVM_MIGRATE_MOVABLE_OPS_MOVABLE_OPS_H
#define SELFTEST_KVM_MIGRATE_MOVABLE_OPS_MOVABLE_OPS_H

#include "migrate/mm/folio.h"
#include "migrate/mm/pageflags_scan.h"
#include "migrate/mm/zram.h"
#include "migrate/runner/testcase.h"
#include "migrate/trigger/placement.h"

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
extern const struct ops_kind ops_zsmalloc, ops_balloon;

/* Kinds of pages in a case. */
#define OPS_KINDS_MAX 2

struct ops_pages {
	const struct ops_kind *kind;
	int node;
	size_t nr_pages;		/* to be allocated, about */
	uint64_t seed;
	struct pfn_set others;		/* such frames before the case, of other owners */
	struct pfn_set frames;		/* at the last ops_look() */
	struct pfn_set before;		/* as noted by ops_note() ... */
	long long moves_before;		/* ... with .kind->moves */
	bool *left;			/* of .before, by the trigger; NULL: not fired since */
	struct zram zram;		/* of zsmalloc */
	/* Of a balloon: the CPU that inflates it, its size, and its count while it is empty. */
	int cpu;
	size_t mib, empty;
};

/* Returns what this machine lacks for such pages, as a SKIP reason, or NULL. */
const char *ops_skip_reason(const struct ops_kind *kind);

/* Open the owners of @nr kinds of pages.  The caller sets .kind, .node, .nr_pages and .seed. */
void ops_open(struct ops_pages *pages, int nr);

/* Free all pages and close the owners.  Reports and returns whether all are gone. */
bool ops_close(struct ops_pages *pages, int nr);

/*
 * Find the frames of all pages of @nr kinds.  Reports and returns whether the counts agree, after
 * some tries: freed and migrated pages take a moment.
 */
bool ops_look(struct ops_pages *pages, int nr);

/* Note the frames of the last look as those before a trigger. */
void ops_note(struct ops_pages *pages);

/*
 * Returns how many noted pages have left their frames, by the last look, or by the trigger where
 * other pages have these frames by now.
 */
size_t ops_left(const struct ops_pages *pages);

/* Describe the noted pages in the order of their frames; a page that left has any new frame. */
void ops_describe(const struct ops_pages *pages, struct folio_info *info);

/* Returns whether the counter of each node is right; @print reports those that are not. */
bool ops_node_counters_agree(const struct ops_pages *pages, bool print);

/* Returns how many frames of the last look are on @node. */
size_t ops_frames_on(const struct ops_pages *pages, int node);

/*
 * The contract: these pages move whatever that of guest_memfd is.  The kernel does not say where
 * one of them went, but every page must be somewhere.
 *
 * Soft offlining moves balloon pages too, but leaves their type on the frame, and
 * unpoison_memory() in mm/memory-failure.c refuses such a frame: a test would lose memory.
 */
/*	    trigger		   pages		expected				*/
#define MOVABLE_OPS_CONTRACT(ROW)								\
	ROW(compact,		   zsmalloc,		MOVED_SOME)				\
	ROW(compact_node,	   zsmalloc,		MOVED_SOME)				\
	ROW(memory_offline,	   zsmalloc,		MOVED)					\
	ROW(soft_offline_phys,	   zsmalloc,		MOVED)					\
	ROW(cma_alloc,		   zsmalloc,		MOVED_SOME)				\
	ROW(compact,		   balloon,		MOVED_SOME)				\
	ROW(compact_node,	   balloon,		MOVED_SOME)				\
	ROW(memory_offline,	   balloon,		MOVED)					\
	ROW(cma_alloc,		   balloon,		MOVED_SOME)

struct ops_row {
	const struct trigger *trigger;
	const struct ops_kind *kind;
	struct expected expected;
};

extern const struct ops_row ops_rows[];
extern const size_t nr_ops_rows;

/*
 * The fixture of a case: pages of one or two kinds, allocated where the trigger finds them, the
 * trigger, and a verdict on every page.  A case calls, in this order:
 *
 *	ops_fixture_open(), ops_fixture_begin(), ops_fixture_fire(), ops_fixture_look_after(),
 *	ops_fixture_judge(), ops_fixture_close()
 */
struct ops_fixture {
	const struct suite *suite;
	const struct ops_row *row;
	struct ops_pages pages[OPS_KINDS_MAX];	/* the first are of the row's kind */
	int nr_kinds;
	bool *left;			/* the .left of all kinds */
	struct placement_state placement;
	bool agree;			/* all counts agree, at the last ops_fixture_look_after() */
	int from;
	long ret;			/* of the trigger */
};

/* Open the owners of the row's pages and of those of kind @second, unless that is NULL. */
void ops_fixture_open(struct ops_fixture *fx, const struct suite *suite,
		      const struct ops_row *row, const struct ops_kind *second);

/* Free all pages.  Returns KSFT_PASS, or KSFT_FAIL where some are left. */
int ops_fixture_close(struct ops_fixture *fx);

/*
 * Set up the placement, allocate all pages and note their frames.
 * Returns KSFT_PASS, KSFT_FAIL where counts disagree, or KSFT_SKIP.
 */
int ops_fixture_begin(struct ops_fixture *fx);

/* Find the frames after the trigger; note them as those before the next one. */
bool ops_fixture_look_after(struct ops_fixture *fx);
void ops_fixture_note(struct ops_fixture *fx);

/* Fire once, at all pages or at the one in frame @pfn. */
void ops_fixture_fire(struct ops_fixture *fx);
void ops_fixture_fire_at(struct ops_fixture *fx, uint64_t pfn);

/*
 * Compare every page with the contract: counts, frames, state, event counter, return value,
 * content.  The second function fires before.
 * Returns KSFT_PASS, KSFT_FAIL, or KSFT_SKIP where the trigger does not move shmem either.
 */
int ops_fixture_judge(struct ops_fixture *fx);
int ops_fixture_move_and_judge(struct ops_fixture *fx);

/* Check the content of all pages; write new content to all of them and check it. */
bool ops_fixture_intact(const struct ops_fixture *fx);
int ops_fixture_rewrite(struct ops_fixture *fx);

/*
 * Properties of rows of MOVABLE_OPS_CONTRACT, a row each in ops_property.c:
 *
 *	intact		the pages are not in use; afterwards all can be written again
 *	again		the same pages move a second time
 *	one_page	one page moves several times, all others stay
 *	concurrent_io	the pages are read, and other pages written, while they move
 *	owner_removed	the owner is removed while the pages move
 *	keeps_type	isolated pages are observed, and all of them have their type
 *	enomem		no memory is left to move to: all pages are put back, and move later
 *	mixed		pages of both kinds move together
 *	with_guest	mixed, while a guest uses its guest_memfd, which meets its own contract
 */
struct ops_property {
	const char *name;
	const struct ops_kind *kind;		/* of its rows; NULL: both */
	const struct ops_kind *second;		/* moves with the row's pages, or NULL */
	const struct trigger *triggers[3];	/* of its rows; none: all */
	bool slow;				/* as in struct testcase */
	/* Returns what this machine lacks, as a SKIP reason, or NULL.  May be absent. */
	const char *(*skip_reason)(const struct suite *suite);
	/* Starts without pages.  Returns a case's result. */
	int (*act)(struct ops_fixture *fx);
};

extern const struct ops_property ops_properties[];
extern const size_t nr_ops_properties;

bool ops_property_applies(const struct ops_property *property, const struct ops_row *row);

#endif /* SELFTEST_KVM_MIGRATE_MOVABLE_OPS_MOVABLE_OPS_H */
