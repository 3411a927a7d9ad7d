// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "migrate/mm/folio.h"
#include "migrate/mm/numa.h"
#include "migrate/mm/pageflags_scan.h"

#define KPAGEFLAGS "/proc/kpageflags"

/* Frames asked for in one read(), and taken by one thread. */
#define PIECE 8192

/* A machine with a terabyte has 16 seconds worth of frames, and many CPUs. */
#define THREADS_MAX 16

/* Bits that no folio of guest_memfd has while user space does not map it. */
#define NEVER_SET (FOLIO_FLAG(MMAP) | FOLIO_FLAG(ANON) | FOLIO_FLAG(SWAPBACKED) |	\
		   FOLIO_FLAG(SLAB) | FOLIO_FLAG(BUDDY) | FOLIO_FLAG(HWPOISON) |	\
		   FOLIO_FLAG(NOPAGE))

/* Frames of one zone of a node. */
struct span {
	int node;
	uint64_t first, end;
};

/* Read once: memory does not come and go while a test runs. */
static struct span *spans;
static size_t nr_spans;

static int add_span(int node, uint64_t first, uint64_t nr)
{
	struct span *more;

	if (!nr)
		return 0;
	more = realloc(spans, (nr_spans + 1) * sizeof(*spans));
	if (!more)
		return -ENOMEM;
	spans = more;
	spans[nr_spans++] = (struct span){ .node = node, .first = first, .end = first + nr };
	return 0;
}

/* Of each zone: a line with its node, then among others its size and, last, its first frame. */
static int read_spans(void)
{
	FILE *file = fopen("/proc/zoneinfo", "re");
	uint64_t spanned = 0, first;
	char line[256];
	int node = -1, r = 0;

	if (!file)
		return -errno;
	while (!r && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Node %d, zone", &node) == 1)
			spanned = 0;
		else if (sscanf(line, " spanned %" SCNu64, &spanned) == 1)
			continue;
		else if (sscanf(line, " start_pfn: %" SCNu64, &first) == 1)
			r = add_span(node, first, spanned);
	}
	fclose(file);
	return r;
}

static int need_spans(void)
{
	int r = nr_spans ? 0 : read_spans();

	return r || nr_spans ? r : -ENODATA;
}

static bool nodes_overlap(void)
{
	size_t i, j;

	for (i = 0; i < nr_spans; i++)
		for (j = 0; j < i; j++)
			if (spans[i].node != spans[j].node && spans[i].first < spans[j].end &&
			    spans[j].first < spans[i].end)
				return true;
	return false;
}

const char *pageflags_skip_reason(void)
{
	if (!folio_pfns_visible() || access(KPAGEFLAGS, R_OK))
		return "page frames are hidden (be root)";
	if (need_spans())
		return "it is unknown which node a page frame is on (/proc/zoneinfo)";
	if (nodes_overlap())
		return "page frames of several nodes alternate (have the firmware put each in "
		       "one piece)";
	return NULL;
}

int pfn_to_node(uint64_t pfn)
{
	size_t i;

	if (need_spans())
		return -ENOENT;
	for (i = 0; i < nr_spans; i++)
		if (pfn >= spans[i].first && pfn < spans[i].end)
			return spans[i].node;
	return -ENOENT;
}

static int open_flags(void)
{
	int fd = open(KPAGEFLAGS, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

uint64_t pageflags_get(uint64_t pfn)
{
	int fd = open_flags();
	uint64_t flags = 0;

	if (fd < 0)
		return 0;
	if (pread(fd, &flags, sizeof(flags), pfn * sizeof(flags)) != sizeof(flags))
		flags = 0;
	close(fd);
	return flags;
}

void pfn_inspect(uint64_t pfn, struct folio_info *info)
{
	info->pfn = pfn;
	info->flags = pfn ? pageflags_get(pfn) : 0;
	info->node = pfn ? pfn_to_node(pfn) : -ENOENT;
}

static bool unmapped(uint64_t flags)
{
	return (flags & FOLIO_FLAG(UNEVICTABLE)) && !(flags & NEVER_SET);
}

bool pageflags_unmapped_uptodate(uint64_t flags)
{
	return unmapped(flags) && (flags & FOLIO_FLAG(UPTODATE));
}

bool pageflags_unmapped_not_uptodate(uint64_t flags)
{
	return unmapped(flags) && (flags & FOLIO_FLAG(LRU)) && !(flags & FOLIO_FLAG(UPTODATE));
}

static int frame_set_add(struct pfn_set *set, uint64_t pfn)
{
	uint64_t *pfns;

	if (!set)
		return 0;
	if (set->nr == set->room) {
		pfns = realloc(set->pfns, (set->room + PIECE) * sizeof(*pfns));
		if (!pfns)
			return -ENOMEM;
		set->pfns = pfns;
		set->room += PIECE;
	}
	set->pfns[set->nr++] = pfn;
	return 0;
}

void pfn_set_free(struct pfn_set *set)
{
	free(set->pfns);
	*set = (struct pfn_set){};
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void frame_set_sort(struct pfn_set *set)
{
	if (set && set->nr)
		qsort(set->pfns, set->nr, sizeof(*set->pfns), compare);
}

bool pfn_set_has(const struct pfn_set *set, uint64_t pfn)
{
	return set->nr && bsearch(&pfn, set->pfns, set->nr, sizeof(pfn), compare);
}

/* A look at all frames, which threads share: each takes the next piece. */
struct scan {
	int node, fd;
	struct {
		bool (*takes)(uint64_t flags);
		struct pfn_set *set;
	} for_set[2];
	pthread_mutex_t lock;
	size_t span;			/* from here on, and from this frame of it, ... */
	uint64_t taken;			/* ... nobody has looked */
	int error;
};

/* Returns how many frames are in the next piece, from *@first on; 0: there is none. */
static size_t take_piece(struct scan *scan, uint64_t *first)
{
	size_t nr = 0;

	while (scan->span < nr_spans && !scan->error && !nr) {
		const struct span *span = &spans[scan->span];
		uint64_t left = span->end - span->first - scan->taken;

		if (left && (scan->node == NUMA_ANY_NODE || scan->node == span->node)) {
			nr = left < PIECE ? left : PIECE;
			*first = span->first + scan->taken;
			scan->taken += nr;
		} else {
			scan->span++;
			scan->taken = 0;
		}
	}
	return nr;
}

static int note_frames(const struct scan *scan, const uint64_t *flags, ssize_t nr, uint64_t first)
{
	int j, r = 0;
	ssize_t i;

	for (i = 0; i < nr && !r; i++)
		for (j = 0; j < 2 && !r; j++)
			if (scan->for_set[j].set && scan->for_set[j].takes(flags[i]))
				r = frame_set_add(scan->for_set[j].set, first + i);
	return r;
}

/* Returns how many frames were read, or -errno: a span may end in some that the file has not. */
static ssize_t read_piece(int fd, uint64_t *flags, size_t nr, uint64_t first)
{
	ssize_t n;

	do
		n = pread(fd, flags, nr * sizeof(*flags), first * sizeof(*flags));
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n / (ssize_t)sizeof(*flags);
}

/* Nearly all of the time goes to the kernel's part: what is locked does not matter. */
static void *scan_pieces(void *data)
{
	struct scan *scan = data;
	uint64_t flags[PIECE], first;
	ssize_t nr;

	pthread_mutex_lock(&scan->lock);
	while ((nr = take_piece(scan, &first))) {
		pthread_mutex_unlock(&scan->lock);
		nr = read_piece(scan->fd, flags, nr, first);
		pthread_mutex_lock(&scan->lock);
		scan->error = nr < 0 ? nr : note_frames(scan, flags, nr, first) ?: scan->error;
	}
	pthread_mutex_unlock(&scan->lock);
	return NULL;
}

/* Threads that have a CPU each. */
static int scan_threads(void)
{
	cpu_set_t cpus;
	int nr;

	if (sched_getaffinity(0, sizeof(cpus), &cpus))
		return THREADS_MAX;
	nr = CPU_COUNT(&cpus);
	return nr < THREADS_MAX ? nr : THREADS_MAX;
}

/* This thread and as many others as can be had. */
static void scan_together(struct scan *scan)
{
	pthread_t threads[THREADS_MAX];
	int nr, wanted = scan_threads();

	for (nr = 1; nr < wanted; nr++)
		if (pthread_create(&threads[nr], NULL, scan_pieces, scan))
			break;
	scan_pieces(scan);
	while (--nr)
		pthread_join(threads[nr], NULL);
}

static int run_scan(struct scan *scan)
{
	size_t i;

	for (i = 0; i < 2; i++)
		if (scan->for_set[i].set)
			scan->for_set[i].set->nr = 0;
	scan->error = need_spans();
	scan->fd = open_flags();
	if (scan->fd < 0)
		return scan->fd;
	scan_together(scan);
	close(scan->fd);
	for (i = 0; i < 2; i++)
		frame_set_sort(scan->for_set[i].set);
	return scan->error;
}

int pageflags_scan(int node, struct pfn_set *fresh, struct pfn_set *filled)
{
	struct scan scan = {
		.node = node,
		.for_set = {{pageflags_unmapped_not_uptodate, fresh},
			    {pageflags_unmapped_uptodate, filled}},
		.lock = PTHREAD_MUTEX_INITIALIZER,
	};

	return run_scan(&scan);
}

int pageflags_collect(int node, bool (*wanted)(uint64_t flags), struct pfn_set *set)
{
	struct scan scan = {
		.node = node,
		.for_set = { { wanted, set } },
		.lock = PTHREAD_MUTEX_INITIALIZER,
	};

	return run_scan(&scan);
}
