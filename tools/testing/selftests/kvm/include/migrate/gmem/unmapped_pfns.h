/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the pages of a guest_memfd are that host user space cannot map, so that pagemap and
 * move_pages() know nothing of them.
 *
 * Populating works in steps that no other memory of the machine takes just then:
 *
 *	punch a hole		the file has no folio
 *	fallocate()		each has one, in a frame that is not UPTODATE
 *	go over all frames	those are the candidates; frames of other unmapped folios, which
 *				are UPTODATE, are noted to be told apart later
 *	the guest fills page 0, page 1 ...	a candidate becomes UPTODATE: the frame of that page
 *
 * In the end as many candidates are UPTODATE as the file has pages; otherwise somebody else did
 * the same, and it starts over.
 *
 * The guest writes before anything else: soft offlining drops a clean folio instead of moving it
 * (mapping_evict_folio() in mm/truncate.c), also one of an unmovable mapping.
 *
 * A folio has moved when its frame is no longer that of an unmapped, unevictable folio.  The new
 * frames are those that are now and were not before; which of them is whose is unknown, so they
 * are given to the moved pages in ascending order.  The guest can tell whether content is right.
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
	uint64_t *pfns;			/* of the pages, at the last look */
	uint64_t *before;		/* at the last unmapped_pfns_look_before() */
	bool *left;			/* triggers note here who left its frame before */
	bool fresh;			/* nobody has touched them yet: they are not UPTODATE */
	struct pfn_set others;	/* unmapped frames of somebody else */
};

/* Have the guest fill every page of @gvm, allocated on @node, and find the frames. */
void unmapped_pfns_populate(struct unmapped_pfns *unmapped, struct gmem_vm *gvm, int node);
void unmapped_pfns_free(struct unmapped_pfns *unmapped);

/*
 * Allocate every page of @gvm on @node, for nobody to touch, and find the frames: which is whose is
 * unknown, and makes no difference as yet.
 */
void unmapped_pfns_allocate(struct unmapped_pfns *unmapped, struct gmem_vm *gvm, int node);

/* Describe the pages; a frame that is unknown is 0, and the node of it -ENOENT. */
void unmapped_pfns_look_before(struct unmapped_pfns *unmapped, struct folio_info *info);
void unmapped_pfns_look_after(struct unmapped_pfns *unmapped, struct folio_info *info);

/*
 * Hold against @gvm that host user space cannot get at its memory: every touch is SIGBUS where the
 * file can be mapped, else mmap() fails.  Fails the test otherwise.
 */
void assert_host_access_faults(const struct gmem_vm *gvm);

#endif /* SELFTEST_KVM_MIGRATE_GMEM_UNMAPPED_PFNS_H */
