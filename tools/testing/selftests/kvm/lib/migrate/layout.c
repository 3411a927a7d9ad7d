// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm_util.h"
#include "numaif.h"
#include "migrate/blocks.h"
#include "migrate/frames.h"
#include "migrate/layout.h"
#include "migrate/numa.h"
#include "migrate/outside.h"
#include "migrate/sysfile.h"
#include "migrate/vm.h"

/* Orders that /proc/pagetypeinfo tells apart, at most, and that of a huge page. */
#define ORDERS_MAX	16

/* Nodes with more than this free are too large to be filled for a case. */
#define FILL_MAX	(4LL << 30)

/* A memory block that is to be used goes at once. */
#define ENOUGH_FAILURES	100
#define ENOUGH_MS	500

/* Pages that the CPUs' own lists may hold, and room for what else goes on. */
#define SLOP		256

static size_t huge_pages(void)
{
	return get_trans_hugepagesz() / getpagesize();
}

static int huge_order(void)
{
	return __builtin_ctzl(huge_pages());
}

/* The numbers at the end of a line, a column for each order: ">100000" is at least that many. */
static size_t pages_in(char *columns, int min_order)
{
	char *word, *rest = columns;
	size_t pages = 0;
	int order = 0;

	while ((word = strsep(&rest, " \n"))) {
		if (!*word)
			continue;
		if (order >= min_order)
			pages += strtoul(word + (*word == '>'), NULL, 10) << order;
		order++;
	}
	return pages;
}

size_t free_pages(int node, bool zone_movable, const char *type, int min_order)
{
	FILE *file = fopen("/proc/pagetypeinfo", "re");
	char line[512], zone[32], name[32];
	int its_node, length;
	size_t pages = 0;

	TEST_ASSERT(file, "cannot read /proc/pagetypeinfo: %s", strerror(errno));
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Node %d, zone %31[^,], type %31s%n", &its_node, zone, name,
			   &length) == 3 &&
		    its_node == node && !strcmp(zone, "Movable") == zone_movable &&
		    strcmp(name, "Isolate") && (!type || !strcmp(name, type)))
			pages += pages_in(line + length, min_order);
	}
	fclose(file);
	return pages;
}

static char pool[128];

static void find_pool(int node)
{
	snprintf(pool, sizeof(pool),
		 "/sys/devices/system/node/node%d/hugepages/hugepages-%zukB/nr_hugepages", node,
		 get_trans_hugepagesz() / 1024);
}

bool hugepages_usable(int node)
{
	find_pool(node);
	return !access(pool, W_OK);
}

void hugepages_take(int node, size_t nr_pages)
{
	char before[32], text[32];
	int r;

	find_pool(node);
	r = sysfile_read(pool, before, sizeof(before));
	TEST_ASSERT(r > 0, "cannot read %s: %s", pool, strerror(-r));
	outside_remember(pool, before);
	snprintf(text, sizeof(text), "%lu\n", strtoul(before, NULL, 10) + nr_pages / huge_pages());
	r = sysfile_write(pool, text);
	TEST_ASSERT(!r, "cannot write %s: %s", pool, strerror(-r));
}

void hugepages_give_back(void)
{
	struct nodemask nodes;
	int node;

	if (numa_usable_nodes(&nodes))
		return;
	for_each_node_in(node, &nodes) {
		find_pool(node);
		outside_redo(pool);
	}
}

/* Away from @node: what the kernel allocates for this process is then not in the way. */
static cpu_set_t cpus_before;
static bool pinned;

static bool pin_to_other_node(int node)
{
	struct nodemask nodes;
	cpu_set_t there;
	int other, cpu = -1;

	if (numa_usable_nodes(&nodes))
		return false;
	for_each_node_in(other, &nodes)
		if (other != node && cpu < 0)
			cpu = numa_cpu_of(other);
	if (cpu < 0)
		return false;
	kvm_sched_getaffinity(0, sizeof(cpus_before), &cpus_before);
	CPU_ZERO(&there);
	CPU_SET(cpu, &there);
	kvm_sched_setaffinity(0, sizeof(there), &there);
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
static unsigned long block = NO_BLOCK;
static int feeder = -1, plug = -1;
static const struct gmem_vm *laid_out_for;
static bool opened;

/* A memory block of the node, used for the kernel as well, that can go: it goes and comes back. */
static unsigned long find_block(int node)
{
	unsigned long at;

	for (at = block_next(NO_BLOCK); at != NO_BLOCK; at = block_next(at)) {
		if (!block_online(at) || block_in_zone_movable(at) || block_node(at) != node ||
		    block_offline(at, ENOUGH_FAILURES, ENOUGH_MS))
			continue;
		block_bring_back(at);
		return at;
	}
	return NO_BLOCK;
}

static int offline_pick(const int *nodes, int nr, bool moves)
{
	int i;

	block = NO_BLOCK;
	for (i = nr - 1; i >= 0 && !moves; i--) {
		if (numa_free_bytes(nodes[i]) > FILL_MAX || !hugepages_usable(nodes[i]) ||
		    !pin_to_other_node(nodes[i]))
			continue;
		block = find_block(nodes[i]);
		if (block != NO_BLOCK)
			return nodes[i];
		unpin();
	}
	return moves ? nodes[0] : -1;
}

/* Bytes that are free on the node in page blocks for unmovable memory. */
static size_t unmovable_pieces(int node)
{
	return free_pages(node, false, "Unmovable", 0) * getpagesize();
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
	if (!block_offline(block, 1, ENOUGH_MS))
		block_bring_back(block);
}

/* All of it at once, before the kernel itself is out of pieces. */
static void offline_open(const struct gmem_vm *gvm, int node, bool moves)
{
	int tries;

	if (moves)
		return;
	gmem_punch(gvm, 0, gvm->nr_pages);
	/* Another try: a page of the kernel's own may be in the one before, for long. */
	if (opened)
		block = find_block(node);
	opened = true;
	if (block == NO_BLOCK)
		return;
	for (tries = 0; tries < 5; tries++) {
		size_t large = free_pages(node, false, "Movable", huge_order());

		if (large <= block_pages())
			break;
		hugepages_take(node, large - block_pages() +
			       free_pages(node, true, NULL, huge_order()));
	}
	feed(gvm, node);
	gmem_allocate(gvm, 0, gvm->nr_pages, node);
	drain_cpus();
	plug_rest(gvm, node);
	close_file(&feeder);
	hugepages_give_back();
	laid_out_for = gvm;
}

/* Leave the memory block as it was: with nothing in it, and no page block for unmovable memory. */
static void offline_close(void)
{
	if (!laid_out_for)
		return;
	gmem_punch(laid_out_for, 0, laid_out_for->nr_pages);
	close_file(&plug);
	if (!block_offline(block, ENOUGH_FAILURES, ENOUGH_MS))
		block_bring_back(block);
	laid_out_for = NULL;
}

/* Nothing but the pages under test keeps the block from going: the kernel tries, in vain. */
static bool goes_but_for_pages(void)
{
	int r = block_offline(block, ENOUGH_FAILURES, ENOUGH_MS);

	if (!r)
		block_bring_back(block);
	return r != -EBUSY;
}

static bool offline_filled(const uint64_t *pfns, size_t nr)
{
	size_t i, there = 0;

	for (i = 0; i < nr && laid_out_for; i++)
		there += block_of(pfns[i]) == block || block_in_zone_movable(block_of(pfns[i]));
	if (block == NO_BLOCK)
		return !opened;
	if (!laid_out_for || (there == nr && goes_but_for_pages()))
		return true;
	ksft_print_msg("%zu of %zu pages are in memory block %lu, the first in %lu\n", there, nr,
		       block, block_of(pfns[0]));
	return false;
}

const struct layout layout_offline = {
	.pick = offline_pick,
	.open = offline_open,
	.filled = offline_filled,
	.close = offline_close,
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

static int cma_pick(const int *nodes, int nr, bool moves)
{
	struct cma_area area;
	int i, node = cma_find(&area) ? frame_node(area.first) : -1;

	(void)moves;
	for (i = 0; i < nr; i++)
		if (nodes[i] == node && numa_free_bytes(node) < FILL_MAX)
			return node;
	return -1;
}

/* How many pages have to go before a CMA area has half of what is free. */
static size_t until_even(int node)
{
	size_t all = free_pages(node, false, NULL, 0), even = 2 * free_pages(node, false, "CMA", 0);

	return all > even ? all - even : 0;
}

/* Whether so little is left that the kernel would rather end a process than give more. */
static bool running_out(int node)
{
	size_t spare = free_pages(node, false, NULL, 0) - free_pages(node, false, "CMA", 0);

	return spare < CMA_SPARE;
}

/* Pieces that are smaller than a huge page, bit by bit; more than are left, to be safe. */
static void fill_small(int node)
{
	size_t step = CMA_SLACK / 8 * getpagesize(), at;
	size_t pages = free_pages(node, true, NULL, 0) + until_even(node) + 2 * CMA_SLACK;
	struct nodemask mask = nodemask_of(node);

	filler_size = (pages * getpagesize() / step + 1) * step;
	filler = kvm_mmap(filler_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	madvise(filler, filler_size, MADV_NOHUGEPAGE);
	kvm_mbind(filler, filler_size, MPOL_BIND, mask.bits, NODEMASK_MAXNODE, 0);
	for (at = 0; at < filler_size && !running_out(node); at += step)
		memset((char *)filler + at, 0x6c, step);
}

/* Pages that may be there, and not one is: what else goes on has freed memory elsewhere. */
static bool cma_filled(const uint64_t *pfns, size_t nr)
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
static void cma_open(const struct gmem_vm *gvm, int node, bool moves)
{
	size_t movable, left;

	want_in_cma = moves;
	/* What stays is in its place already where a control needs another try. */
	if (moves && gvm)
		gmem_punch(gvm, 0, gvm->nr_pages);
	movable = free_pages(node, true, NULL, huge_order());
	left = until_even(node);
	hugepages_take(node, movable + (left > CMA_SLACK ? left - CMA_SLACK : 0));
	fill_small(node);
}

static bool filled_somehow(const uint64_t *pfns, size_t nr)
{
	(void)pfns;
	(void)nr;
	return true;
}

static void cma_close(void)
{
	if (filler)
		kvm_munmap(filler, filler_size);
	filler = NULL;
	hugepages_give_back();
}

/* Any node whose zone is to be used; else one where the pages have another place to be. */
static int zone_movable_pick(const int *nodes, int nr, bool moves)
{
	while (nr--)
		if (moves || numa_holds_unmovable(nodes[nr]))
			return nodes[nr];
	return -1;
}

static void nothing_to_open(const struct gmem_vm *gvm, int node, bool moves)
{
	(void)gvm;
	(void)node;
	(void)moves;
}

static void nothing_to_close(void)
{
}

const struct layout layout_zone_movable = {
	.pick = zone_movable_pick,
	.open = nothing_to_open,
	.filled = filled_somehow,
	.close = nothing_to_close,
	.unfit = "no node under test holds memory that does not move (use the lab)",
};

const struct layout layout_cma = {
	.pick = cma_pick,
	.open = cma_open,
	.filled = cma_filled,
	.close = cma_close,
	.unfit = "the CMA area is on no node under test, or on one that is too large to be filled, "
		 "or no page gets there (use the lab)",
	.idle = "not even shmem moves out of the CMA area (boot with cma=64M, or use the lab)",
};
