// SPDX-License-Identifier: GPL-2.0-only
/*
 * The placements of struct trigger and of the zones.  A process has at most one of each kind.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm_util.h"
#include "migrate/gmem/gmem_vm.h"
#include "migrate/mm/cma.h"
#include "migrate/mm/fill_nodes.h"
#include "migrate/mm/fragment.h"
#include "migrate/mm/memory_block.h"
#include "migrate/mm/numa.h"
#include "migrate/mm/pageflags_scan.h"
#include "migrate/trigger/placement.h"

/* A suitable memory block goes offline at once. */
#define ENOUGH_FAILURES	100
#define ENOUGH_MS	500

/* Pages that per-CPU lists may hold, and a reserve for other processes. */
#define SLOP		256

/* ---- A memory block that can be taken offline ---------------------------------------------- */

static unsigned long block = NO_MEMORY_BLOCK;
static int plug = -1;

/*
 * Unmovable memory is allocated next to the kernel's own, in page blocks that cannot go offline.
 * So find a memory block without kernel memory and make it the last one of the node with free huge
 * pages: reserve the others, and use up the smaller free pieces for unmovable memory.  The next
 * unmovable pages are then from that block, and the rest is freed again.
 *
 *	[kernel|....|kernel|huge|huge]  [huge|huge|huge]  [pages under test|plug|.......]
 *		^ feeder				  ^ block
 */

/* Returns a memory block of the node, outside of ZONE_MOVABLE, that goes offline and back. */
static unsigned long find_block(int node)
{
	unsigned long at;

	for (at = memory_block_next(NO_MEMORY_BLOCK); at != NO_MEMORY_BLOCK;
	     at = memory_block_next(at)) {
		if (!memory_block_is_online(at) || memory_block_in_zone_movable(at) ||
		    memory_block_node(at) != node ||
		    memory_block_offline(at, ENOUGH_FAILURES, ENOUGH_MS))
			continue;
		memory_block_online(at);
		return at;
	}
	return NO_MEMORY_BLOCK;
}

static int offline_select_node(struct placement_state *state, const int *nodes, int nr)
{
	cpu_set_t cpus;
	int i;

	kvm_sched_getaffinity(0, sizeof(cpus), &cpus);
	for (i = nr - 1; i >= 0 && !state->moves; i--) {
		if (numa_free_bytes(nodes[i]) > FILL_MAX || !hugetlb_usable(nodes[i]) ||
		    !numa_pin_to_other(nodes[i]))
			continue;
		block = find_block(nodes[i]);
		if (block != NO_MEMORY_BLOCK)
			return nodes[i];
		kvm_sched_setaffinity(0, sizeof(cpus), &cpus);
	}
	return state->moves ? nodes[0] : -1;
}

/* Returns the free bytes of the node in page blocks for unmovable memory. */
static size_t unmovable_pieces(int node)
{
	return pagetypeinfo_free_pages(node, false, "Unmovable", 0) * getpagesize();
}

/*
 * Allocate twice: the file's page cache tree also takes memory, from the node of the task.  The
 * second time it reuses what the first one freed.
 */
int placement_feed(const struct placement_state *state)
{
	const struct gmem_vm *gvm = state->gvm;
	size_t size = unmovable_pieces(state->node) + SLOP * getpagesize();
	int feeder = vm_create_guest_memfd(gvm->vm, size, gvm->kind->gmem_flags);

	kvm_fallocate(feeder, FALLOC_FL_KEEP_SIZE, 0, size);
	kvm_fallocate(feeder, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 0, size);
	gmem_file_allocate(feeder, 0, size, state->node);
	return feeder;
}

/* Allocate the rest of the page blocks of the pages under test, so that the kernel cannot. */
static void plug_rest(const struct placement_state *state)
{
	size_t size = unmovable_pieces(state->node);

	if (!size)
		return;
	plug = vm_create_guest_memfd(state->gvm->vm, size, state->gvm->kind->gmem_flags);
	gmem_file_allocate(plug, 0, size, state->node);
}

/* An attempt to take a block offline drains the per-CPU lists. */
static int try_offline(int failures)
{
	int r = memory_block_offline(block, failures, ENOUGH_MS);

	if (!r)
		memory_block_online(block);
	return r;
}

/* The kernel itself must not run out of pieces: reserve everything at once. */
static void offline_setup(struct placement_state *state)
{
	struct gmem_vm *gvm = state->gvm;
	int tries, feeder, node = state->node;

	if (state->moves)
		return;
	gmem_punch(gvm, 0, gvm->nr_pages);
	/* For a new try: a page of the kernel may stay in the block before for long. */
	if (block == NO_MEMORY_BLOCK)
		block = find_block(node);
	if (block == NO_MEMORY_BLOCK)
		return;
	for (tries = 0; tries < 5; tries++) {
		size_t large = pagetypeinfo_free_pages(node, false, "Movable", hugetlb_order());

		if (large <= memory_block_pages())
			break;
		hugetlb_reserve(node, large - memory_block_pages() +
			       pagetypeinfo_free_pages(node, true, NULL, hugetlb_order()));
	}
	feeder = placement_feed(state);
	gmem_allocate(gvm, 0, gvm->nr_pages, node);
	try_offline(1);
	plug_rest(state);
	kvm_close(feeder);
	hugetlb_release();
}

/* Leave nothing in the memory block, and no page block for unmovable memory. */
static void offline_teardown(struct placement_state *state)
{
	if (block == NO_MEMORY_BLOCK)
		return;
	gmem_punch(state->gvm, 0, state->gvm->nr_pages);
	if (plug >= 0)
		kvm_close(plug);
	plug = -1;
	try_offline(ENOUGH_FAILURES);
	block = NO_MEMORY_BLOCK;
}

/* Only the pages under test must keep the block online: the kernel tries, and does not give up. */
static bool offline_verify(const struct placement_state *state, const uint64_t *pfns, size_t nr)
{
	size_t i, there = 0;

	if (state->moves)
		return true;
	if (block == NO_MEMORY_BLOCK)
		return false;
	for (i = 0; i < nr; i++)
		there += memory_block_of(pfns[i]) == block ||
			 memory_block_in_zone_movable(memory_block_of(pfns[i]));
	if (there == nr && try_offline(ENOUGH_FAILURES) != -EBUSY)
		return true;
	ksft_print_msg("%zu of %zu pages are in memory block %lu, the first in %lu\n", there, nr,
		       block, memory_block_of(pfns[0]));
	return false;
}

const struct placement placement_offline = {
	.select_node = offline_select_node,
	.setup = offline_setup,
	.verify = offline_verify,
	.teardown = offline_teardown,
	.skip_reason = "no memory block outside of ZONE_MOVABLE goes offline, or none takes the "
		       "pages (needs a machine with little memory in use)",
	.control_skip_reason = "no memory block goes offline, even with shmem only (needs "
			       "hot-pluggable memory)",
};

/* ---- A CMA area ---------------------------------------------------------------------------- */

/*
 * The kernel allocates movable memory from ZONE_MOVABLE first, and from a CMA area while that has
 * more than half of the free pages of its zone (__rmqueue() in mm/page_alloc.c): use up the other
 * free pages.
 */
#define CMA_SPARE	((40UL << 20) / getpagesize())
#define CMA_SLACK	((8UL << 20) / getpagesize())

static struct cma_area area;
static void *filler;
static size_t filler_size;

static int cma_select_node(struct placement_state *state, const int *nodes, int nr)
{
	int i, node = cma_find(&area) ? pfn_to_node(area.first) : -1;

	(void)state;
	for (i = 0; i < nr; i++)
		if (nodes[i] == node && numa_free_bytes(node) < FILL_MAX)
			return node;
	return -1;
}

/* Returns how many pages must be used up until the CMA area has half of the free ones. */
static size_t until_even(int node)
{
	size_t all = pagetypeinfo_free_pages(node, false, NULL, 0);
	size_t even = 2 * pagetypeinfo_free_pages(node, false, "CMA", 0);

	return all > even ? all - even : 0;
}

/* With less free memory the kernel may kill a process (OOM). */
static bool running_out(int node)
{
	size_t spare = pagetypeinfo_free_pages(node, false, NULL, 0) -
		       pagetypeinfo_free_pages(node, false, "CMA", 0);

	return spare < CMA_SPARE;
}

/* Use up pieces that are smaller than a huge page, in steps. */
static void fill_small(int node)
{
	size_t step = CMA_SLACK / 8 * getpagesize(), at;
	size_t pages = pagetypeinfo_free_pages(node, true, NULL, 0) + until_even(node) +
		       2 * CMA_SLACK;

	filler_size = (pages * getpagesize() / step + 1) * step;
	filler = numa_mmap(filler_size, MAP_PRIVATE, node);
	for (at = 0; at < filler_size && !running_out(node); at += step)
		memset((char *)filler + at, 0x6c, step);
}

/* No page is there where other processes freed memory elsewhere meanwhile. */
static bool cma_verify(const struct placement_state *state, const uint64_t *pfns, size_t nr)
{
	size_t i;

	for (i = 0; i < nr && state->moves; i++)
		if (cma_has(&area, pfns[i]))
			return true;
	return !state->moves;
}

/* Once the free pages are even, the kernel allocates from where more are free. */
static void cma_setup(struct placement_state *state)
{
	size_t movable, left;

	/* Pages that must not move are in place already where a control needs another try. */
	if (state->moves && state->gvm)
		gmem_punch(state->gvm, 0, state->gvm->nr_pages);
	movable = pagetypeinfo_free_pages(state->node, true, NULL, hugetlb_order());
	left = until_even(state->node);
	hugetlb_reserve(state->node, movable + (left > CMA_SLACK ? left - CMA_SLACK : 0));
	fill_small(state->node);
}

static void cma_teardown(struct placement_state *state)
{
	(void)state;
	kvm_munmap(filler, filler_size);
	hugetlb_release();
}

const struct placement placement_cma = {
	.select_node = cma_select_node,
	.setup = cma_setup,
	.verify = cma_verify,
	.teardown = cma_teardown,
	.skip_reason = "the CMA area is on no node under test, or on one with too much memory to "
		       "fill, or gets no page (boot with cma=64M on a small machine)",
	.control_skip_reason = "no page moves out of the CMA area, even of shmem (boot with "
			       "cma=64M)",
};

/* ---- ZONE_MOVABLE -------------------------------------------------------------------------- */

static int zone_movable_select_node(struct placement_state *state, const int *nodes, int nr)
{
	while (nr--)
		if (state->moves || numa_holds_unmovable(nodes[nr]))
			return nodes[nr];
	return -1;
}

const struct placement placement_zone_movable = {
	.select_node = zone_movable_select_node,
	.skip_reason = "all memory under test is in ZONE_MOVABLE (needs a node with other memory)",
};

/* ---- Fragmented memory --------------------------------------------------------------------- */

static struct fragment fragment;

static void fragment_setup(struct placement_state *state)
{
	fragment_open(&fragment, state->node);
}

static void fragment_populated(struct placement_state *state)
{
	(void)state;
	fragment_unpin(&fragment);
}

static void fragment_teardown(struct placement_state *state)
{
	(void)state;
	fragment_close(&fragment);
}

const struct placement placement_fragment = {
	.setup = fragment_setup,
	.populated = fragment_populated,
	.teardown = fragment_teardown,
	/* Compaction begins where free pages are, which other processes use too. */
	.fire_tries = 5,
	.control_skip_reason = "compaction moves no page, even of shmem (needs a machine with "
			       "less memory in use)",
};
