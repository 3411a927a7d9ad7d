// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kvm_util.h"
#include "kselftest.h"
#include "migrate/mm/numa.h"
#include "migrate/mm/vmstat.h"
#include "migrate/movable_ops/movable_ops.h"

/* A worker may free pages late, and CPUs sum up counters late. */
#define LOOK_TRIES	20
#define LOOK_NS		5000000

const char *ops_skip_reason(const struct ops_kind *kind)
{
	const char *reason = kind->skip_reason() ?: pageflags_skip_reason();

	if (reason)
		return reason;
	if (!vmstat_refresh())
		return "counters cannot be brought up to date (be root)";
	if (!vmstat_has(kind->counter))
		return "the kernel does not count such pages (Linux 6.16)";
	if (vmstat_read(NUMA_ANY_NODE, kind->counter))
		return "the system has pages of this kind already (swapoff, remove zram devices, "
		       "deflate the balloon)";
	return NULL;
}

/* One pass over all frames, for all kinds. */
static void collect(struct ops_pages *pages, int nr)
{
	struct pageflags_query queries[OPS_KINDS_MAX];
	int i;

	for (i = 0; i < nr; i++)
		queries[i] = (struct pageflags_query) { pages[i].kind->is_page, &pages[i].frames };
	lru_drain();
	pageflags_scan(queries, nr);
}

void ops_open(struct ops_pages *pages, int nr)
{
	int i;

	collect(pages, nr);
	for (i = 0; i < nr; i++) {
		pages[i].others = pages[i].frames;
		pages[i].frames = (struct pfn_set) {};
		pages[i].kind->open(&pages[i]);
	}
}

size_t ops_frames_on(const struct ops_pages *pages, int node)
{
	size_t i, nr = 0;

	for (i = 0; i < pages->frames.nr; i++)
		nr += pfn_to_node(pages->frames.pfns[i]) == node;
	return nr;
}

/* How many frames of the last look are isolated now. */
static size_t count_isolated(const struct ops_pages *pages)
{
	size_t i, isolated = 0;

	for (i = 0; i < pages->frames.nr; i++) {
		uint64_t flags = pageflags_get(pages->frames.pfns[i]);

		isolated += pages->kind->is_page(flags) && (flags & FOLIO_FLAG(RECLAIM));
	}
	return isolated;
}

bool ops_node_counters_agree(const struct ops_pages *pages, bool print)
{
	struct nodemask nodes;
	bool good = true;
	int node;

	TEST_ASSERT(!numa_usable_nodes(&nodes), "cannot read the nodes");
	for_each_node_in(node, &nodes) {
		long long here = vmstat_read(node, pages->kind->counter);
		size_t found = ops_frames_on(pages, node);

		if (here == (long long)found)
			continue;
		good = false;
		if (print)
			ksft_print_msg("%s: %zu frames on node %d, %s there is %lld\n",
				       pages->kind->name, found, node, pages->kind->counter, here);
	}
	return good;
}

/* Whether the owner and the kernel count as many pages, which takes no pass over all frames. */
static bool counts_agree(const struct ops_pages *pages, int nr)
{
	bool agree = true;
	int i;

	for (i = 0; i < nr; i++)
		agree &= vmstat_read(NUMA_ANY_NODE, pages[i].kind->counter) ==
			 (long long)pages[i].kind->count(&pages[i]);
	return agree;
}

/* Compare the three counts; @print reports those that disagree. */
static bool frames_agree(const struct ops_pages *pages, bool print)
{
	long long all = vmstat_read(NUMA_ANY_NODE, pages->kind->counter);
	size_t count = pages->kind->count(pages), isolated = count_isolated(pages);
	const char *name = pages->kind->name;

	if (print && count != pages->frames.nr)
		ksft_print_msg("%s: %zu pages by the owner's count, %zu frames with such flags\n",
			       name, count, pages->frames.nr);
	if (print && isolated)
		ksft_print_msg("%s: %zu pages stay isolated\n", name, isolated);
	if (print && all != (long long)count)
		ksft_print_msg("%s: %zu pages by the owner's count, %lld by %s\n", name, count,
			       all, pages->kind->counter);
	return (pages->kind->counter_stays || ops_node_counters_agree(pages, print)) &&
	       count == pages->frames.nr && !isolated && all == (long long)count;
}

static bool look(struct ops_pages *pages, int nr, bool print)
{
	bool agree = true;
	int i;

	collect(pages, nr);
	for (i = 0; i < nr; i++) {
		pfn_set_subtract(&pages[i].frames, &pages[i].others);
		agree &= frames_agree(&pages[i], print);
	}
	return agree;
}

bool ops_look(struct ops_pages *pages, int nr)
{
	const struct timespec moment = { .tv_nsec = LOOK_NS };
	int tries;

	for (tries = 1; tries < LOOK_TRIES; tries++) {
		vmstat_refresh();
		if (counts_agree(pages, nr) && look(pages, nr, false))
			return true;
		nanosleep(&moment, NULL);
	}
	vmstat_refresh();
	return look(pages, nr, true);
}

bool ops_close(struct ops_pages *pages, int nr)
{
	bool gone;
	int i;

	for (i = 0; i < nr; i++)
		pages[i].kind->drop(&pages[i]);
	gone = ops_look(pages, nr);
	for (i = 0; i < nr; i++) {
		const struct pfn_set *left = &pages[i].frames;

		gone &= !left->nr;
		if (left->nr)
			ksft_print_msg("%s: %zu pages are left that should be free, the first in "
				       "0x%" PRIx64 "\n", pages[i].kind->name, left->nr,
				       left->pfns[0]);
		pages[i].kind->close(&pages[i]);
		pfn_set_free(&pages[i].others);
		pfn_set_free(&pages[i].frames);
		pfn_set_free(&pages[i].before);
	}
	return gone;
}

void ops_note(struct ops_pages *pages)
{
	const struct pfn_set *frames = &pages->frames;
	struct pfn_set *before = &pages->before;

	before->pfns = realloc(before->pfns, (frames->nr + 1) * sizeof(*before->pfns));
	TEST_ASSERT(before->pfns, "out of memory");
	memcpy(before->pfns, frames->pfns, frames->nr * sizeof(*before->pfns));
	before->nr = before->room = frames->nr;
	pages->left = NULL;
	pages->moves_before = vmstat_read(NUMA_ANY_NODE, pages->kind->moves);
}

static bool has_left(const struct ops_pages *pages, size_t i)
{
	return (pages->left && pages->left[i]) ||
	       !pfn_set_has(&pages->frames, pages->before.pfns[i]);
}

size_t ops_left(const struct ops_pages *pages)
{
	size_t i, left = 0;

	for (i = 0; i < pages->before.nr; i++)
		left += has_left(pages, i);
	return left;
}

void ops_describe(const struct ops_pages *pages, struct folio_info *info)
{
	size_t i, nr = pages->before.nr;
	uint64_t *pfns = calloc(nr + 1, sizeof(*pfns));
	bool *moved = calloc(nr + 1, sizeof(*moved));

	TEST_ASSERT(pfns && moved, "out of memory");
	for (i = 0; i < nr; i++)
		moved[i] = has_left(pages, i);
	pfn_set_assign(&pages->frames, moved, pages->before.pfns, pfns, nr);
	for (i = 0; i < nr; i++)
		pfn_inspect(pfns[i], &info[i]);
	free(pfns);
	free(moved);
}
