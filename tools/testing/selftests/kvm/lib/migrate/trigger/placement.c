// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm_util.h"
#include "migrate/gmem/gmem_vm.h"
#include "migrate/mm/cma.h"
#include "migrate/mm/hugetlb.h"
#include "migrate/mm/memory_block.h"
#include "migrate/mm/numa.h"
#include "migrate/mm/pageflags_scan.h"
#include "migrate/mm/pagetypeinfo.h"
#include "migrate/trigger/placement.h"

/* Nodes with more than this free are too large to be filled for a case. */
#define FILL_MAX	(4LL << 30)

/* A memory block that is to be used goes at once. */
#define ENOUGH_FAILURES	100
#define ENOUGH_MS	500

/* Pages that the CPUs' own lists may hold, and room for what else goes on. */
#define SLOP		256

/* Away from @node: what the kernel allocates for this process is then not in the way. */
static cpu_set_t cpus_before;
static bool pinned;

static bool pin_to_other_node(int node)
{
	struct nodemask nodes;
	int other, cpu = -1;

	if (numa_usable_nodes(&nodes))
		return false;
	for_each_node_in(other, &nodes)
		if (other != node && cpu < 0)
			cpu = numa_cpu_of(other);
	if (cpu < 0)
		return false;
	kvm_sched_getaffinity(0, sizeof(cpus_before), &cpus_before);
	pin_self_to_cpu(cpu);
	pinned = true;
	return true;
}

static void unpin(void)
{
	if (pinned)
		kvm_sched_setaffinity(0, sizeof(cpus_before), &cpus_before);
	pinned = false;
}

/*
 * Memory that does not move is allocated beside the kernel's own, in page blocks that nobody can
 * take offline.  So find a memory block without any of the kernel's, and let it be the last one of
 * the node with free pieces as large as a huge page; use up smaller pieces for unmovable memory
 * elsewhere: what comes next is from that block, and afterwards all the rest is given back.
 *
 *	[kernel|....|kernel|huge|huge]  [huge|huge|huge]  [pages under test|plug|.......]
 *		^ feeder				  ^ block
 */
static unsigned long block = NO_MEMORY_BLOCK;
static int feeder = -1, plug = -1;
static const struct gmem_vm *laid_out_for;
static bool opened;

/* A memory block of the node, used for the kernel as well, that can go: it goes and comes back. */
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

static int offline_select_node(const int *nodes, int nr, bool moves)
{
	int i;

	block = NO_MEMORY_BLOCK;
	for (i = nr - 1; i >= 0 && !moves; i--) {
		if (numa_free_bytes(nodes[i]) > FILL_MAX || !hugetlb_usable(nodes[i]) ||
		    !pin_to_other_node(nodes[i]))
			continue;
		block = find_block(nodes[i]);
		if (block != NO_MEMORY_BLOCK)
			return nodes[i];
		unpin();
	}
	return moves ? nodes[0] : -1;
}

/* Bytes that are free on the node in page blocks for unmovable memory. */
static size_t unmovable_pieces(int node)
{
	return pagetypeinfo_free_pages(node, false, "Unmovable", 0) * getpagesize();
}

/*
 * Allocated twice, as the file's own index takes memory as well, also from the node of the task's
 * policy: the second time it has what the first left, from the node that the task runs on.
 */
static void feed(const struct gmem_vm *gvm, int node)
{
	size_t size = unmovable_pieces(node) + SLOP * getpagesize();

	feeder = vm_create_guest_memfd(gvm->vm, size, gvm->kind->gmem_flags);
	kvm_fallocate(feeder, FALLOC_FL_KEEP_SIZE, 0, size);
	kvm_fallocate(feeder, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 0, size);
	gmem_file_allocate(feeder, 0, size, node);
}

/* What is left of the page blocks that the pages under test are in: nobody else shall have it. */
static void plug_rest(const struct gmem_vm *gvm, int node)
{
	size_t size = unmovable_pieces(node);

	if (!size)
		return;
	plug = vm_create_guest_memfd(gvm->vm, size, gvm->kind->gmem_flags);
	gmem_file_allocate(plug, 0, size, node);
}

static void close_file(int *fd)
{
	if (*fd >= 0)
		kvm_close(*fd);
	*fd = -1;
}

/* What the CPUs hold on their own lists goes back: to try and take a block offline does that. */
static void drain_cpus(void)
{
	if (!memory_block_offline(block, 1, ENOUGH_MS))
		memory_block_online(block);
}

/* All of it at once, before the kernel itself is out of pieces. */
static void offline_setup(const struct gmem_vm *gvm, int node, bool moves)
{
	int tries;

	if (moves)
		return;
	gmem_punch(gvm, 0, gvm->nr_pages);
	/* Another try: a page of the kernel's own may be in the one before, for long. */
	if (opened)
		block = find_block(node);
	opened = true;
	if (block == NO_MEMORY_BLOCK)
		return;
	for (tries = 0; tries < 5; tries++) {
		size_t large = pagetypeinfo_free_pages(node, false, "Movable", hugetlb_order());

		if (large <= memory_block_pages())
			break;
		hugetlb_reserve(node, large - memory_block_pages() +
			       pagetypeinfo_free_pages(node, true, NULL, hugetlb_order()));
	}
	feed(gvm, node);
	gmem_allocate(gvm, 0, gvm->nr_pages, node);
	drain_cpus();
	plug_rest(gvm, node);
	close_file(&feeder);
	hugetlb_release();
	laid_out_for = gvm;
}

/* Leave the memory block as it was: with nothing in it, and no page block for unmovable memory. */
static void offline_teardown(void)
{
	if (!laid_out_for)
		return;
	gmem_punch(laid_out_for, 0, laid_out_for->nr_pages);
	close_file(&plug);
	if (!memory_block_offline(block, ENOUGH_FAILURES, ENOUGH_MS))
		memory_block_online(block);
	laid_out_for = NULL;
}

/* Nothing but the pages under test keeps the block from going: the kernel tries, in vain. */
static bool goes_but_for_pages(void)
{
	int r = memory_block_offline(block, ENOUGH_FAILURES, ENOUGH_MS);

	if (!r)
		memory_block_online(block);
	return r != -EBUSY;
}

static bool offline_verify(const uint64_t *pfns, size_t nr)
{
	size_t i, there = 0;

	for (i = 0; i < nr && laid_out_for; i++)
		there += memory_block_of(pfns[i]) == block ||
			 memory_block_in_zone_movable(memory_block_of(pfns[i]));
	if (block == NO_MEMORY_BLOCK)
		return !opened;
	if (!laid_out_for || (there == nr && goes_but_for_pages()))
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
	.unfit = "no memory block but of ZONE_MOVABLE can be taken offline, or the pages cannot "
		 "be had in one (use a machine with little memory in use, or the lab)",
	.idle = "no memory block can be taken offline, not even with shmem in it (use hot-plugged "
		"memory, or the lab)",
};

/*
 * Movable memory is taken from a CMA area while that has more than half of what is free in its
 * zone (__rmqueue() in mm/page_alloc.c), and after ZONE_MOVABLE: use up that and
 * what is more.
 */
#define CMA_SPARE	((40UL << 20) / getpagesize())
#define CMA_SLACK	((8UL << 20) / getpagesize())

static void *filler;
static size_t filler_size;
static bool want_in_cma;

static int cma_select_node(const int *nodes, int nr, bool moves)
{
	struct cma_area area;
	int i, node = cma_find(&area) ? pfn_to_node(area.first) : -1;

	(void)moves;
	for (i = 0; i < nr; i++)
		if (nodes[i] == node && numa_free_bytes(node) < FILL_MAX)
			return node;
	return -1;
}

/* How many pages have to go before a CMA area has half of what is free. */
static size_t until_even(int node)
{
	size_t all = pagetypeinfo_free_pages(node, false, NULL, 0);
	size_t even = 2 * pagetypeinfo_free_pages(node, false, "CMA", 0);

	return all > even ? all - even : 0;
}

/* Whether so little is left that the kernel would rather end a process than give more. */
static bool running_out(int node)
{
	size_t spare = pagetypeinfo_free_pages(node, false, NULL, 0) -
		       pagetypeinfo_free_pages(node, false, "CMA", 0);

	return spare < CMA_SPARE;
}

/* Pieces that are smaller than a huge page, bit by bit; more than are left, to be safe. */
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

/* Pages that may be there, and not one is: what else goes on has freed memory elsewhere. */
static bool cma_verify(const uint64_t *pfns, size_t nr)
{
	struct cma_area area;
	size_t i;

	if (!want_in_cma || !cma_find(&area))
		return true;
	for (i = 0; i < nr; i++)
		if (pfns[i] >= area.first && pfns[i] - area.first < area.nr_pages)
			return true;
	return false;
}

/* Once the two are even, each page comes from where more is left. */
static void cma_setup(const struct gmem_vm *gvm, int node, bool moves)
{
	size_t movable, left;

	want_in_cma = moves;
	/* What stays is in its place already where a control needs another try. */
	if (moves && gvm)
		gmem_punch(gvm, 0, gvm->nr_pages);
	movable = pagetypeinfo_free_pages(node, true, NULL, hugetlb_order());
	left = until_even(node);
	hugetlb_reserve(node, movable + (left > CMA_SLACK ? left - CMA_SLACK : 0));
	fill_small(node);
}

static bool verify_nothing(const uint64_t *pfns, size_t nr)
{
	(void)pfns;
	(void)nr;
	return true;
}

static void cma_teardown(void)
{
	if (filler)
		kvm_munmap(filler, filler_size);
	filler = NULL;
	hugetlb_release();
}

/* Any node whose zone is to be used; else one where the pages have another place to be. */
static int zone_movable_select_node(const int *nodes, int nr, bool moves)
{
	while (nr--)
		if (moves || numa_holds_unmovable(nodes[nr]))
			return nodes[nr];
	return -1;
}

static void setup_nothing(const struct gmem_vm *gvm, int node, bool moves)
{
	(void)gvm;
	(void)node;
	(void)moves;
}

static void teardown_nothing(void)
{
}

const struct placement placement_zone_movable = {
	.select_node = zone_movable_select_node,
	.setup = setup_nothing,
	.verify = verify_nothing,
	.teardown = teardown_nothing,
	.unfit = "no node under test holds memory that does not move (use the lab)",
};

const struct placement placement_cma = {
	.select_node = cma_select_node,
	.setup = cma_setup,
	.verify = cma_verify,
	.teardown = cma_teardown,
	.unfit = "the CMA area is on no node under test, or on one that is too large to be filled, "
		 "or no page gets there (use the lab)",
	.idle = "not even shmem moves out of the CMA area (boot with cma=64M, or use the lab)",
};
