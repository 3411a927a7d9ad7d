/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Find folios that user space does not map, by their flags in /proc/kpageflags.
 *
 * Folios of guest_memfd are UNEVICTABLE and, unlike locked memory, neither MMAP nor ANON nor
 * SWAPBACKED.  After fallocate() they are not UPTODATE until the guest's first access
 * (kvm_gmem_get_pfn() in virt/kvm/guest_memfd.c); other folios are hardly ever in that state.
 *
 * All of it needs CAP_SYS_ADMIN.
 */
#ifndef SELFTEST_KVM_MIGRATE_MM_PAGEFLAGS_SCAN_H
#define SELFTEST_KVM_MIGRATE_MM_PAGEFLAGS_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct folio_info;

/* PFNs in ascending order. */
struct pfn_set {
	uint64_t *pfns;
	size_t nr, room;
};

void pfn_set_free(struct pfn_set *set);
bool pfn_set_has(const struct pfn_set *set, uint64_t pfn);

/* Remove from @set all members of @other. */
void pfn_set_subtract(struct pfn_set *set, const struct pfn_set *other);

/*
 * @nr pages had the frames @before, and @frames are in use now: give the pages their frames in
 * @pfns, those that moved in ascending order.  No page gets the frame that it left; 0: there is
 * none for it.
 */
void pfn_set_assign(const struct pfn_set *frames, const bool *moved, const uint64_t *before,
		    uint64_t *pfns, size_t nr);

/* Returns why frames cannot be found by their flags, as a reason to skip, or NULL. */
const char *pageflags_skip_reason(void);

/* Returns the node of frame @pfn, by the zones of /proc/zoneinfo, or -ENOENT. */
int pfn_to_node(uint64_t pfn);

/* Describe the page in frame @pfn; 0 is an unknown frame: node -ENOENT, no flags. */
void pfn_inspect(uint64_t pfn, struct folio_info *info);

/* Whether @flags are those of an unevictable, unmapped folio with content, or without. */
bool pageflags_unmapped_uptodate(uint64_t flags);
bool pageflags_unmapped_not_uptodate(uint64_t flags);

/* Collects in @set the frames whose flags @match. */
struct pageflags_query {
	bool (*match)(uint64_t flags);
	struct pfn_set *set;
};

/*
 * Answer @nr queries in one pass over all frames; the sets lose what they had.  Call lru_drain()
 * first: a query may match only folios on their LRU list.  Threads share the work; a million frames
 * take a CPU about 0.1 s.  Asserts success.
 */
void pageflags_scan(const struct pageflags_query *queries, size_t nr);

#endif /* SELFTEST_KVM_MIGRATE_MM_PAGEFLAGS_SCAN_H */
