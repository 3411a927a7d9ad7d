// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "migrate/folio.h"
#include "migrate/frames.h"
#include "migrate/numa.h"

#define KPAGEFLAGS "/proc/kpageflags"

/* Frames asked for in one read(). */
#define CHUNK 8192

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

const char *frames_missing(void)
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

int frame_node(uint64_t pfn)
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

uint64_t frame_flags(uint64_t pfn)
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

void frame_describe(uint64_t pfn, struct folio_info *info)
{
	info->pfn = pfn;
	info->flags = pfn ? frame_flags(pfn) : 0;
	info->node = pfn ? frame_node(pfn) : -ENOENT;
}

static bool unmapped(uint64_t flags)
{
	return (flags & FOLIO_FLAG(UNEVICTABLE)) && !(flags & NEVER_SET);
}

bool frame_flags_filled(uint64_t flags)
{
	return unmapped(flags) && (flags & FOLIO_FLAG(UPTODATE));
}

bool frame_flags_fresh(uint64_t flags)
{
	return unmapped(flags) && (flags & FOLIO_FLAG(LRU)) && !(flags & FOLIO_FLAG(UPTODATE));
}

static int frame_set_add(struct frame_set *set, uint64_t pfn)
{
	uint64_t *pfns;

	if (!set)
		return 0;
	if (set->nr == set->room) {
		pfns = realloc(set->pfns, (set->room + CHUNK) * sizeof(*pfns));
		if (!pfns)
			return -ENOMEM;
		set->pfns = pfns;
		set->room += CHUNK;
	}
	set->pfns[set->nr++] = pfn;
	return 0;
}

void frame_set_free(struct frame_set *set)
{
	free(set->pfns);
	*set = (struct frame_set){};
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void frame_set_sort(struct frame_set *set)
{
	if (set && set->nr)
		qsort(set->pfns, set->nr, sizeof(*set->pfns), compare);
}

bool frame_set_has(const struct frame_set *set, uint64_t pfn)
{
	return set->nr && bsearch(&pfn, set->pfns, set->nr, sizeof(pfn), compare);
}

/* Of each frame's flags: the sets it belongs to, and what takes it for them. */
struct search {
	struct {
		bool (*takes)(uint64_t flags);
		struct frame_set *set;
	} for_set[2];
};

static int note_frames(const uint64_t *flags, size_t nr, uint64_t first,
		       const struct search *search)
{
	size_t i, j;
	int r = 0;

	for (i = 0; i < nr && !r; i++)
		for (j = 0; j < 2 && !r; j++)
			if (search->for_set[j].set && search->for_set[j].takes(flags[i]))
				r = frame_set_add(search->for_set[j].set, first + i);
	return r;
}

static int scan_span(int fd, const struct span *span, const struct search *search)
{
	static uint64_t flags[CHUNK];
	uint64_t pfn = span->first;
	ssize_t n;
	int r = 0;

	while (pfn < span->end && !r) {
		size_t left = span->end - pfn, nr = left < CHUNK ? left : CHUNK;

		n = pread(fd, flags, nr * sizeof(*flags), pfn * sizeof(*flags));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		/* A span may end in frames that the file does not have any more. */
		nr = n / sizeof(*flags);
		if (!nr)
			break;
		r = note_frames(flags, nr, pfn, search);
		pfn += nr;
	}
	return r;
}

static int scan(int node, const struct search *search)
{
	int fd = open_flags(), r = fd < 0 ? fd : need_spans();
	size_t i;

	for (i = 0; i < 2; i++)
		if (search->for_set[i].set)
			search->for_set[i].set->nr = 0;
	for (i = 0; i < nr_spans && !r; i++)
		if (node == NUMA_ANY_NODE || node == spans[i].node)
			r = scan_span(fd, &spans[i], search);
	if (fd >= 0)
		close(fd);
	for (i = 0; i < 2; i++)
		frame_set_sort(search->for_set[i].set);
	return r;
}

int frames_scan(int node, struct frame_set *fresh_set, struct frame_set *filled)
{
	const struct search search = {
		{ { frame_flags_fresh, fresh_set }, { frame_flags_filled, filled } },
	};

	return scan(node, &search);
}

int frames_collect(int node, bool (*wanted)(uint64_t flags), struct frame_set *set)
{
	const struct search search = { { { wanted, set } } };

	return scan(node, &search);
}
