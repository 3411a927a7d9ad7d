// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm_util.h"
#include "numaif.h"
#include "migrate/mm/numa.h"
#include "migrate/util/sysfile.h"

#define NODE_DIR "/sys/devices/system/node/"

void nodemask_add(struct nodemask *mask, int node)
{
	mask->bits[node / NUMA_BITS_PER_LONG] |= 1UL << (node % NUMA_BITS_PER_LONG);
}

bool nodemask_has(const struct nodemask *mask, int node)
{
	return node >= 0 && node < NUMA_NODES_MAX &&
	       (mask->bits[node / NUMA_BITS_PER_LONG] >> (node % NUMA_BITS_PER_LONG) & 1);
}

struct nodemask nodemask_of(int node)
{
	struct nodemask mask = {};

	nodemask_add(&mask, node);
	return mask;
}

int nodemask_next(const struct nodemask *mask, int node)
{
	while (++node < NUMA_NODES_MAX)
		if (nodemask_has(mask, node))
			return node;
	return -1;
}

/* Returns the number at @text, or NUMA_NODES_MAX, and in @end what follows. */
static unsigned long parse_node(const char *text, char **end)
{
	unsigned long node = strtoul(text, end, 10);

	return isdigit((unsigned char)*text) ? node : NUMA_NODES_MAX;
}

int nodemask_parse(const char *list, struct nodemask *mask)
{
	unsigned long first, last;
	char *end;

	memset(mask, 0, sizeof(*mask));
	if (!*list || !strcmp(list, "\n"))
		return 0;
	for (;; list = end + 1) {
		first = parse_node(list, &end);
		last = *end == '-' ? parse_node(end + 1, &end) : first;
		if (first > last || last >= NUMA_NODES_MAX)
			return -EINVAL;
		for (; first <= last; first++)
			nodemask_add(mask, first);
		if (*end != ',')
			return !*end || !strcmp(end, "\n") ? 0 : -EINVAL;
	}
}

/* A kernel without NUMA has no such files, and node 0. */
static int read_nodemask(const char *path, struct nodemask *mask)
{
	char text[4096];
	int r = sysfile_read(path, text, sizeof(text));

	if (r == -ENOENT)
		return nodemask_parse("0", mask);
	return r < 0 ? r : nodemask_parse(text, mask);
}

int numa_usable_nodes(struct nodemask *mask)
{
	if (!get_mempolicy(NULL, mask->bits, NODEMASK_MAXNODE, NULL, MPOL_F_MEMS_ALLOWED))
		return 0;
	/* A kernel without NUMA has node 0. */
	*mask = nodemask_of(0);
	return errno == ENOSYS ? 0 : -errno;
}

long long numa_free_bytes(int node)
{
	char path[64], text[4096], *field;
	int r;

	snprintf(path, sizeof(path), NODE_DIR "node%d/meminfo", node);
	r = sysfile_read(path, text, sizeof(text));
	if (r < 0)
		return r;
	field = strstr(text, "MemFree:");
	return field ? strtoll(field + strlen("MemFree:"), NULL, 10) * 1024 : -EPROTO;
}

bool numa_holds_unmovable(int node)
{
	struct nodemask mask;

	return !read_nodemask(NODE_DIR "has_normal_memory", &mask) && nodemask_has(&mask, node);
}

int numa_pick_nodes(int *nodes, int wanted, size_t bytes)
{
	struct nodemask usable;
	int node, pass, found = 0;
	int r = numa_usable_nodes(&usable);

	if (r)
		return r;
	for (pass = 0; pass < 2; pass++)
		for_each_node_in(node, &usable)
			if (found < wanted && numa_holds_unmovable(node) == !pass &&
			    numa_free_bytes(node) >= (long long)bytes)
				nodes[found++] = node;
	return found;
}

void numa_mbind(void *mem, size_t size, int node)
{
	struct nodemask mask = nodemask_of(node);

	kvm_mbind(mem, size, MPOL_BIND, mask.bits, NODEMASK_MAXNODE, 0);
}

void *numa_mmap(size_t size, int flags, int node)
{
	void *mem = kvm_mmap(size, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1);

	/* Fails on a kernel without huge pages, which needs no advice. */
	madvise(mem, size, MADV_NOHUGEPAGE);
	if (node != NUMA_ANY_NODE)
		numa_mbind(mem, size, node);
	return mem;
}

int numa_cpu_of(int node)
{
	char path[64];
	cpu_set_t cpus;
	int cpu;

	if (sched_getaffinity(0, sizeof(cpus), &cpus))
		return -1;
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		snprintf(path, sizeof(path), NODE_DIR "node%d/cpu%d", node, cpu);
		if (CPU_ISSET(cpu, &cpus) && !access(path, F_OK))
			return cpu;
	}
	return -1;
}

bool numa_pin_to_other(int node)
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
	pin_self_to_cpu(cpu);
	return true;
}

int numa_absent_node(void)
{
	struct nodemask online;
	int node;

	TEST_ASSERT(!read_nodemask(NODE_DIR "online", &online), "cannot read the online nodes");
	for (node = 0; nodemask_has(&online, node); node++)
		;
	return node;
}
