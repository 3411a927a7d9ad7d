/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page frames of folios that user space has no page table entry for, found by their flags.
 *
 * What is not mapped has no entry in pagemap.  /proc/kpageflags shows the flags of every frame
 * all the same: those of guest_memfd are UNEVICTABLE and, unlike those of locked memory, neither
 * MMAP nor ANON nor SWAPBACKED.  A folio that fallocate() put into a guest_memfd is not UPTODATE
 * until the guest touches it (kvm_gmem_get_pfn() in virt/kvm/guest_memfd.c), a state that hardly
 * any other frame is ever in.  migrate/unmapped.h builds on that.
 *
 * All of it needs CAP_SYS_ADMIN.
 */
#ifndef SELFTEST_KVM_MIGRATE_FRAMES_H
#define SELFTEST_KVM_MIGRATE_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct folio_info;

/* Frame numbers in ascending order. */
struct frame_set {
	uint64_t *pfns;
	size_t nr, room;
};

void frame_set_free(struct frame_set *set);
bool frame_set_has(const struct frame_set *set, uint64_t pfn);

/* What this task or machine lacks to look at frames, a constant string; NULL: nothing. */
const char *frames_missing(void);

/* The node that frame @pfn is on, by the spans in /proc/zoneinfo, or -ENOENT. */
int frame_node(uint64_t pfn);

/* The frame's bits of KPF_*; 0 where they cannot be read. */
uint64_t frame_flags(uint64_t pfn);

/* Describe the page in frame @pfn; 0 is one that nobody knows, on node -ENOENT without flags. */
void frame_describe(uint64_t pfn, struct folio_info *info);

/* Whether flags are those of an unevictable folio that is not mapped, and has content, or none. */
bool frame_flags_filled(uint64_t flags);
bool frame_flags_fresh(uint64_t flags);

/*
 * Go over all frames of @node, or of all nodes (NUMA_ANY_NODE), and note those of unevictable
 * folios that are not mapped: in @fresh the ones without content yet, in @filled the others.
 * Either may be NULL; what was in them before is lost.  Call folio_settle() first: @fresh takes
 * only folios that are on their LRU list.  A million frames take about 0.1 s of a CPU on
 * hardware; the CPUs that this thread may run on share the work.
 * Returns 0 or -errno.
 */
int frames_scan(int node, struct frame_set *fresh, struct frame_set *filled);

/*
 * The same for frames with flags that @wanted takes, which are noted in @set.
 */
int frames_collect(int node, bool (*wanted)(uint64_t flags), struct frame_set *set);

#endif /* SELFTEST_KVM_MIGRATE_FRAMES_H */
