// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kvm_util.h"
#include "migrate/mm/folio.h"
#include "migrate/mm/numa.h"
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

/* Each zone has a line with its node, then among others its size and its first PFN. */
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
		return "PFNs are hidden (be root)";
	if (need_spans())
		return "the zones of the nodes are unknown (mount /proc, be root)";
	if (nodes_overlap())
		return "address ranges of several nodes overlap (needs one range per node)";
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

static int pfn_set_add(struct pfn_set *set, uint64_t pfn)
{
	uint64_t *pfns;

	if (set->nr == set->room) {
		pfns = realloc(set->pfns, (set->room + BATCH) * sizeof(*pfns));
		if (!pfns)
			return -ENOMEM;
		set->pfns = pfns;
		set->room += BATCH;
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

/* Page @page got the frame that it left: exchange it for that of another moved page. */
static void exchange_frame(const bool *moved, uint64_t *pfns, size_t page, size_t nr)
{
	uint64_t own = pfns[page];
	size_t i;

	pfns[page] = 0;
	for (i = 0; i < nr; i++) {
		if (i == page || !moved[i])
			continue;
		pfns[page] = pfns[i];
		pfns[i] = own;
		return;
	}
}

void pfn_set_assign(const struct pfn_set *frames, const bool *moved, uint64_t *pfns, size_t nr)
{
	uint64_t *before = malloc((nr + 1) * sizeof(*before));
	struct pfn_set stayed = {}, left = {};
	size_t i, at = 0;

	TEST_ASSERT(before, "out of memory");
	for (i = 0; i < nr; i++) {
		before[i] = pfns[i];
		TEST_ASSERT(moved[i] || !pfn_set_add(&stayed, pfns[i]), "out of memory");
	}
	pfn_set_sort(&stayed);
	for (i = 0; i < frames->nr; i++)
		TEST_ASSERT(pfn_set_has(&stayed, frames->pfns[i]) ||
			    !pfn_set_add(&left, frames->pfns[i]), "out of memory");
	for (i = 0; i < nr; i++)
		if (moved[i])
			pfns[i] = at < left.nr ? left.pfns[at++] : 0;
	for (i = 0; i < nr; i++)
		if (moved[i] && pfns[i] == before[i])
			exchange_frame(moved, pfns, i, nr);
	pfn_set_free(&stayed);
	pfn_set_free(&left);
	free(before);
}

/* A pass over all frames, which threads share: each takes the next batch. */
struct scan {
	const struct pageflags_query *queries;
	size_t nr_queries;
	int fd;
	pthread_mutex_t lock;		/* of the rest, and of the sets */
	size_t span;			/* the next batch is in this one ... */
	uint64_t taken;			/* ... after so many frames */
	int error;
};

/* Returns how many frames are in the next batch, from *@first on; 0: there is none. */
static size_t take_batch(struct scan *scan, uint64_t *first)
{
	const struct span *span;
	uint64_t left;

	for (; scan->span < nr_spans && !scan->error; scan->span++, scan->taken = 0) {
		span = &spans[scan->span];
		left = span->end - span->first - scan->taken;
		if (!left)
			continue;
		*first = span->first + scan->taken;
		left = left < BATCH ? left : BATCH;
		scan->taken += left;
		return left;
	}
	return 0;
}

static int match_frames(const struct scan *scan, const uint64_t *flags, ssize_t nr, uint64_t first)
{
	const struct pageflags_query *query;
	ssize_t i;
	int r = 0;

	for (i = 0; i < nr; i++)
		for (query = scan->queries; query < scan->queries + scan->nr_queries && !r; query++)
			if (query->match(flags[i]))
				r = pfn_set_add(query->set, first + i);
	return r;
}

/* Returns how many frames were read, fewer where a zone ends beyond the file, or -errno. */
static ssize_t read_batch(int fd, uint64_t *flags, size_t nr, uint64_t first)
{
	ssize_t n;

	do
		n = pread(fd, flags, nr * sizeof(*flags), first * sizeof(*flags));
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n / (ssize_t)sizeof(*flags);
}

/* The kernel's part, which is not locked, takes nearly all of the time. */
static void *scan_batches(void *data)
{
	struct scan *scan = data;
	uint64_t flags[BATCH], first;
	ssize_t nr;

	pthread_mutex_lock(&scan->lock);
	while ((nr = take_batch(scan, &first))) {
		pthread_mutex_unlock(&scan->lock);
		nr = read_batch(scan->fd, flags, nr, first);
		pthread_mutex_lock(&scan->lock);
		scan->error = nr < 0 ? nr : match_frames(scan, flags, nr, first) ?: scan->error;
	}
	pthread_mutex_unlock(&scan->lock);
	return NULL;
}

/* Returns how many threads have a CPU each. */
static int scan_threads(void)
{
	cpu_set_t cpus;
	int nr;

	if (sched_getaffinity(0, sizeof(cpus), &cpus))
		return THREADS_MAX;
	nr = CPU_COUNT(&cpus);
	return nr < THREADS_MAX ? nr : THREADS_MAX;
}

static void scan_together(struct scan *scan)
{
	pthread_t threads[THREADS_MAX];
	int nr, wanted = scan_threads();

	for (nr = 1; nr < wanted; nr++)
		if (pthread_create(&threads[nr], NULL, scan_batches, scan))
			break;
	scan_batches(scan);
	while (--nr)
		pthread_join(threads[nr], NULL);
}

int pageflags_scan(const struct pageflags_query *queries, size_t nr)
{
	struct scan scan = {
		.queries = queries,
		.nr_queries = nr,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.error = need_spans(),
		.fd = open(KPAGEFLAGS, O_RDONLY | O_CLOEXEC),
	};
	size_t i;

	if (scan.fd < 0)
		return -errno;
	for (i = 0; i < nr; i++)
		queries[i].set->nr = 0;
	scan_together(&scan);
	close(scan.fd);
	for (i = 0; i < nr; i++)
		pfn_set_sort(queries[i].set);
	return scan.error;
}
