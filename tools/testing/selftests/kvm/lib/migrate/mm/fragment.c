// SPDX-License-Identifier: GPL-2.0-only
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
	char *page;
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
	for (i = 0; i < fragment->nr_pages; i++) {
		frames[i].pfn = pagemap_pfn(entries[i]);
		frames[i].page = (char *)fragment->mem + i * getpagesize();
	}
	free(entries);
	qsort(frames, fragment->nr_pages, sizeof(*frames), by_pfn);
	return frames;
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

	kvm_sched_getaffinity(0, sizeof(fragment->cpus), &fragment->cpus);
	pin_self_to_any_cpu();
	fragment->nr_pages = nr;
	fragment->mem = numa_mmap(FRAGMENT_BYTES, MAP_PRIVATE, node);
	memset(fragment->mem, 0x6b, FRAGMENT_BYTES);
	frames = frames_in_order(fragment);
	for (i = nr / 16; i < nr; i++)
		if (i % 8)
			kvm_madvise(frames[i].page, getpagesize(), MADV_DONTNEED);
	for (i = 0; i < nr / 16; i += 2)
		kvm_madvise(frames[i].page, getpagesize(), MADV_DONTNEED);
	free(frames);
}

void fragment_close(struct fragment *fragment)
{
	kvm_munmap(fragment->mem, FRAGMENT_BYTES);
	fragment_unpin(fragment);
}
