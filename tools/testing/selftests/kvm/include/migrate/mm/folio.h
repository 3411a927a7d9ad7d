/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The node, PFN and flags of pages that this process maps.
 *
 * move_pages() without a target gives the node and needs no privilege.  The PFN is from
 * /proc/self/pagemap, the flags are from /proc/kpageflags: without CAP_SYS_ADMIN the kernel shows
 * PFNs as 0 and refuses the flags (Documentation/admin-guide/mm/pagemap.rst).
 */
#ifndef SELFTEST_KVM_MIGRATE_MM_FOLIO_H
#define SELFTEST_KVM_MIGRATE_MM_FOLIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/kernel-page-flags.h>

struct folio_info {
	int node;		/* or -errno: -ENOENT nothing mapped, -EFAULT no mapping at all */
	uint64_t pfn;		/* 0: not mapped, or hidden from this task */
	uint64_t flags;		/* bits of KPF_*; 0: not readable */
};

#define FOLIO_FLAG(name) (1ULL << KPF_##name)

/*
 * Describe the @nr_pages pages that are mapped from @addr on, without a page fault.
 * Returns 0 or -errno; hidden PFNs and flags are no error.
 */
int folio_inspect(const void *addr, size_t nr_pages, struct folio_info *info);

/*
 * Drain the per-CPU LRU batches, whose folios lack the flags LRU and UNEVICTABLE.  move_pages()
 * does that first (lru_cache_disable() in mm/migrate.c), even for no pages.
 */
void lru_drain(void);

/* Returns whether the kernel shows PFNs and page flags to this task. */
bool folio_pfns_visible(void);

/* The bits KPF_* of frame @pfn; 0 where they cannot be read. */
uint64_t pageflags_get(uint64_t pfn);

/* Whether pagemap entry @entry is of a page in memory, and its PFN (0: there is none). */
bool pagemap_present(uint64_t entry);
uint64_t pagemap_pfn(uint64_t entry);

/* Read @nr_pages entries of /proc/self/pagemap from @addr on.  Returns 0 or -errno. */
int pagemap_read(const void *addr, size_t nr_pages, uint64_t *entries);

/*
 * Write the names of the bits in @flags to @text, separated by spaces: "UPTODATE LRU MMAP".  A bit
 * without a name is its number: "#40".  Returns @text.
 */
char *folio_flag_names(uint64_t flags, char *text, size_t size);

#endif /* SELFTEST_KVM_MIGRATE_MM_FOLIO_H */
