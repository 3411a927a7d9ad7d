// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kvm_util.h"
#include "kselftest.h"
#include "migrate/mm/folio.h"
#include "migrate/mm/numa.h"
#include "migrate/mm/vmstat.h"
#include "migrate/movable_ops/ops_pages.h"

/* A worker may free pages late, and CPUs sum up counters late. */
#define LOOK_TRIES	20
#define LOOK_NS		5000000

const char *ops_skip_reason(const struct ops_kind *kind)
{
	const char *reason = pageflags_skip_reason();

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

static void collect(const struct ops_pages *pages, struct pfn_set *set)
{
	const struct pageflags_query query = { pages->kind->is_page, set };
	int r;

	lru_drain();
	r = pageflags_scan(&query, 1);
	TEST_ASSERT(!r, "cannot read the flags of all frames: %s", strerror(-r));
}

void ops_open(struct ops_pages *pages, const struct ops_kind *kind, int node, size_t nr_pages,
	      uint64_t seed)
{
	*pages = (struct ops_pages) {
		.kind = kind,
		.node = node,
		.nr_pages = nr_pages,
		.seed = seed,
	};
	collect(pages, &pages->others);
	kind->open(pages);
}

static size_t frames_on(const struct ops_pages *pages, int node)
{
	size_t i, nr = 0;

	for (i = 0; i < pages->frames.nr; i++)
		nr += pfn_to_node(pages->frames.pfns[i]) == node;
	return nr;
}

/* Compare the three counts; @say reports those that disagree. */
static bool all_agree(const struct ops_pages *pages, bool say)
{
	size_t count = pages->kind->count(pages), isolated = ops_isolated(pages), found;
	const char *name = pages->kind->name;
	struct nodemask nodes;
	bool good = count == pages->frames.nr && !isolated;
	long long here;
	int node;

	if (say && count != pages->frames.nr)
		ksft_print_msg("%s: %zu pages by the owner's count, %zu frames with such flags\n",
			       name, count, pages->frames.nr);
	if (say && isolated)
		ksft_print_msg("%s: %zu pages stay isolated\n", name, isolated);
	here = vmstat_read(NUMA_ANY_NODE, pages->kind->counter);
	good &= here == (long long)count;
	if (say && here != (long long)count)
		ksft_print_msg("%s: %zu pages by the owner's count, %lld by %s\n", name, count,
			       here, pages->kind->counter);
	TEST_ASSERT(!numa_usable_nodes(&nodes), "cannot read the nodes");
	for_each_node_in(node, &nodes) {
		here = vmstat_read(node, pages->kind->counter);
		found = frames_on(pages, node);
		if (pages->kind->counter_stays || here == (long long)found)
			continue;
		good = false;
		if (say)
			ksft_print_msg("%s: %lld pages on node %d by %s, %zu frames\n", name,
				       here, node, pages->kind->counter, found);
	}
	return good;
}

void ops_report_counters(const struct ops_pages *pages)
{
	struct nodemask nodes;
	int node;

	if (!pages->kind->counter_stays || numa_usable_nodes(&nodes))
		return;
	for_each_node_in(node, &nodes) {
		long long here = vmstat_read(node, pages->kind->counter);
		size_t found = frames_on(pages, node);

		if (here != (long long)found)
			ksft_print_msg("%s: %zu pages on node %d, %s there is %lld\n",
				       pages->kind->name, found, node, pages->kind->counter, here);
	}
}

bool ops_look(struct ops_pages *pages)
{
	const struct timespec moment = { .tv_nsec = LOOK_NS };
	int tries;

	for (tries = 1; ; tries++) {
		vmstat_refresh();
		collect(pages, &pages->frames);
		pfn_set_subtract(&pages->frames, &pages->others);
		if (all_agree(pages, tries == LOOK_TRIES))
			return true;
		if (tries == LOOK_TRIES)
			return false;
		nanosleep(&moment, NULL);
	}
}

bool ops_close(struct ops_pages *pages)
{
	bool gone;

	pages->kind->drop(pages);
	gone = ops_look(pages) && !pages->frames.nr;
	if (pages->frames.nr)
		ksft_print_msg("%s: %zu pages are left that should be free, the first in 0x%lx\n",
			       pages->kind->name, pages->frames.nr, pages->frames.pfns[0]);
	pages->kind->close(pages);
	pfn_set_free(&pages->others);
	pfn_set_free(&pages->frames);
	pfn_set_free(&pages->before);
	free(pages->left);
	return gone;
}

void ops_note(struct ops_pages *pages)
{
	const struct pfn_set *frames = &pages->frames;
	struct pfn_set *before = &pages->before;

	pfn_set_free(before);
	free(pages->left);
	before->pfns = calloc(frames->nr + 1, sizeof(*before->pfns));
	pages->left = calloc(frames->nr + 1, sizeof(*pages->left));
	TEST_ASSERT(before->pfns && pages->left, "out of memory");
	memcpy(before->pfns, frames->pfns, frames->nr * sizeof(*before->pfns));
	before->nr = before->room = frames->nr;
}

static bool has_left(const struct ops_pages *pages, size_t i)
{
	return pages->left[i] || !pfn_set_has(&pages->frames, pages->before.pfns[i]);
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
	for (i = 0; i < nr; i++) {
		pfns[i] = pages->before.pfns[i];
		moved[i] = has_left(pages, i);
	}
	pfn_set_assign(&pages->frames, moved, pfns, nr);
	for (i = 0; i < nr; i++)
		pfn_inspect(pfns[i], &info[i]);
	free(pfns);
	free(moved);
}

size_t ops_isolated(const struct ops_pages *pages)
{
	size_t i, isolated = 0;

	for (i = 0; i < pages->frames.nr; i++) {
		uint64_t flags = pageflags_get(pages->frames.pfns[i]);

		isolated += pages->kind->is_page(flags) && (flags & FOLIO_FLAG(RECLAIM));
	}
	return isolated;
}
