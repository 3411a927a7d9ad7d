// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm_util.h"
#include "numaif.h"
#include "migrate/mm/fill_nodes.h"
#include "migrate/mm/hugetlb.h"
#include "migrate/mm/numa.h"
#include "migrate/mm/pagetypeinfo.h"

/* Filling more free memory than this per node takes too long. */
#define FILL_MAX	(4LL << 30)

/* Most that huge pages leave of a node: small free blocks, and the kernel's reserve. */
#define SMALL_MAX	(48UL << 20)

/* Pages per call of move_pages(). */
#define BATCH		256

/* The node that stays free first holds the pages that are then moved to the others. */
#define SPARE		(2 * SMALL_MAX)

const char *fill_nodes_skip_reason(int node)
{
	struct nodemask nodes;
	int other, others = 0;

	if (access("/proc/pagetypeinfo", R_OK) || numa_usable_nodes(&nodes))
		return "free memory by type is hidden (be root, mount /proc)";
	for_each_node_in(other, &nodes) {
		if (other == node)
			continue;
		others++;
		if (!hugetlb_usable(other))
			return "no huge pages to fill memory with (be root, CONFIG_HUGETLBFS)";
		if (numa_free_bytes(other) > FILL_MAX)
			return "a node is too large to be filled (leave it 4 GiB of free memory "
			       "at most)";
	}
	if (!others)
		return "one node only (boot with numa=fake=2, needs CONFIG_NUMA_EMU)";
	if (numa_free_bytes(node) < (long long)(others * SMALL_MAX + SPARE))
		return "not enough free memory on the first node (free 144 MiB, and 48 MiB more "
		       "for each node above two)";
	return NULL;
}

/* Move @nr pages to @node.  Returns whether the node took all of them. */
static bool move_batch(char *mem, size_t nr, int node)
{
	int nodes[BATCH], status[BATCH];
	void *pages[BATCH];
	size_t i;

	for (i = 0; i < nr; i++) {
		pages[i] = mem + i * getpagesize();
		nodes[i] = node;
		status[i] = -EBUSY;
	}
	if (move_pages(0, nr, pages, nodes, status, MPOL_MF_MOVE))
		return false;
	for (i = 0; i < nr; i++)
		if (status[i] != node)
			return false;
	return true;
}

/*
 * Move up to @nr_pages pages to @node, @step per call, until it is full.  Returns how many moved.
 * A move to a full node fails; an allocation there would invoke the OOM killer.
 */
static size_t move_until_full(char *mem, size_t nr_pages, size_t step, int node)
{
	size_t at;

	for (at = 0; at + step <= nr_pages; at += step)
		if (!move_batch(mem + at * getpagesize(), step, node))
			break;
	return at;
}

static void reserve_huge_pages(int node)
{
	hugetlb_reserve(node, pagetypeinfo_free_pages(node, false, NULL, hugetlb_order()) +
			      pagetypeinfo_free_pages(node, true, NULL, hugetlb_order()));
}

void fill_nodes_open(struct fill_nodes *filled, int node)
{
	size_t step, at = 0, nr_pages;
	struct nodemask nodes;
	int other, others = 0;

	TEST_ASSERT(!numa_usable_nodes(&nodes), "cannot read the nodes");
	for_each_node_in(other, &nodes) {
		if (other == node)
			continue;
		reserve_huge_pages(other);
		others++;
	}
	filled->size = others * SMALL_MAX;
	filled->mem = numa_mmap(filled->size, MAP_PRIVATE, node);
	memset(filled->mem, 0x6d, filled->size);
	nr_pages = filled->size / getpagesize();
	/* Batches first, then single pages. */
	for (step = BATCH; step; step = step == BATCH ? 1 : 0)
		for_each_node_in(other, &nodes)
			if (other != node)
				at += move_until_full((char *)filled->mem + at * getpagesize(),
						      nr_pages - at, step, other);
}

void fill_nodes_close(struct fill_nodes *filled)
{
	kvm_munmap(filled->mem, filled->size);
	hugetlb_release();
}
