/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Simulated memory errors (memory_failure() in mm/memory-failure.c), and frames that soft offlining
 * has taken out of use.  Both are marked HWPOISON until they are unpoisoned, for which no file may
 * hold the frame.  A kernel that has seen a real memory error unpoisons nothing.
 */
#ifndef SELFTEST_KVM_MIGRATE_MM_HWPOISON_H
#define SELFTEST_KVM_MIGRATE_MM_HWPOISON_H

#include <stdbool.h>
#include <stdint.h>

#include "migrate/mm/pageflags_scan.h"

/* Returns why errors cannot be simulated, or not be undone, as a SKIP reason, or NULL. */
const char *hwpoison_skip_reason(void);

/*
 * Simulate an error in the page that is mapped at @addr (madvise(MADV_HWPOISON)), or in frame @pfn
 * (hard_offline_page in sysfs).  Return 0 or -errno.  SIGBUS of the first is ignored.
 *
 * guest_memfd keeps the folio, and memory_failure() then calls its handling failed: -EBUSY.
 */
int hwpoison_mapped(void *addr);
int hwpoison_phys(uint64_t pfn);

/* Returns why frames cannot be taken out of use and given back, as a SKIP reason, or NULL. */
const char *soft_offline_skip_reason(void);

/*
 * Take frame @pfn out of use (soft_offline_page in sysfs); give a marked frame back (unpoison-pfn
 * in debugfs).  Return 0 or -errno.
 */
int soft_offline_phys(uint64_t pfn);
int unpoison_memory(uint64_t pfn);

/*
 * Register an undo that unpoisons frame @pfn, before it is poisoned; run and drop it.  Returns 0 or
 * -errno; -ENOENT where the frame is not marked.
 */
void hwpoison_undo_add(uint64_t pfn);
int hwpoison_undo_run(uint64_t pfn);

/* Returns whether frame @pfn is marked. */
bool hwpoison_is_marked(uint64_t pfn);

/* Returns the marked frame of the page at @addr, whether mapped or not, or 0. */
uint64_t hwpoison_pfn_at(const void *addr);

/* Collect all marked frames in @set.  Unpoison those that are not in @before; returns how many. */
void hwpoison_scan(struct pfn_set *set);
size_t hwpoison_undo_since(const struct pfn_set *before);

/* Returns the memory that the kernel counts as poisoned (HardwareCorrupted), in KiB. */
long hwpoison_kib(void);

/* Read at @addr.  Returns the si_code of a SIGBUS for @addr, or 0 without one. */
int sigbus_code_at(const void *addr);

#endif /* SELFTEST_KVM_MIGRATE_MM_HWPOISON_H */
