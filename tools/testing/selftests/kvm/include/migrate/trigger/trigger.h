/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Triggers make the kernel try to migrate folios.  A trigger reports what the kernel answered and
 * judges nothing.  The contract's table uses its name.
 *
 * A range is mapped shared (a guest_memfd or a memfd) and each page touched: system calls find
 * folios through PTEs.  Where user space cannot map a guest_memfd, only triggers by page frame, and
 * those that act on the whole machine, find its folios.
 */
#ifndef SELFTEST_KVM_MIGRATE_TRIGGER_TRIGGER_H
#define SELFTEST_KVM_MIGRATE_TRIGGER_TRIGGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct folio_info;
struct placement;
struct suite;
struct test_env;
struct trigger;

struct trigger_range {
	const struct trigger *trigger;	/* set by trigger_fire() */
	void *addr;
	size_t nr_pages;
	const uint64_t *pfns;	/* of the pages; for triggers with .by_pfn */
	/*
	 * For unmapped pages: the trigger notes each page that it saw leave its frame, because
	 * another folio may use the frame soon.  NULL: pagemap tells.
	 */
	bool *moved;
	/* With .moved: whether page flags are those of such a page. */
	bool (*frame_is)(uint64_t flags);
	int from;		/* node of the folios */
	int to;			/* their target node, or NUMA_ANY_NODE */
	const struct control *control;	/* of triggers with .must_not_touch: exposed alike */
};

struct trigger_result {
	long ret;		/* what the call returned, or -errno */
	int *status;		/* an entry per page, of triggers with .has_status; the caller's */
};

struct trigger {
	const char *name;
	const char *call;	/* for reports: "move_pages()" */
	/* The enum migrate_reason of the kernel; NULL: the mechanism does not migrate. */
	const char *reason;
	bool has_status;	/* the kernel answers per page */
	bool no_range;		/* acts on this process, or on the machine */
	bool by_pfn;		/* acts on page frames, which must be visible */
	bool kernel_picks_node;	/* the kernel chooses where the folios go */
	bool partial;		/* the kernel chooses which of the folios go */
	bool evacuates;		/* empties a memory block or a CMA area */
	bool all_or_nothing;	/* one page that stays fails the call for all */
	bool huge;		/* acts on huge pages or larger ranges */
	bool moves_once;	/* a folio that has moved has no reason to move again */
	bool solitary;		/* not in the stress test: calls of other threads would fail */
	/*
	 * MPOL_MF_MOVE: pages that another process also maps stay, which is no failure: status
	 * -EACCES if there are statuses, else no answer.  The second: without CAP_SYS_NICE only.
	 */
	bool exclusive_only, exclusive_only_unless_nice;
	const struct test_env *env;	/* settings while a case runs; NULL: none */
	/* How memory must look (migrate/trigger/placement.h); NULL: does not matter. */
	const struct placement *placement;
	/* Ignores guest_memfd (migrate/trigger/background.h); NULL: another trigger. */
	const struct must_not_touch *must_not_touch;
	/* Returns what this task lacks to fire it, as a SKIP reason, or NULL.  May be absent. */
	const char *(*skip_reason)(void);
	void (*fire)(const struct trigger_range *range, struct trigger_result *result);
	int flags;		/* of the system call, for .fire() */
	bool remote;		/* another process makes the system call */
};

/* Returns what this machine lacks to fire @trigger, NULL for none, as a SKIP reason, or NULL. */
const char *trigger_skip_reason(const struct suite *suite, const struct trigger *trigger);

/* Returns a range of @nr_pages pages from @addr on, on node @from, without .pfns. */
struct trigger_range trigger_range_of(void *addr, size_t nr_pages, int from, int to);

/* Fire @trigger at @range. */
void trigger_fire(const struct trigger *trigger, struct trigger_range *range,
		  struct trigger_result *result);

/* Returns the address of page @i of @range. */
void *trigger_page(const struct trigger_range *range, size_t i);

/* Returns whether page @i of @range is still in its frame; for triggers with .by_pfn. */
bool trigger_page_in_frame(const struct trigger_range *range, size_t i);

/* Set .moved of all pages of @range that are not in their frames, where there is .moved. */
void trigger_note_moved(const struct trigger_range *range);

/* Returns whether this task may move pages that other processes map (CAP_SYS_NICE). */
bool trigger_may_move_all(void);

/*
 * Control pages.  Every kernel migrates shmem: where guest_memfd does not move, the same trigger
 * must move a control, or the case proves nothing.
 */
#define CONTROL_PAGES 16

struct control {
	void *mem;
	size_t nr_pages;
	struct folio_info *before;	/* when it was allocated */
};

/*
 * Allocate a control of @nr pages on node @from, without a memory policy afterwards.  @flags:
 * MAP_SHARED for shmem, or MAP_PRIVATE.
 */
void control_open(struct control *control, int from, size_t nr, int flags);
void control_close(struct control *control);

/*
 * Returns how many pages are on node @to; for NUMA_ANY_NODE in another frame than at first, for
 * -ENOENT not mapped.
 */
size_t control_moved(const struct control *control, int to);

/* Returns the state of all pages, which the caller frees.  Does not drain LRU batches. */
struct folio_info *control_now(const struct control *control);

/*
 * Fire @trigger once at CONTROL_PAGES new pages of shmem on node @from, to @to as above.  Returns
 * how many of them moved, and in @result what the kernel answered.
 */
size_t control_fire(const struct trigger *trigger, int from, int to,
		    struct trigger_result *result);

/*
 * Returns the result of a case whose trigger does not move a control: KSFT_SKIP where it depends on
 * a placement, else KSFT_FAIL.
 */
int control_not_moved(const struct trigger *trigger);

/* move_pages(): with MPOL_MF_MOVE; with MPOL_MF_MOVE_ALL (CAP_SYS_NICE); by another process. */
extern const struct trigger trigger_move_pages, trigger_move_pages_all, trigger_move_pages_remote;

/* mbind(MPOL_BIND): with MPOL_MF_MOVE, MPOL_MF_MOVE | MPOL_MF_STRICT, MPOL_MF_MOVE_ALL. */
extern const struct trigger trigger_mbind_move, trigger_mbind_strict, trigger_mbind_move_all;

/*
 * migrate_pages() of this process, or by another one as migratepages(8) does it.  It counts every
 * folio that stays on the source node.  The trigger reports only those of the range: it subtracts
 * the result of a call without the range's PTEs.
 */
extern const struct trigger trigger_migrate_pages, trigger_migrate_pages_remote;

/* Change cpuset.mems of this process's cgroup. */
extern const struct trigger trigger_cpuset;

/*
 * Soft offlining moves a folio and takes its frame out of use: by the address where it is mapped
 * (madvise(MADV_SOFT_OFFLINE)), or by its physical address (soft_offline_page in sysfs).  The
 * triggers give the frames back, and leave out pages that have moved before.
 */
extern const struct trigger trigger_soft_offline_mapped, trigger_soft_offline_phys;

/* Compact all zones (/proc/sys/vm/compact_memory), or those of node .from. */
extern const struct trigger trigger_compact, trigger_compact_node;

/* Compaction by kcompactd of node .from, which vm.compaction_proactiveness wakes. */
extern const struct trigger trigger_kcompactd;

/*
 * Take the memory blocks of the pages offline, and online again (migrate/mm/memory_block.h).  After
 * many failures per page a signal ends the attempt: -EINTR.
 */
extern const struct trigger trigger_memory_offline;

/* Allocate the whole CMA area, so that its pages move out, and free it. */
extern const struct trigger trigger_cma_alloc;

/*
 * Allocate a gigantic page of hugetlbfs, so that all pages move out of its range, and free it.
 * -ENOMEM: a page did not move.
 */
extern const struct trigger trigger_hugetlb_gigantic;

/*
 * Unplug all memory of the virtio-mem device (virtio_mem_fake_offline() in
 * drivers/virtio/virtio_mem.c), and plug it again.  -EBUSY: a page stayed.
 */
extern const struct trigger trigger_virtio_mem;

/*
 * Pin the pages long-term, as a buffer of io_uring, and unpin them: folios leave ZONE_MOVABLE, or a
 * CMA area.
 */
extern const struct trigger trigger_longterm_pin, trigger_longterm_pin_cma;

/* A CPU of node .to reads the pages until NUMA balancing moves them there. */
extern const struct trigger trigger_numa_balancing;

/* The same with a policy that asks for it (MPOL_F_NUMA_BALANCING); promotion from slow memory. */
extern const struct trigger trigger_numa_balancing_bind, trigger_numa_balancing_tiering;

/*
 * DAMON's schemes that send hot or cold memory to a node, with all memory hot and cold enough: by
 * virtual address, or by page frame.
 */
extern const struct trigger trigger_damon_hot_vaddr, trigger_damon_cold_paddr;

/* KSM merges equal pages: madvise(MADV_MERGEABLE), then at least a whole scan. */
extern const struct trigger trigger_ksm;

/*
 * Reclaim: of pages that a task declares unused or cold, of as many as possible from a cgroup
 * (memory.reclaim), and the same with demotion to slower memory.
 */
extern const struct trigger trigger_madv_pageout, trigger_madv_cold, trigger_reclaim,
			    trigger_demotion;

/* madvise(MADV_COLLAPSE) makes a huge page of small ones. */
extern const struct trigger trigger_madv_collapse;

#endif /* SELFTEST_KVM_MIGRATE_TRIGGER_TRIGGER_H */
