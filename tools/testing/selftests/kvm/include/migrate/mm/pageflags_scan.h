/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page frames of folios that user space has no page table entry for, found by their flags.
 *
 * What is not mapped has no entry in pagemap.  /proc/kpageflags shows the flags of every frame
 * all the same: those of guest_memfd are UNEVICTABLE and, unlike those of locked memory, neither
 * MMAP nor ANON nor SWAPBACKED.  A folio that fallocate() put into a guest_memfd is not UPTODATE
 * until the guest touches it (kvm_gmem_get_pfn() in virt/kvm/guest_memfd.c), a state that hardly
 * any other frame is ever in.  migrate/gmem/unmapped_pfns.h builds on that.
 *
 * All of it needs CAP_SYS_ADMIN.
 */
#ifndef SELFTEST_KVM_MIGRATE_MM_PAGEFLAGS_SCAN_H
#define SELFTEST_KVM_MIGRATE_MM_PAGEFLAGS_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct folio_info;

/* Frame numbers in ascending order. */
struct pfn_set {
	uint64_t *pfns;
	size_t nr, room;
};

void pfn_set_free(struct pfn_set *set);
bool pfn_set_has(const struct pfn_set *set, uint64_t pfn);

/* What this task or machine lacks to look at frames, a constant string; NULL: nothing. */
const char *pageflags_skip_reason(void);

/* The node that frame @pfn is on, by the spans in /proc/zoneinfo, or -ENOENT. */
int pfn_to_node(uint64_t pfn);

/* The frame's bits of KPF_*; 0 where they cannot be read. */
uint64_t pageflags_get(uint64_t pfn);

/* Describe the page in frame @pfn; 0 is one that nobody knows, on node -ENOENT without flags. */
void pfn_inspect(uint64_t pfn, struct folio_info *info);

/* Whether flags are those of an unevictable folio that is not mapped, and has content, or none. */
bool pageflags_unmapped_uptodate(uint64_t flags);
bool pageflags_unmapped_not_uptodate(uint64_t flags);

/*
 * Go over all frames of @node, or of all nodes (NUMA_ANY_NODE), and note those of unevictable
 * folios that are not mapped: in @fresh the ones without content yet, in @filled the others.
 * Either may be NULL; what was in them before is lost.  Call lru_drain() first: @fresh takes
 * only folios that are on their LRU list.  A million frames take about 0.1 s of a CPU on
 * hardware; the CPUs that this thread may run on share the work.
 * Returns 0 or -errno.
 */
int pageflags_scan(int node, struct pfn_set *fresh, struct pfn_set *filled);

/*
 * The same for frames with flags that @wanted takes, which are noted in @set.
 */
int pageflags_collect(int node, bool (*wanted)(uint64_t flags), struct pfn_set *set);

#endif /* SELFTEST_KVM_MIGRATE_MM_PAGEFLAGS_SCAN_H */
