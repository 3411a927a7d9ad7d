// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kvm_util.h"
#include "numaif.h"
#include "migrate/ballast.h"
#include "migrate/folio.h"
#include "migrate/numa.h"

/* Sixteen page blocks of 2 MiB. */
#define BALLAST_BYTES	(32UL << 20)

struct frame {
	uint64_t pfn;
	char *page;
};

static int by_pfn(const void *a, const void *b)
{
	uint64_t x = ((const struct frame *)a)->pfn, y = ((const struct frame *)b)->pfn;

	return x < y ? -1 : x > y;
}

/* The ballast's pages in the order of their frames. */
static struct frame *frames_in_order(const struct ballast *ballast)
{
	struct frame *frames = calloc(ballast->nr_pages, sizeof(*frames));
	uint64_t *entries = calloc(ballast->nr_pages, sizeof(*entries));
	size_t i;

	TEST_ASSERT(frames && entries, "out of memory");
	TEST_ASSERT(!pagemap_read(ballast->mem, ballast->nr_pages, entries),
		    "cannot read pagemap");
	for (i = 0; i < ballast->nr_pages; i++) {
		frames[i].pfn = pagemap_pfn(entries[i]);
		frames[i].page = (char *)ballast->mem + i * getpagesize();
	}
	free(entries);
	qsort(frames, ballast->nr_pages, sizeof(*frames), by_pfn);
	return frames;
}

static void release(const struct frame *frame)
{
	kvm_madvise(frame->page, getpagesize(), MADV_DONTNEED);
}

static void pin(struct ballast *ballast)
{
	cpu_set_t here;

	kvm_sched_getaffinity(0, sizeof(ballast->cpus), &ballast->cpus);
	CPU_ZERO(&here);
	CPU_SET(sched_getcpu(), &here);
	kvm_sched_setaffinity(0, sizeof(here), &here);
}

void ballast_unpin(const struct ballast *ballast)
{
	cpu_set_t cpus = ballast->cpus;

	kvm_sched_setaffinity(0, sizeof(cpus), &cpus);
}

void ballast_open(struct ballast *ballast, int node)
{
	struct nodemask mask = nodemask_of(node);
	struct frame *frames;
	size_t nr, i;

	pin(ballast);
	ballast->nr_pages = nr = BALLAST_BYTES / getpagesize();
	ballast->mem = kvm_mmap(BALLAST_BYTES, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1);
	kvm_mbind(ballast->mem, BALLAST_BYTES, MPOL_BIND, mask.bits, NODEMASK_MAXNODE, 0);
	/* A kernel without huge pages has no such advice, and needs none. */
	madvise(ballast->mem, BALLAST_BYTES, MADV_NOHUGEPAGE);
	memset(ballast->mem, 0x6b, BALLAST_BYTES);
	frames = frames_in_order(ballast);
	for (i = nr / 16; i < nr; i++)
		if (i % 8)
			release(&frames[i]);
	for (i = 0; i < nr / 16; i += 2)
		release(&frames[i]);
	free(frames);
}

void ballast_close(struct ballast *ballast)
{
	kvm_munmap(ballast->mem, BALLAST_BYTES);
	ballast_unpin(ballast);
}
