// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "kvm_util.h"
#include "numaif.h"
#include "migrate/gmem/gmem_vm.h"
#include "migrate/gmem/unmapped_pfns.h"
#include "migrate/mm/numa.h"

/* How often somebody else may populate a guest_memfd at the same time. */
#define POPULATE_TRIES 5

/* A layout of memory may have seen to it (migrate/trigger/placement.h); without content as yet. */
static bool is_allocated(const struct gmem_vm *gvm)
{
	struct stat stat;

	return !fstat(gvm->fd, &stat) &&
	       stat.st_blocks * 512 == (off_t)(gvm->nr_pages * gvm->page_size);
}

static bool take_if_filled(const struct pfn_set *candidates, bool *taken, size_t i)
{
	if (i >= candidates->nr || taken[i] ||
	    !pageflags_unmapped_uptodate(pageflags_get(candidates->pfns[i])))
		return false;
	taken[i] = true;
	return true;
}

/* Neighbours in the file tend to be neighbours in memory: search around @hint. */
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

/* Whether a candidate is filled that no page has taken. */
static bool one_too_many(const struct pfn_set *candidates, bool *taken)
{
	size_t found;

	return find_filled(candidates, taken, 0, &found);
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
	good = good && !one_too_many(candidates, taken);
	free(taken);
	return good;
}

static void scan(struct pfn_set *fresh, struct pfn_set *filled)
{
	int r = pageflags_scan(NUMA_ANY_NODE, fresh, filled);

	TEST_ASSERT(!r, "cannot look at all frames: %s", strerror(-r));
}

static void make_room(struct unmapped_pfns *unmapped, size_t nr_pages)
{
	unmapped->nr_pages = nr_pages;
	unmapped->pfns = calloc(nr_pages, sizeof(*unmapped->pfns));
	unmapped->before = calloc(nr_pages, sizeof(*unmapped->before));
	unmapped->left = calloc(nr_pages, sizeof(*unmapped->left));
	TEST_ASSERT(unmapped->pfns && unmapped->before && unmapped->left, "out of memory");
}

void unmapped_pfns_populate(struct unmapped_pfns *unmapped, struct gmem_vm *gvm, int node)
{
	struct pfn_set candidates = {};
	bool found = false;
	int tries;

	unmapped_pfns_free(unmapped);
	make_room(unmapped, gvm->nr_pages);
	for (tries = 0; tries < POPULATE_TRIES && !found; tries++) {
		if (tries || !is_allocated(gvm)) {
			gmem_punch(gvm, 0, gvm->nr_pages);
			gmem_allocate(gvm, 0, gvm->nr_pages, node);
		}
		lru_drain();
		scan(&candidates, &unmapped->others);
		found = fill_and_match(unmapped, gvm, &candidates);
	}
	TEST_ASSERT(found, "no frame found for each of %zu pages: %zu unevictable folios without "
		    "content or mapping", gvm->nr_pages, candidates.nr);
	pfn_set_free(&candidates);
}

void unmapped_pfns_allocate(struct unmapped_pfns *unmapped, struct gmem_vm *gvm, int node)
{
	struct pfn_set found = {};
	int tries;

	unmapped_pfns_free(unmapped);
	make_room(unmapped, gvm->nr_pages);
	unmapped->fresh = true;
	for (tries = 0; tries < POPULATE_TRIES && found.nr != gvm->nr_pages; tries++) {
		gmem_punch(gvm, 0, gvm->nr_pages);
		gmem_allocate(gvm, 0, gvm->nr_pages, node);
		lru_drain();
		scan(&found, NULL);
	}
	TEST_ASSERT(found.nr == gvm->nr_pages, "%zu unevictable folios without content or mapping, "
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

void unmapped_pfns_look_before(struct unmapped_pfns *unmapped, struct folio_info *info)
{
	size_t i;

	for (i = 0; i < unmapped->nr_pages; i++) {
		unmapped->before[i] = unmapped->pfns[i];
		unmapped->left[i] = false;
		pfn_inspect(unmapped->pfns[i], &info[i]);
	}
}

/* The frame after *@at that may be of a moved page, or 0. */
static uint64_t next_new(const struct unmapped_pfns *unmapped, const struct pfn_set *now,
			 const struct pfn_set *kept, size_t *at)
{
	for (; *at < now->nr; (*at)++) {
		uint64_t pfn = now->pfns[*at];

		if (!pfn_set_has(&unmapped->others, pfn) && !pfn_set_has(kept, pfn))
			return now->pfns[(*at)++];
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* A frame that was given up is soon in use by the next folio: give it to any other moved page. */
static void swap_with_another(struct unmapped_pfns *unmapped, const bool *moved, size_t page)
{
	size_t i;

	for (i = 0; i < unmapped->nr_pages; i++) {
		if (i == page || !moved[i])
			continue;
		unmapped->pfns[page] = unmapped->pfns[i];
		unmapped->pfns[i] = unmapped->before[page];
		return;
	}
	unmapped->pfns[page] = 0;
}

/* Give a new frame to each page that has none since the others, in @kept, stayed. */
static void place_moved(struct unmapped_pfns *unmapped, const struct pfn_set *kept,
			const bool *moved)
{
	struct pfn_set now = {};
	size_t i, at = 0;

	if (unmapped->fresh)
		scan(&now, NULL);
	else
		scan(NULL, &now);
	for (i = 0; i < unmapped->nr_pages; i++)
		if (moved[i])
			unmapped->pfns[i] = next_new(unmapped, &now, kept, &at);
	for (i = 0; i < unmapped->nr_pages; i++)
		if (moved[i] && unmapped->pfns[i] == unmapped->before[i])
			swap_with_another(unmapped, moved, i);
	pfn_set_free(&now);
}

/* Of flags, whether they may be of one of the pages. */
static bool is_ours(const struct unmapped_pfns *unmapped, uint64_t flags)
{
	return unmapped->fresh ? pageflags_unmapped_not_uptodate(flags)
			       : pageflags_unmapped_uptodate(flags);
}

void unmapped_pfns_look_after(struct unmapped_pfns *unmapped, struct folio_info *info)
{
	size_t i, nr = unmapped->nr_pages;
	struct pfn_set kept = { .pfns = calloc(nr, sizeof(*kept.pfns)), .room = nr };
	bool *moved = calloc(nr, sizeof(*moved));

	TEST_ASSERT(kept.pfns && moved, "out of memory");
	for (i = 0; i < nr; i++) {
		uint64_t pfn = unmapped->before[i];

		moved[i] = unmapped->left[i] || !is_ours(unmapped, pageflags_get(pfn));
		unmapped->pfns[i] = pfn;
		if (!moved[i])
			kept.pfns[kept.nr++] = pfn;
	}
	qsort(kept.pfns, kept.nr, sizeof(*kept.pfns), compare);
	if (kept.nr < nr)
		place_moved(unmapped, &kept, moved);
	for (i = 0; i < nr; i++)
		pfn_inspect(unmapped->pfns[i], &info[i]);
	pfn_set_free(&kept);
	free(moved);
}

void assert_host_access_faults(const struct gmem_vm *gvm)
{
	size_t page, size = gvm->nr_pages * gvm->page_size;
	void *mem;

	if (gvm->kind->gmem_flags & GUEST_MEMFD_FLAG_MMAP) {
		for (page = 0; page < gvm->nr_pages; page++)
			TEST_EXPECT_SIGBUS(READ_ONCE(*(char *)gmem_page(gvm, page)));
		return;
	}
	mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, gvm->fd, 0);
	TEST_ASSERT(mem == MAP_FAILED && errno == ENODEV,
		    "mmap() of a guest_memfd without MMAP: %p, %s", mem, strerror(errno));
}
