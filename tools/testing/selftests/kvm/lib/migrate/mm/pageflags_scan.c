// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kvm_util.h"
#include "migrate/mm/folio.h"
#include "migrate/mm/pageflags_scan.h"

#define KPAGEFLAGS "/proc/kpageflags"

/* Frames per read(). */
#define BATCH 8192

/* One thread takes 16 seconds for the frames of a terabyte. */
#define THREADS_MAX 16

/* Flags that no unmapped folio of guest_memfd has. */
#define NEVER_SET (FOLIO_FLAG(MMAP) | FOLIO_FLAG(ANON) | FOLIO_FLAG(SWAPBACKED) |	\
		   FOLIO_FLAG(SLAB) | FOLIO_FLAG(BUDDY) | FOLIO_FLAG(HWPOISON) |	\
		   FOLIO_FLAG(NOPAGE))

/* The frames of a zone. */
struct span {
	int node;
	uint64_t first, end;
};

/* Read once. */
static struct span *spans;
static size_t nr_spans;

static void add_span(int node, uint64_t first, uint64_t nr)
{
	if (!nr)
		return;
	spans = realloc(spans, (nr_spans + 1) * sizeof(*spans));
	TEST_ASSERT(spans, "out of memory");
	spans[nr_spans++] = (struct span){ .node = node, .first = first, .end = first + nr };
}

/*
 * Each zone has a line with its node, then among others its size and its first PFN.  Returns
 * whether there are zones.
 */
static bool read_spans(void)
{
	FILE *file = nr_spans ? NULL : fopen("/proc/zoneinfo", "re");
	uint64_t spanned = 0, first;
	char line[256];
	int node = -1;

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Node %d, zone", &node) == 1)
			spanned = 0;
		else if (sscanf(line, " spanned %" SCNu64, &spanned) == 1)
			continue;
		else if (sscanf(line, " start_pfn: %" SCNu64, &first) == 1)
			add_span(node, first, spanned);
	}
	if (file)
		fclose(file);
	return nr_spans;
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
		return "PFNs are hidden (be root)";
	if (!read_spans())
		return "the zones of the nodes are unknown (mount /proc, be root)";
	if (nodes_overlap())
		return "address ranges of several nodes overlap (needs one range per node)";
	return NULL;
}

int pfn_to_node(uint64_t pfn)
{
	size_t i;

	read_spans();
	for (i = 0; i < nr_spans; i++)
		if (pfn >= spans[i].first && pfn < spans[i].end)
			return spans[i].node;
	return -ENOENT;
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

static void pfn_set_add(struct pfn_set *set, uint64_t pfn)
{
	if (set->nr == set->room) {
		set->room += BATCH;
		set->pfns = realloc(set->pfns, set->room * sizeof(*set->pfns));
		TEST_ASSERT(set->pfns, "out of memory");
	}
	set->pfns[set->nr++] = pfn;
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

static void pfn_set_sort(struct pfn_set *set)
{
	if (set->nr)
		qsort(set->pfns, set->nr, sizeof(*set->pfns), compare);
}

bool pfn_set_has(const struct pfn_set *set, uint64_t pfn)
{
	return set->nr && bsearch(&pfn, set->pfns, set->nr, sizeof(pfn), compare);
}

void pfn_set_subtract(struct pfn_set *set, const struct pfn_set *other)
{
	size_t i, nr = 0;

	for (i = 0; i < set->nr; i++)
		if (!pfn_set_has(other, set->pfns[i]))
			set->pfns[nr++] = set->pfns[i];
	set->nr = nr;
}

void pfn_set_assign(const struct pfn_set *frames, const bool *moved, const uint64_t *before,
		    uint64_t *pfns, size_t nr)
{
	struct pfn_set stayed = {};
	size_t i, last = nr, at = 0;
	uint64_t pfn;

	for (i = 0; i < nr; i++)
		if (!moved[i])
			pfn_set_add(&stayed, before[i]);
	pfn_set_sort(&stayed);
	for (i = 0; i < nr; i++) {
		pfns[i] = before[i];
		if (!moved[i])
			continue;
		while (at < frames->nr && pfn_set_has(&stayed, frames->pfns[at]))
			at++;
		pfns[i] = at < frames->nr ? frames->pfns[at++] : 0;
		/* A page that gets the frame that it left: exchange it for that of a neighbour. */
		if (last < nr && (pfns[i] == before[i] || pfns[last] == before[last])) {
			pfn = pfns[i];
			pfns[i] = pfns[last];
			pfns[last] = pfn;
		}
		last = i;
	}
	if (last < nr && pfns[last] == before[last])
		pfns[last] = 0;
	pfn_set_free(&stayed);
}

/* A pass over all frames, which threads share: each takes the next batch. */
struct scan {
	const struct pageflags_query *queries;
	size_t nr_queries;
	int fd;
	pthread_mutex_t lock;		/* of the rest, and of the sets */
	size_t span;			/* the next batch is in this one ... */
	uint64_t taken;			/* ... after so many frames */
};

/* Returns how many frames are in the next batch, from *@first on; 0: there is none. */
static size_t take_batch(struct scan *scan, uint64_t *first)
{
	uint64_t left;

	for (; scan->span < nr_spans; scan->span++, scan->taken = 0) {
		*first = spans[scan->span].first + scan->taken;
		left = spans[scan->span].end - *first;
		if (!left)
			continue;
		left = left < BATCH ? left : BATCH;
		scan->taken += left;
		return left;
	}
	return 0;
}

static void match_frames(const struct scan *scan, const uint64_t *flags, size_t nr, uint64_t first)
{
	size_t i, q;

	for (i = 0; i < nr; i++)
		for (q = 0; q < scan->nr_queries; q++)
			if (scan->queries[q].match(flags[i]))
				pfn_set_add(scan->queries[q].set, first + i);
}

/* The kernel's part, which is not locked, takes nearly all of the time. */
static void *scan_batches(void *data)
{
	struct scan *scan = data;
	uint64_t flags[BATCH], first;
	ssize_t n;
	size_t nr;

	pthread_mutex_lock(&scan->lock);
	while ((nr = take_batch(scan, &first))) {
		pthread_mutex_unlock(&scan->lock);
		/* Less where a zone ends beyond the file. */
		n = pread(scan->fd, flags, nr * sizeof(*flags), first * sizeof(*flags));
		TEST_ASSERT(n >= 0, "cannot read the flags of all frames: %s", strerror(errno));
		pthread_mutex_lock(&scan->lock);
		match_frames(scan, flags, n / sizeof(*flags), first);
	}
	pthread_mutex_unlock(&scan->lock);
	return NULL;
}

void pageflags_scan(const struct pageflags_query *queries, size_t nr)
{
	struct scan scan = {
		.queries = queries,
		.nr_queries = nr,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.fd = open(KPAGEFLAGS, O_RDONLY | O_CLOEXEC),
	};
	pthread_t threads[THREADS_MAX];
	int i, nr_threads = sysconf(_SC_NPROCESSORS_ONLN);
	size_t q;

	TEST_ASSERT(scan.fd >= 0 && read_spans(), "cannot read the flags of all frames: %s",
		    strerror(errno));
	for (q = 0; q < nr; q++)
		queries[q].set->nr = 0;
	if (nr_threads > THREADS_MAX)
		nr_threads = THREADS_MAX;
	for (i = 0; i < nr_threads; i++)
		kvm_pthread_create(&threads[i], NULL, scan_batches, &scan);
	for (i = 0; i < nr_threads; i++)
		kvm_pthread_join(threads[i], NULL);
	close(scan.fd);
	for (q = 0; q < nr; q++)
		pfn_set_sort(queries[q].set);
}
