/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a page of this process is: its node, its page frame, its flags.
 *
 * The node comes from move_pages() without a target and needs no privilege.  The PFN comes from
 * /proc/self/pagemap and the flags from /proc/kpageflags; without CAP_SYS_ADMIN the kernel shows
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
 * Describe the @nr_pages pages that are mapped from @addr on.  Faults nothing in.
 * Returns 0 or -errno; hidden PFNs and flags are no error.
 */
int folio_inspect(const void *addr, size_t nr_pages, struct folio_info *info);

/*
 * Have every CPU put the folios that it holds back in batches on their LRU lists: only then do
 * their flags say LRU and UNEVICTABLE.  move_pages() does so first (lru_cache_disable() in
 * mm/migrate.c), for no pages too.
 */
void lru_drain(void);

/* Whether this task is shown PFNs and page flags. */
bool folio_pfns_visible(void);

/* Whether pagemap entry @entry says "in memory", and the frame it names. */
bool pagemap_present(uint64_t entry);
uint64_t pagemap_pfn(uint64_t entry);

/* Read @nr_pages entries of /proc/self/pagemap from @addr on.  Returns 0 or -errno. */
int pagemap_read(const void *addr, size_t nr_pages, uint64_t *entries);

/*
 * Write the names of the bits in @flags to @text, a space between two: "UPTODATE LRU MMAP".  A bit
 * without a name is its number, "#40".  Returns @text.
 */
char *folio_flag_names(uint64_t flags, char *text, size_t size);

#endif /* SELFTEST_KVM_MIGRATE_MM_FOLIO_H */
