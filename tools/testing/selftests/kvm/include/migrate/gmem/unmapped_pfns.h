/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frames of a guest_memfd that host user space cannot map, so that neither pagemap nor
 * move_pages() show them.  They are found by their flags (migrate/mm/pageflags_scan.h):
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
 * A folio has moved when its frame is no longer that of an unmapped, unevictable folio.  Which new
 * frame is of which moved page is unknown, so the pages get them in ascending order.  The guest
 * checks the content.
 */
#ifndef SELFTEST_KVM_MIGRATE_GMEM_UNMAPPED_PFNS_H
#define SELFTEST_KVM_MIGRATE_GMEM_UNMAPPED_PFNS_H

#include <stdbool.h>
#include <stdint.h>

#include "migrate/mm/folio.h"
#include "migrate/mm/pageflags_scan.h"

struct gmem_vm;

struct unmapped_pfns {
	size_t nr_pages;
	uint64_t *pfns;			/* of each page, at the last look */
	uint64_t *before;		/* at the last look_before() */
	bool *left;			/* set by triggers: the page has left its frame before */
	bool fresh;			/* the folios are not UPTODATE yet */
	struct pfn_set others;		/* unmapped frames that are not ours */
};

/* What a kind of VM names, so that programs without these kinds need none of it. */
struct unmapped_ops {
	const char *(*skip_reason)(void);
	/* Returns whether a frame with these page flags is still that of a filled page. */
	bool (*frame_is)(uint64_t flags);
	/* Allocate all pages of @gvm on @node, have the guest fill them, and find their frames. */
	void (*populate)(struct unmapped_pfns *unmapped, struct gmem_vm *gvm, int node);
	/* Describe the pages before and after a trigger; an unknown PFN is 0, with node -ENOENT. */
	void (*look_before)(struct unmapped_pfns *unmapped, struct folio_info *info);
	void (*look_after)(struct unmapped_pfns *unmapped, struct folio_info *info);
	void (*free)(struct unmapped_pfns *unmapped);
};

extern const struct unmapped_ops unmapped_by_flags;

void unmapped_pfns_free(struct unmapped_pfns *unmapped);

/*
 * Allocate all pages of @gvm on @node and find their frames; which page has which is unknown.  The
 * folios stay without content.
 */
void unmapped_pfns_allocate(struct unmapped_pfns *unmapped, struct gmem_vm *gvm, int node);

#endif /* SELFTEST_KVM_MIGRATE_GMEM_UNMAPPED_PFNS_H */
