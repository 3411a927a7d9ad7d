/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frames of a guest_memfd that host user space cannot map, so that neither pagemap nor
 * move_pages() show them.
 *
 * unmapped_by_trace: a trace event of KVM names gpa and frame of each page fault of the guest
 * (migrate/gmem/fault_event.h).  The guest fills all pages.  A folio has moved when its frame is no
 * longer that of an unmapped, unevictable folio; then the guest reads a word of the page, and the
 * fault names the new frame.  Without tracefs or the event it leaves the work to:
 *
 * unmapped_by_flags: frames are found by their flags (migrate/mm/pageflags_scan.h):
 *
 *	punch a hole		the file has no folio
 *	fallocate()		each page has a folio that is not UPTODATE
 *	scan all frames		frames that are not UPTODATE are candidates; unmapped frames that
 *				are UPTODATE are not ours
 *	the guest fills page 0, page 1 ...	a candidate becomes UPTODATE: the frame of that page
 *
 * At the end as many candidates must be UPTODATE as the file has pages.  Otherwise another
 * guest_memfd was filled at the same time, and populating starts over.
 *
 * The guest writes because soft offlining drops a clean folio instead of migrating it
 * (mapping_evict_folio() in mm/truncate.c), also where the mapping is unmovable.
 *
 * Which new frame is of which moved page is unknown then, so the pages get them in ascending order.
 * The guest checks the content.
 */
#ifndef SELFTEST_KVM_MIGRATE_GMEM_UNMAPPED_PFNS_H
#define SELFTEST_KVM_MIGRATE_GMEM_UNMAPPED_PFNS_H

#include "migrate/gmem/gmem_vm.h"

extern const struct unmapped_ops unmapped_by_trace, unmapped_by_flags;

/*
 * Allocate all pages of @gvm on @node and find their frames; which page has which is unknown.  The
 * folios stay without content.
 */
void unmapped_pfns_allocate(struct gmem_vm *gvm, int node);

/*
 * Allocate all pages of @gvm on @node, launch them with their pattern, and find their frames.  Only
 * before the first command to the guest (gmem_launch_fill()).
 */
void unmapped_pfns_launch(struct gmem_vm *gvm, int node);

/* Allocate all pages of @gvm on @node anew, if @again or unless a placement has allocated them. */
void unmapped_allocate(struct gmem_vm *gvm, int node, bool again);

/* Forget the frames: the host maps the pages now. */
void unmapped_pfns_free(struct gmem_vm *gvm);

#endif /* SELFTEST_KVM_MIGRATE_GMEM_UNMAPPED_PFNS_H */
