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
 * Once the free pieces of those are used up, the kernel takes the next large piece of free memory.
 * The pages are in the memory block where that is.  If it cannot go offline, the next try holds as
 * much memory in huge pages first:
 *
 *	[kernel|....|kernel|huge|huge|huge|huge]  [huge|pages under test|plug|.......]
 *		^ feeder					^ block
 */
static size_t held;	/* pages */

static int offline_select_node(struct placement_state *state, const int *nodes, int nr)
{
	int i;

	for (i = nr - 1; i >= 0 && !state->moves; i--)
		if (hugetlb_usable(nodes[i]) && numa_pin_to_other(nodes[i]))
			return nodes[i];
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

	if (!size || plug >= 0)
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

static void offline_setup(struct placement_state *state)
{
	const struct gmem_vm *gvm = state->gvm;
	int feeder, node = state->node;

	if (state->moves)
		return;
	gmem_punch(gvm, 0, gvm->nr_pages);
	if (held)
		hugetlb_reserve(node, held +
				pagetypeinfo_free_pages(node, true, NULL, hugetlb_order()));
	feeder = placement_feed(state);
	gmem_allocate(gvm, 0, gvm->nr_pages, node);
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

/*
 * Whether only the pages under test keep the block online: the kernel tries, and does not give up
 * at once for its own memory (EBUSY) or for a hole (EINVAL).
 */
static bool only_pages_hold(void)
{
	int r = try_offline(ENOUGH_FAILURES);

	return r != -EBUSY && r != -EINVAL;
}

static bool offline_verify(const struct placement_state *state, const uint64_t *pfns, size_t nr)
{
	size_t i, there = 0;

	if (state->moves)
		return true;
	block = memory_block_of(pfns[0]);
	for (i = 0; i < nr; i++)
		there += memory_block_of(pfns[i]) == block ||
			 memory_block_in_zone_movable(memory_block_of(pfns[i]));
	try_offline(1);
	plug_rest(state);
	if (there == nr && only_pages_hold())
		return true;
	held += memory_block_pages();
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
		       "pages (needs a node with little memory in use, and a CPU on another, "
		       "CONFIG_HUGETLBFS)",
	.control_skip_reason = "no memory block goes offline, even with shmem only (needs "
			       "hot-pluggable memory)",
};

/* ---- A CMA area ---------------------------------------------------------------------------- */

/*
 * The kernel allocates movable memory from ZONE_MOVABLE first, so that is held.  Then each CPU
 * allocates the pages of the area that were freed there last: see cma_offer().
 */
#define CMA_ENOUGH	32	/* of many pages; else half of them */

static struct cma_area area;
static void *filler;
static size_t filler_size;

static size_t zone_movable_bytes(int node, int min_order)
{
	return pagetypeinfo_free_pages(node, true, NULL, min_order) * getpagesize();
}

static int cma_select_node(struct placement_state *state, const int *nodes, int nr)
{
	int i, node = cma_find(&area) ? pfn_to_node(area.first) : -1;

	(void)state;
	for (i = 0; i < nr; i++)
		if (nodes[i] == node && zone_movable_bytes(node, 0) < FILL_MAX)
			return node;
	return -1;
}

/* Few pages are there where other processes freed or allocated memory meanwhile. */
static bool cma_verify(const struct placement_state *state, const uint64_t *pfns, size_t nr)
{
	size_t i, in = 0;

	for (i = 0; i < nr; i++)
		in += cma_has(&area, pfns[i]);
	return !state->moves || in > (nr / 2 < CMA_ENOUGH ? nr / 2 : CMA_ENOUGH);
}

static void cma_setup(struct placement_state *state)
{
	/* Pages that must not move are in place already where a control needs another try. */
	if (state->moves && state->gvm)
		gmem_punch(state->gvm, 0, state->gvm->nr_pages);
	hugetlb_reserve(state->node,
			pagetypeinfo_free_pages(state->node, true, NULL, hugetlb_order()));
	filler_size = zone_movable_bytes(state->node, 0);
	if (filler_size) {
		filler = numa_mmap(filler_size, MAP_PRIVATE, state->node);
		memset(filler, 0x6c, filler_size);
	}
	cma_offer(&area);
}

static void cma_teardown(struct placement_state *state)
{
	(void)state;
	if (filler_size)
		kvm_munmap(filler, filler_size);
	hugetlb_release();
}

const struct placement placement_cma = {
	.select_node = cma_select_node,
	.setup = cma_setup,
	.verify = cma_verify,
	.teardown = cma_teardown,
	.skip_reason = "the CMA area is on no node under test, or gets no page, or the node has 16 "
		       "GiB of ZONE_MOVABLE (boot with cma=64M, and less movablecore=)",
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
