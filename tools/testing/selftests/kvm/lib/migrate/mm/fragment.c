// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "kvm_util.h"
#include "migrate/mm/folio.h"
#include "migrate/mm/fragment.h"
#include "migrate/mm/numa.h"

/* Sixteen page blocks of 2 MiB. */
#define FRAGMENT_BYTES	(32UL << 20)

struct frame {
	uint64_t pfn;
	size_t page;
};

static int by_pfn(const void *a, const void *b)
{
	uint64_t x = ((const struct frame *)a)->pfn, y = ((const struct frame *)b)->pfn;

	return x < y ? -1 : x > y;
}

/* Returns the pages in the order of their PFNs, for free(). */
static struct frame *frames_in_order(const struct fragment *fragment)
{
	struct frame *frames = calloc(fragment->nr_pages, sizeof(*frames));
	uint64_t *entries = calloc(fragment->nr_pages, sizeof(*entries));
	size_t i;

	TEST_ASSERT(frames && entries, "out of memory");
	TEST_ASSERT(!pagemap_read(fragment->mem, fragment->nr_pages, entries),
		    "cannot read pagemap");
	for (i = 0; i < fragment->nr_pages; i++)
		frames[i] = (struct frame){ .pfn = pagemap_pfn(entries[i]), .page = i };
	free(entries);
	qsort(frames, fragment->nr_pages, sizeof(*frames), by_pfn);
	return frames;
}

/* Free the pages that @freed marks.  Few calls: frames are mostly in the order of the pages. */
static void free_pages(const struct fragment *fragment, const bool *freed)
{
	size_t page, end, nr = fragment->nr_pages;

	for (page = 0; page < nr; page = end + 1) {
		for (end = page; end < nr && freed[end]; end++)
			;
		if (end > page)
			kvm_madvise((char *)fragment->mem + page * getpagesize(),
				    (end - page) * getpagesize(), MADV_DONTNEED);
	}
}

void fragment_unpin(const struct fragment *fragment)
{
	cpu_set_t cpus = fragment->cpus;

	kvm_sched_setaffinity(0, sizeof(cpus), &cpus);
}

void fragment_open(struct fragment *fragment, int node)
{
	size_t nr = FRAGMENT_BYTES / getpagesize(), i;
	struct frame *frames;
	bool *freed;

	kvm_sched_getaffinity(0, sizeof(fragment->cpus), &fragment->cpus);
	pin_self_to_any_cpu();
	fragment->nr_pages = nr;
	fragment->mem = numa_mmap(FRAGMENT_BYTES, MAP_PRIVATE, node);
	kvm_madvise(fragment->mem, FRAGMENT_BYTES, MADV_POPULATE_WRITE);
	frames = frames_in_order(fragment);
	freed = calloc(nr, sizeof(*freed));
	TEST_ASSERT(freed, "out of memory");
	for (i = nr / 16; i < nr; i++)
		freed[frames[i].page] = i % 8;
	free_pages(fragment, freed);
	memset(freed, 0, nr * sizeof(*freed));
	for (i = 0; i < nr / 16; i += 2)
		freed[frames[i].page] = true;
	free_pages(fragment, freed);
	free(freed);
	free(frames);
}

void fragment_close(struct fragment *fragment)
{
	kvm_munmap(fragment->mem, FRAGMENT_BYTES);
	fragment_unpin(fragment);
}
