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

struct fragment {
	char *mem;
	cpu_set_t cpus;		/* of the thread before */
};

struct frame {
	uint64_t pfn;
	char *page;
};

static int by_pfn(const void *a, const void *b)
{
	uint64_t x = ((const struct frame *)a)->pfn, y = ((const struct frame *)b)->pfn;

	return x < y ? -1 : x > y;
}

/* Returns the @nr pages in the order of their PFNs, for free(). */
static struct frame *frames_in_order(char *mem, size_t nr)
{
	struct frame *frames = calloc(nr, sizeof(*frames));
	uint64_t *entries = calloc(nr, sizeof(*entries));
	size_t i;

	TEST_ASSERT(frames && entries, "out of memory");
	TEST_ASSERT(!pagemap_read(mem, nr, entries), "cannot read pagemap");
	for (i = 0; i < nr; i++) {
		frames[i].pfn = pagemap_pfn(entries[i]);
		frames[i].page = mem + i * getpagesize();
	}
	free(entries);
	qsort(frames, nr, sizeof(*frames), by_pfn);
	return frames;
}

void fragment_unpin(struct fragment *fragment)
{
	kvm_sched_setaffinity(0, sizeof(fragment->cpus), &fragment->cpus);
}

struct fragment *fragment_open(int node)
{
	size_t nr = FRAGMENT_BYTES / getpagesize(), i;
	struct fragment *fragment = malloc(sizeof(*fragment));
	struct frame *frames;

	TEST_ASSERT(fragment, "out of memory");
	kvm_sched_getaffinity(0, sizeof(fragment->cpus), &fragment->cpus);
	pin_self_to_any_cpu();
	fragment->mem = numa_mmap(FRAGMENT_BYTES, MAP_PRIVATE, node);
	memset(fragment->mem, 0x6b, FRAGMENT_BYTES);
	frames = frames_in_order(fragment->mem, nr);
	for (i = nr / 16; i < nr; i++)
		if (i % 8)
			kvm_madvise(frames[i].page, getpagesize(), MADV_DONTNEED);
	for (i = 0; i < nr / 16; i += 2)
		kvm_madvise(frames[i].page, getpagesize(), MADV_DONTNEED);
	free(frames);
	return fragment;
}

void fragment_close(struct fragment *fragment)
{
	kvm_munmap(fragment->mem, FRAGMENT_BYTES);
	fragment_unpin(fragment);
	free(fragment);
}
