// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "kvm_util.h"
#include "migrate/gmem/fault_event.h"
#include "migrate/gmem/unmapped_pfns.h"
#include "migrate/mm/folio.h"
#include "migrate/mm/pageflags_scan.h"
#include "migrate/mm/trace.h"

struct traced_pfns {
	struct trace trace;
	u64 *pfns;	/* of each page, at the last look */
	u64 *faulted;	/* frame of its last page fault since look(before), or 0 */
};

static void read_events(struct gmem_vm *gvm)
{
	struct traced_pfns *traced = gvm->unmapped;
	char line[512];
	size_t page;
	gpa_t gpa;
	u64 pfn;

	while (trace_read(&traced->trace, line, sizeof(line))) {
		if (!fault_event_parse(line, &gpa, &pfn))
			continue;
		page = gmem_page_at(gvm, gpa);
		if (page < gvm->nr_pages)
			traced->faulted[page] = pfn;
	}
}

/* What was before is over: forget the events, and what has moved. */
static void start_over(struct gmem_vm *gvm)
{
	struct traced_pfns *traced = gvm->unmapped;

	read_events(gvm);
	memset(traced->faulted, 0, gvm->nr_pages * sizeof(*traced->faulted));
	memset(gvm->left, 0, gvm->nr_pages * sizeof(*gvm->left));
}

static void traced_free(struct gmem_vm *gvm)
{
	struct traced_pfns *traced = gvm->unmapped;

	trace_close(&traced->trace);
	free(traced->pfns);
	free(traced->faulted);
	free(traced);
	free(gvm->left);
	gvm->finder = NULL;
}

/*
 * Each try of a placement populates anew.  The trace stays open: its buffers are unmovable memory,
 * which must not get into the place that the pages are to get.
 */
static bool traced_open(struct gmem_vm *gvm)
{
	struct traced_pfns *traced;
	struct trace trace;

	if (gvm->finder == &unmapped_by_trace)
		return true;
	unmapped_pfns_free(gvm);
	if (!fault_event || !trace_open(&trace, fault_event))
		return false;
	traced = calloc(1, sizeof(*traced));
	gvm->left = calloc(gvm->nr_pages, sizeof(*gvm->left));
	TEST_ASSERT(traced && gvm->left, "out of memory");
	traced->trace = trace;
	traced->pfns = calloc(gvm->nr_pages, sizeof(u64));
	traced->faulted = calloc(gvm->nr_pages, sizeof(u64));
	TEST_ASSERT(traced->pfns && traced->faulted, "out of memory");
	gvm->unmapped = traced;
	gvm->finder = &unmapped_by_trace;
	return true;
}

/* Each page has a frame of its own that holds an unmapped folio. */
static bool all_found(const struct gmem_vm *gvm)
{
	const struct traced_pfns *traced = gvm->unmapped;
	size_t i, nr = 0;

	for (i = 0; i < gvm->nr_pages; i++)
		nr += traced->pfns[i] &&
		      pageflags_unmapped_uptodate(pageflags_get(traced->pfns[i]));
	if (nr < gvm->nr_pages)
		ksft_print_msg("%s named the frames of %zu of %zu pages\n", fault_event, nr,
			       gvm->nr_pages);
	return nr == gvm->nr_pages;
}

/* The search takes long on a large machine. */
static void populate_by_search(struct gmem_vm *gvm, int node)
{
	ksft_print_msg("search the page flags of all memory for frames of the guest_memfd\n");
	unmapped_by_flags.populate(gvm, node);
}

/* KVM that emulates the guest's code has no page faults: then the search finds the frames. */
static void populate(struct gmem_vm *gvm, int node)
{
	struct traced_pfns *traced;

	if (!traced_open(gvm)) {
		ksft_print_msg("no trace event of the guest's page faults (mount tracefs)\n");
		populate_by_search(gvm, node);
		return;
	}
	start_over(gvm);
	unmapped_allocate(gvm, node, false);
	gmem_guest_fill(gvm);
	lru_drain();
	read_events(gvm);
	traced = gvm->unmapped;
	memcpy(traced->pfns, traced->faulted, gvm->nr_pages * sizeof(*traced->pfns));
	if (!all_found(gvm))
		populate_by_search(gvm, node);
}

/* Have the guest fault on the pages that have left their frames. */
static void touch(struct gmem_vm *gvm)
{
	size_t i;

	if (gmem_guest_running(gvm)) {
		gmem_guest_iterate(gvm);
		return;
	}
	for (i = 0; i < gvm->nr_pages; i++)
		if (gvm->left[i])
			gmem_guest_peek(gvm, i, 0);
}

static void find_moved(struct gmem_vm *gvm)
{
	struct traced_pfns *traced = gvm->unmapped;
	bool moved = false;
	size_t i;

	for (i = 0; i < gvm->nr_pages; i++) {
		if (!pageflags_unmapped_uptodate(pageflags_get(traced->pfns[i])))
			gvm->left[i] = true;
		moved |= gvm->left[i];
	}
	if (!moved)
		return;
	touch(gvm);
	read_events(gvm);
	for (i = 0; i < gvm->nr_pages; i++)
		if (gvm->left[i])
			traced->pfns[i] = traced->faulted[i];
}

static void look(struct gmem_vm *gvm, struct folio_info *info, bool after)
{
	struct traced_pfns *traced = gvm->unmapped;
	size_t i, nr = gvm->nr_pages;

	if (after)
		find_moved(gvm);
	else
		start_over(gvm);
	for (i = 0; i < nr; i++)
		pfn_inspect(traced->pfns[i], &info[i]);
}

const struct unmapped_ops unmapped_by_trace = {
	.skip_reason = pageflags_skip_reason,
	.frame_is = pageflags_unmapped_uptodate,
	.populate = populate,
	.look = look,
	.free = traced_free,
};
