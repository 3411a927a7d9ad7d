// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "kvm_util.h"
#include "migrate/gmem/unmapped_pfns.h"
#include "migrate/mm/folio.h"
#include "migrate/mm/pageflags_scan.h"

/* Other guest_memfds may be filled at the same time. */
#define POPULATE_TRIES 5

struct unmapped_pfns {
	uint64_t *pfns;			/* of each page, at the last look */
	uint64_t *before;		/* before the trigger */
	struct pfn_set others;		/* unmapped frames that are not ours */
	bool (*is_ours)(uint64_t flags);	/* the folios are UPTODATE, or not yet */
};

void unmapped_pfns_free(struct gmem_vm *gvm)
{
	if (gvm->finder)
		gvm->finder->free(gvm);
}

/*
 * Take the first candidate that is filled, searching from @at in both directions: neighbours in the
 * file are often neighbours in memory.  Returns its frame, or 0.
 */
static uint64_t take_filled(struct pfn_set *candidates, size_t *at)
{
	size_t distance, i;
	uint64_t pfn;

	for (distance = 0; distance < 2 * candidates->nr; distance++) {
		i = distance % 2 ? *at + (distance + 1) / 2 : *at - distance / 2;
		pfn = i < candidates->nr ? candidates->pfns[i] : 0;
		if (!pfn || !pageflags_unmapped_uptodate(pageflags_get(pfn)))
			continue;
		candidates->pfns[i] = 0;
		*at = i;
		return pfn;
	}
	return 0;
}

static bool fill_and_match(struct gmem_vm *gvm, struct pfn_set *candidates,
			   void (*fill_page)(struct gmem_vm *gvm, size_t page))
{
	const struct unmapped_pfns *unmapped = gvm->unmapped;
	size_t page, at = 0;

	gmem_next_round(gvm);
	for (page = 0; page < gvm->nr_pages; page++) {
		fill_page(gvm, page);
		unmapped->pfns[page] = take_filled(candidates, &at);
		if (!unmapped->pfns[page])
			return false;
	}
	/* One filled candidate too many is a page of another guest_memfd. */
	return !take_filled(candidates, &at);
}

void unmapped_allocate(struct gmem_vm *gvm, int node, bool again)
{
	if (again || gvm->nr_placed != gvm->nr_pages) {
		gmem_punch(gvm, 0, gvm->nr_pages);
		gmem_allocate(gvm, 0, gvm->nr_pages, node);
	}
	/* The file does not tell: its st_blocks is always 0. */
	gvm->nr_placed = 0;
}

/* Find the unmapped folios without content, and those with, which are not ours. */
static void allocate(struct gmem_vm *gvm, int node, bool again, struct pfn_set *fresh)
{
	struct unmapped_pfns *unmapped = gvm->unmapped;
	const struct pageflags_query queries[] = {
		{ pageflags_unmapped_not_uptodate, fresh },
		{ pageflags_unmapped_uptodate, &unmapped->others },
	};

	unmapped_allocate(gvm, node, again);
	lru_drain();
	pageflags_scan(queries, ARRAY_SIZE(queries));
}

static void start(struct gmem_vm *gvm, bool (*is_ours)(uint64_t flags))
{
	struct unmapped_pfns *unmapped = calloc(1, sizeof(*unmapped));
	uint64_t *pfns = calloc(2 * gvm->nr_pages, sizeof(*pfns));

	unmapped_pfns_free(gvm);
	gvm->finder = &unmapped_by_flags;
	gvm->unmapped = unmapped;
	gvm->left = calloc(gvm->nr_pages, sizeof(*gvm->left));
	TEST_ASSERT(unmapped && pfns && gvm->left, "out of memory");
	unmapped->is_ours = is_ours;
	unmapped->pfns = pfns;
	unmapped->before = pfns + gvm->nr_pages;
}

static void populate_by(struct gmem_vm *gvm, int node,
			void (*fill_page)(struct gmem_vm *gvm, size_t page))
{
	struct pfn_set candidates = {};
	bool found = false;
	int tries;

	start(gvm, pageflags_unmapped_uptodate);
	for (tries = 0; tries < POPULATE_TRIES && !found; tries++) {
		allocate(gvm, node, tries, &candidates);
		found = fill_and_match(gvm, &candidates, fill_page);
	}
	TEST_ASSERT(found, "no frame found for each of %zu pages: %zu unevictable, unmapped folios "
		    "without content", gvm->nr_pages, candidates.nr);
	pfn_set_free(&candidates);
}

static void populate(struct gmem_vm *gvm, int node)
{
	populate_by(gvm, node, gmem_guest_fill_page);
}

void unmapped_pfns_launch(struct gmem_vm *gvm, int node)
{
	populate_by(gvm, node, gmem_launch_fill);
}

void unmapped_pfns_allocate(struct gmem_vm *gvm, int node)
{
	struct unmapped_pfns *unmapped;
	struct pfn_set found = {};
	int tries;

	start(gvm, pageflags_unmapped_not_uptodate);
	for (tries = 0; tries < POPULATE_TRIES && found.nr != gvm->nr_pages; tries++)
		allocate(gvm, node, true, &found);
	TEST_ASSERT(found.nr == gvm->nr_pages, "%zu unevictable, unmapped folios without content "
		    "for %zu pages", found.nr, gvm->nr_pages);
	unmapped = gvm->unmapped;
	memcpy(unmapped->pfns, found.pfns, found.nr * sizeof(*found.pfns));
	pfn_set_free(&found);
}

static void flags_free(struct gmem_vm *gvm)
{
	struct unmapped_pfns *unmapped = gvm->unmapped;

	pfn_set_free(&unmapped->others);
	free(unmapped->pfns);
	free(unmapped);
	free(gvm->left);
	gvm->finder = NULL;
}

static void find_moved(struct gmem_vm *gvm)
{
	struct unmapped_pfns *unmapped = gvm->unmapped;
	struct pfn_set now = {};
	const struct pageflags_query query = { unmapped->is_ours, &now };
	bool moved = false;
	size_t i;

	for (i = 0; i < gvm->nr_pages; i++) {
		if (!unmapped->is_ours(pageflags_get(unmapped->before[i])))
			gvm->left[i] = true;
		moved |= gvm->left[i];
	}
	if (moved)
		pageflags_scan(&query, 1);
	pfn_set_subtract(&now, &unmapped->others);
	pfn_set_assign(&now, gvm->left, unmapped->before, unmapped->pfns, gvm->nr_pages);
	pfn_set_free(&now);
}

static void look(struct gmem_vm *gvm, struct folio_info *info, bool after)
{
	struct unmapped_pfns *unmapped = gvm->unmapped;
	size_t i, nr = gvm->nr_pages;

	if (after) {
		find_moved(gvm);
	} else {
		memcpy(unmapped->before, unmapped->pfns, nr * sizeof(*unmapped->pfns));
		memset(gvm->left, 0, nr * sizeof(*gvm->left));
	}
	for (i = 0; i < nr; i++)
		pfn_inspect(unmapped->pfns[i], &info[i]);
}

const struct unmapped_ops unmapped_by_flags = {
	.skip_reason = pageflags_skip_reason,
	.frame_is = pageflags_unmapped_uptodate,
	.populate = populate,
	.look = look,
	.free = flags_free,
};
