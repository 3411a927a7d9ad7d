// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kvm_util.h"
#include "migrate/gmem/gmem_vm.h"
#include "migrate/gmem/unmapped_pfns.h"

/* Other guest_memfds may be filled at the same time. */
#define POPULATE_TRIES 5

/* A placement may have allocated the file (migrate/trigger/placement.h), without content. */
static bool is_allocated(const struct gmem_vm *gvm)
{
	struct stat stat;

	return !fstat(gvm->fd, &stat) &&
	       stat.st_blocks * 512 == (off_t)(gvm->nr_pages * gvm->page_size);
}

/* Take candidate @i if it is filled and no page has taken it. */
static bool take_if_filled(const struct pfn_set *candidates, bool *taken, size_t i)
{
	if (i >= candidates->nr || taken[i] ||
	    !pageflags_unmapped_uptodate(pageflags_get(candidates->pfns[i])))
		return false;
	taken[i] = true;
	return true;
}

/* Neighbours in the file are often neighbours in memory: search from @hint. */
static bool find_filled(const struct pfn_set *candidates, bool *taken, size_t hint,
			size_t *found)
{
	size_t distance;

	for (distance = 0; distance < candidates->nr; distance++) {
		*found = hint + distance;
		if (take_if_filled(candidates, taken, *found))
			return true;
		*found = hint - distance;
		if (distance && take_if_filled(candidates, taken, *found))
			return true;
	}
	return false;
}

static bool fill_and_match(struct unmapped_pfns *unmapped, struct gmem_vm *gvm,
			   const struct pfn_set *candidates)
{
	bool *taken = calloc(candidates->nr + 1, sizeof(*taken)), good = true;
	size_t page, at = 0;

	TEST_ASSERT(taken, "out of memory");
	gmem_next_round(gvm);
	for (page = 0; page < gvm->nr_pages && good; page++) {
		gmem_guest_fill_page(gvm, page);
		good = find_filled(candidates, taken, at, &at);
		if (good)
			unmapped->pfns[page] = candidates->pfns[at];
	}
	/* One filled candidate too many is a page of another guest_memfd. */
	good = good && !find_filled(candidates, taken, 0, &at);
	free(taken);
	return good;
}

/* Find the unmapped folios without content, or with; a set may be NULL. */
static void scan(struct pfn_set *fresh, struct pfn_set *filled)
{
	const struct pageflags_query queries[] = {
		{ pageflags_unmapped_not_uptodate, fresh },
		{ pageflags_unmapped_uptodate, filled },
	};
	int r = pageflags_scan(queries + !fresh, !!fresh + !!filled);

	TEST_ASSERT(!r, "cannot read the flags of all frames: %s", strerror(-r));
}

static void alloc_arrays(struct unmapped_pfns *unmapped, size_t nr_pages)
{
	unmapped->nr_pages = nr_pages;
	unmapped->pfns = calloc(nr_pages, sizeof(*unmapped->pfns));
	unmapped->before = calloc(nr_pages, sizeof(*unmapped->before));
	unmapped->left = calloc(nr_pages, sizeof(*unmapped->left));
	TEST_ASSERT(unmapped->pfns && unmapped->before && unmapped->left, "out of memory");
}

static void populate(struct unmapped_pfns *unmapped, struct gmem_vm *gvm, int node)
{
	struct pfn_set candidates = {};
	bool found = false;
	int tries;

	unmapped_pfns_free(unmapped);
	alloc_arrays(unmapped, gvm->nr_pages);
	for (tries = 0; tries < POPULATE_TRIES && !found; tries++) {
		if (tries || !is_allocated(gvm)) {
			gmem_punch(gvm, 0, gvm->nr_pages);
			gmem_allocate(gvm, 0, gvm->nr_pages, node);
		}
		lru_drain();
		scan(&candidates, &unmapped->others);
		found = fill_and_match(unmapped, gvm, &candidates);
	}
	TEST_ASSERT(found, "no frame found for each of %zu pages: %zu unevictable, unmapped folios "
		    "without content", gvm->nr_pages, candidates.nr);
	pfn_set_free(&candidates);
}

void unmapped_pfns_allocate(struct unmapped_pfns *unmapped, struct gmem_vm *gvm, int node)
{
	struct pfn_set found = {};
	int tries;

	unmapped_pfns_free(unmapped);
	alloc_arrays(unmapped, gvm->nr_pages);
	unmapped->fresh = true;
	for (tries = 0; tries < POPULATE_TRIES && found.nr != gvm->nr_pages; tries++) {
		gmem_punch(gvm, 0, gvm->nr_pages);
		gmem_allocate(gvm, 0, gvm->nr_pages, node);
		lru_drain();
		scan(&found, NULL);
	}
	TEST_ASSERT(found.nr == gvm->nr_pages, "%zu unevictable, unmapped folios without content "
		    "for %zu pages", found.nr, gvm->nr_pages);
	memcpy(unmapped->pfns, found.pfns, found.nr * sizeof(*found.pfns));
	pfn_set_free(&found);
}

void unmapped_pfns_free(struct unmapped_pfns *unmapped)
{
	free(unmapped->pfns);
	free(unmapped->before);
	free(unmapped->left);
	pfn_set_free(&unmapped->others);
	memset(unmapped, 0, sizeof(*unmapped));
}

static void look_before(struct unmapped_pfns *unmapped, struct folio_info *info)
{
	size_t i;

	for (i = 0; i < unmapped->nr_pages; i++) {
		unmapped->before[i] = unmapped->pfns[i];
		unmapped->left[i] = false;
		pfn_inspect(unmapped->pfns[i], &info[i]);
	}
}

/* Whether @pfn still has a folio with the flags of our pages. */
static bool is_ours(const struct unmapped_pfns *unmapped, uint64_t pfn)
{
	uint64_t flags = pageflags_get(pfn);

	return unmapped->fresh ? pageflags_unmapped_not_uptodate(flags)
			       : pageflags_unmapped_uptodate(flags);
}

static void look_after(struct unmapped_pfns *unmapped, struct folio_info *info)
{
	size_t i, nr = unmapped->nr_pages, nr_moved = 0;
	bool *moved = calloc(nr, sizeof(*moved));
	struct pfn_set now = {};

	TEST_ASSERT(moved, "out of memory");
	for (i = 0; i < nr; i++) {
		unmapped->pfns[i] = unmapped->before[i];
		moved[i] = unmapped->left[i] || !is_ours(unmapped, unmapped->before[i]);
		nr_moved += moved[i];
	}
	if (nr_moved) {
		scan(unmapped->fresh ? &now : NULL, unmapped->fresh ? NULL : &now);
		pfn_set_subtract(&now, &unmapped->others);
		pfn_set_assign(&now, moved, unmapped->pfns, nr);
	}
	for (i = 0; i < nr; i++)
		pfn_inspect(unmapped->pfns[i], &info[i]);
	pfn_set_free(&now);
	free(moved);
}

const struct unmapped_ops unmapped_by_flags = {
	.skip_reason = pageflags_skip_reason,
	.frame_is = pageflags_unmapped_uptodate,
	.populate = populate,
	.look_before = look_before,
	.look_after = look_after,
	.free = unmapped_pfns_free,
};
