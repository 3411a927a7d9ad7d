/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What makes the kernel try to migrate folios: one struct trigger each, by the name the
 * contract's table uses.  A trigger reports what the kernel answered and judges nothing.
 *
 * The target of a trigger is mapped shared (a guest_memfd or a memfd), page by page touched:
 * the calls of user space find folios through page table entries.  A guest_memfd that cannot be
 * touched is a target for triggers that work by page frame, or on all of the machine; others find
 * nothing at its addresses.
 */
#ifndef SELFTEST_KVM_MIGRATE_TRIGGER_TRIGGER_H
#define SELFTEST_KVM_MIGRATE_TRIGGER_TRIGGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "migrate/trigger/control.h"

struct placement;
struct test_env;

#define MUST_NOT_TOUCH_COUNTERS_MAX 6

struct trigger_range {
	void *addr;
	size_t nr_pages;
	const uint64_t *pfns;	/* of the pages; for triggers with .by_pfn */
	/*
	 * Of pages that are not mapped, which left their frames; such triggers keep the books, as
	 * nothing else can tell when the frame is in use again.  NULL: pagemap tells.
	 */
	bool *left;
	/* What frames of such pages look like; NULL: as guest_memfd's. */
	bool (*frame_is)(uint64_t flags);
	int from;		/* node the folios are on */
	int to;			/* node they should go to, or NUMA_ANY_NODE */
	const struct control *control;	/* of triggers with .never: exposed alike */
};

struct trigger_result {
	long ret;		/* what the call returned, or -errno */
	int *status;		/* an entry a page, of triggers with .has_status; the caller's */
};

struct trigger {
	const char *name;
	const char *call;	/* for reports: "move_pages()" */
	bool has_status;	/* the kernel answers page by page */
	bool no_range;		/* acts on all of this process, or of this machine */
	bool by_pfn;		/* acts on page frames: needs to see them */
	bool kernel_picks_node;		/* the kernel chooses where the folios go ... */
	bool partial;	/* ... and which of them, in memory laid out with ballast */
	bool all_or_nothing;		/* one page that stays fails it for all */
	bool huge;		/* acts on what is as large as a huge page at least */
	/*
	 * MPOL_MF_MOVE: what another process maps as well is left alone, which is no failure:
	 * status -EACCES if there are statuses, else nothing is said.  Or so without
	 * CAP_SYS_NICE only.
	 */
	bool exclusive_only, exclusive_only_unless_nice;
	/* Knobs and the like that have to be so while a case runs (migrate/runner/test_env.h). */
	const struct test_env *env;
	/* How memory has to be laid out for it (migrate/trigger/placement.h); NULL: as it comes. */
	const struct placement *placement;
	/* Must not act on guest_memfd at all (see struct must_not_touch). */
	const struct must_not_touch *must_not_touch;
	/* What this task lacks to fire it, as a reason to skip; NULL or absent: nothing. */
	const char *(*skip_reason)(void);
	void (*fire)(const struct trigger_range *range, struct trigger_result *result);
};

/* A mechanism that must ignore guest_memfd; it acts on a control instead. */
struct must_not_touch {
	struct control_kind control;
	const char *acts;		/* on the control, for reports: "moved" */
	unsigned int rounds;		/* of firing, at most, until it has acted on all */
	const char *counters[MUST_NOT_TOUCH_COUNTERS_MAX + 1];	/* of /proc/vmstat, for reports */
	/* Returns NULL, or what is missing for this range, as a reason to skip.  May be absent. */
	const char *(*prepare)(const struct trigger_range *range);
	size_t (*acted)(const struct trigger_range *range);
	/* Stop what works on its own between two calls of .fire().  May be absent. */
	void (*stop)(void);
};

struct suite;

/* Returns what this machine lacks to fire @trigger, as a SKIP reason, or NULL. */
const char *trigger_skip_reason(const struct suite *suite, const struct trigger *trigger);

/* Address of page @i of @range. */
void *trigger_page(const struct trigger_range *range, size_t i);

/* Whether page @i of @range has not left its frame yet; for triggers with .by_pfn. */
bool trigger_page_in_frame(const struct trigger_range *range, size_t i);

/* Whether this task may move what other processes map too (CAP_SYS_NICE). */
bool trigger_may_move_all(void);

/*
 * move_pages(MPOL_MF_MOVE): each page by its address; MPOL_MF_MOVE_ALL, also those that others map
 * (CAP_SYS_NICE); and called by another process.
 */
extern const struct trigger trigger_move_pages;
extern const struct trigger trigger_move_pages_all;
extern const struct trigger trigger_move_pages_remote;

/* mbind(MPOL_BIND): set the policy and have misplaced pages moved, with MPOL_MF_MOVE ... */
extern const struct trigger trigger_mbind_move;
/* ... with MPOL_MF_MOVE | MPOL_MF_STRICT: say so where one could not be moved ... */
extern const struct trigger trigger_mbind_strict;
/* ... and with MPOL_MF_MOVE_ALL, also what others map (CAP_SYS_NICE). */
extern const struct trigger trigger_mbind_move_all;

/*
 * migrate_pages() of this process.  It counts every folio left on the source node, the
 * process's own among them, so the trigger calls it once before with the range's page table
 * entries taken away and reports only the difference: pages of the range.
 */
extern const struct trigger trigger_migrate_pages;
/* The same by another process, as migratepages(8) does it. */
extern const struct trigger trigger_migrate_pages_remote;

/* The nodes of this process's cgroup change, and its memory goes along. */
extern const struct trigger trigger_cpuset;

/*
 * Soft offlining takes a suspect frame out of use and moves its folio away first: by the address
 * where it is mapped (madvise(MADV_SOFT_OFFLINE)), or by its own physical address
 * (/sys/devices/system/memory/soft_offline_page).  Pages that have left their frames already are
 * left alone, so that it can be fired again; the frames are given back to the kernel.
 */
extern const struct trigger trigger_soft_offline_mapped;
extern const struct trigger trigger_soft_offline_phys;

/*
 * Compaction of all zones (/proc/sys/vm/compact_memory), or of those of node .from.  Lay out
 * memory for it before (migrate/mm/fragment.h).
 */
extern const struct trigger trigger_compact;
extern const struct trigger trigger_compact_node;

/*
 * Take the memory blocks offline that the pages are in, and bring them back
 * (migrate/mm/memory_block.h).  It
 * is given up when it has failed for each page again and again, by a signal: -EINTR.
 */
extern const struct trigger trigger_memory_offline;

/* Allocate all of the CMA area, which has what is in it move out, and free it. */
extern const struct trigger trigger_cma_alloc;

/* Not fired: these have pages allocated where ZONE_MOVABLE, or a CMA area, is to be had. */
extern const struct trigger trigger_zone_movable;
extern const struct trigger trigger_cma;

/*
 * NUMA balancing moves pages to the node of the task that uses them: a CPU of node .to reads them
 * until its scanner has come by.  Dirty pages of files are none of its business.
 */
extern const struct trigger trigger_numa_balancing;

/*
 * DAMON's schemes that send hot or cold memory to a node, here with everything hot and cold
 * enough: found through the mappings of a process, or by page frames.
 */
extern const struct trigger trigger_damon_hot_vaddr;
extern const struct trigger trigger_damon_cold_paddr;

/* KSM makes one page of equal ones: madvise(MADV_MERGEABLE), then at least a whole scan. */
extern const struct trigger trigger_ksm;

/*
 * Reclaim of pages that a task declares unused or cold, and of as many as can be from a cgroup
 * (memory.reclaim); demotion is reclaim that sends pages to slower memory instead.
 */
extern const struct trigger trigger_madv_pageout;
extern const struct trigger trigger_madv_cold;
extern const struct trigger trigger_reclaim;
extern const struct trigger trigger_demotion;

/* madvise(MADV_COLLAPSE) makes one huge page of small ones. */
extern const struct trigger trigger_madv_collapse;

#endif /* SELFTEST_KVM_MIGRATE_TRIGGER_TRIGGER_H */
