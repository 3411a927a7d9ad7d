// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm_util.h"
#include "numaif.h"
#include "migrate/mm/fill_nodes.h"
#include "migrate/mm/numa.h"
#include "migrate/util/sysfile.h"
#include "migrate/util/undo.h"

/* Most that huge pages leave of a node: small free blocks, and the kernel's reserve. */
#define SMALL_MAX	(48UL << 20)

/* Pages per call of move_pages(). */
#define BATCH		256

/* The node that stays free first holds the pages that are then moved to the others. */
#define SPARE		(2 * SMALL_MAX)

/* Sums the end of a line, a column per order; ">100000" is at least that many. */
static size_t pages_in(const char *columns, int min_order)
{
	size_t pages = 0, blocks;
	char *end;
	int order;

	for (order = 0; ; order++, columns = end) {
		columns += strspn(columns, " >");
		blocks = strtoul(columns, &end, 10);
		if (end == columns)
			return pages;
		if (order >= min_order)
			pages += blocks << order;
	}
}

size_t pagetypeinfo_free_pages(int node, bool zone_movable, const char *type, int min_order)
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

int hugetlb_order(void)
{
	return __builtin_ctzl(get_trans_hugepagesz() / getpagesize());
}

static const char *pool_of(int node)
{
	static char pool[128];

	snprintf(pool, sizeof(pool),
		 "/sys/devices/system/node/node%d/hugepages/hugepages-%zukB/nr_hugepages", node,
		 get_trans_hugepagesz() / 1024);
	return pool;
}

bool hugetlb_usable(int node)
{
	return !access(pool_of(node), W_OK);
}

void hugetlb_reserve(int node, size_t nr_pages)
{
	const char *pool = pool_of(node);
	char text[32];
	int r;

	snprintf(text, sizeof(text), "%lu\n",
		 sysfile_read_number(pool, 10) + (nr_pages >> hugetlb_order()));
	r = setting_write(pool, text);
	TEST_ASSERT(!r, "cannot change %s: %s", pool, strerror(-r));
}

void hugetlb_release(void)
{
	struct nodemask nodes;
	int node;

	if (numa_usable_nodes(&nodes))
		return;
	for_each_node_in(node, &nodes)
		undo_run(pool_of(node), NULL);
}

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

void fill_nodes_open(struct fill_nodes *filled, int node)
{
	size_t step, at = 0, nr_pages;
	struct nodemask nodes;
	int other, others = 0;

	TEST_ASSERT(!numa_usable_nodes(&nodes), "cannot read the nodes");
	for_each_node_in(other, &nodes) {
		if (other == node)
			continue;
		hugetlb_reserve(other,
				pagetypeinfo_free_pages(other, false, NULL, hugetlb_order()) +
				pagetypeinfo_free_pages(other, true, NULL, hugetlb_order()));
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
