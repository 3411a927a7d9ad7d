// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm_util.h"
#include "numaif.h"
#include "migrate/mm/fill_nodes.h"
#include "migrate/mm/hugetlb.h"
#include "migrate/mm/numa.h"
#include "migrate/mm/pagetypeinfo.h"

/* Nodes with more than this free are too large to be filled for a case. */
#define FILL_MAX	(4LL << 30)

/* What is left beside huge pages at most: small pieces, and what the kernel keeps back. */
#define SMALL_MAX	(48UL << 20)

/* Moved in one call. */
#define BATCH		256

/* The node to be left alone must hold the small pieces before they are moved. */
#define ROOM		(2 * SMALL_MAX)

const char *fill_nodes_skip_reason(int node)
{
	struct nodemask nodes;
	int other, others = 0;

	if (access("/proc/pagetypeinfo", R_OK) || numa_usable_nodes(&nodes))
		return "free memory by type is hidden (/proc/pagetypeinfo)";
	for_each_node_in(other, &nodes) {
		if (other == node)
			continue;
		others++;
		if (!hugetlb_usable(other))
			return "no huge pages to fill memory with (CONFIG_HUGETLBFS)";
		if (numa_free_bytes(other) > FILL_MAX)
			return "a node is too large to be filled (use the lab)";
	}
	if (!others)
		return "there is no other node to be filled (boot with numa=fake=2, or use the "
		       "lab)";
	if (numa_free_bytes(node) < (long long)(others * SMALL_MAX + ROOM))
		return "not enough free memory on the first node (free some, or use the lab)";
	return NULL;
}

/* Returns whether the node took all of them. */
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
 * Allocated on a node with room and moved: where there is none left that fails, while to allocate
 * there would end a process.
 */
static size_t push(char *mem, size_t nr_pages, int node)
{
	size_t at;

	for (at = 0; at + BATCH <= nr_pages; at += BATCH)
		if (!move_batch(mem + at * getpagesize(), BATCH, node))
			break;
	return at;
}

static void take_large(int node)
{
	size_t order = __builtin_ctzl(get_trans_hugepagesz() / getpagesize());

	hugetlb_reserve(node, pagetypeinfo_free_pages(node, false, NULL, order) +
		       pagetypeinfo_free_pages(node, true, NULL, order));
}

void fill_nodes_open(struct fill_nodes *full, int node)
{
	struct nodemask nodes, here = nodemask_of(node);
	size_t left, pushed = 0;
	int other, others = 0;

	TEST_ASSERT(!numa_usable_nodes(&nodes), "cannot read the nodes");
	for_each_node_in(other, &nodes) {
		if (other == node)
			continue;
		take_large(other);
		others++;
	}
	full->size = others * SMALL_MAX;
	full->mem = kvm_mmap(full->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	madvise(full->mem, full->size, MADV_NOHUGEPAGE);
	kvm_mbind(full->mem, full->size, MPOL_BIND, here.bits, NODEMASK_MAXNODE, 0);
	memset(full->mem, 0x6d, full->size);
	left = full->size / getpagesize();
	for_each_node_in(other, &nodes) {
		if (other == node)
			continue;
		pushed = push((char *)full->mem + (full->size - left * getpagesize()), left, other);
		left -= pushed;
	}
	/* What the last batch left: page by page. */
	for_each_node_in(other, &nodes)
		while (other != node && left &&
		       move_batch((char *)full->mem + full->size - left * getpagesize(), 1, other))
			left--;
}

void fill_nodes_close(struct fill_nodes *full)
{
	kvm_munmap(full->mem, full->size);
	hugetlb_release();
}
