/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * NUMA nodes that a test may use, and nodemasks as mbind() takes them.
 *
 * Node numbers may have gaps, and a node may have no memory, or memory that this task's cpuset
 * does not allow: do not assume nodes 0 and 1.
 */
#ifndef SELFTEST_KVM_MIGRATE_MM_NUMA_H
#define SELFTEST_KVM_MIGRATE_MM_NUMA_H

#include <stdbool.h>
#include <stddef.h>

/* CONFIG_NODES_SHIFT is at most 10 (mm/Kconfig and the architectures' Kconfig). */
#define NUMA_NODES_MAX		1024
#define NUMA_BITS_PER_LONG	(8 * sizeof(unsigned long))

/* Any node, or all nodes. */
#define NUMA_ANY_NODE		(-1)

struct nodemask {
	unsigned long bits[NUMA_NODES_MAX / NUMA_BITS_PER_LONG];
};

/*
 * The "maxnode" of mbind(), set_mempolicy() and migrate_pages(): the kernel subtracts one
 * (get_nodes() in mm/mempolicy.c).
 */
#define NODEMASK_MAXNODE	(NUMA_NODES_MAX + 1)

void nodemask_add(struct nodemask *mask, int node);
bool nodemask_has(const struct nodemask *mask, int node);

/* Returns a mask of @node only. */
struct nodemask nodemask_of(int node);

/* Returns the lowest node in @mask above @node, or -1.  Start with @node = -1. */
int nodemask_next(const struct nodemask *mask, int node);

#define for_each_node_in(node, mask)				\
	for ((node) = nodemask_next((mask), -1); (node) >= 0;	\
	     (node) = nodemask_next((mask), (node)))

/*
 * Read a list as the kernel prints it ("0-1,4\n"; an empty one is no node).
 * Returns 0, or -EINVAL for anything else and for numbers of NUMA_NODES_MAX and above.
 */
int nodemask_parse(const char *list, struct nodemask *mask);

/*
 * The nodes that have memory and that this task's cpuset grants (cpuset_current_mems_allowed of
 * the kernel).  Returns 0 or -errno.
 */
int numa_usable_nodes(struct nodemask *mask);

/* Free memory of @node in bytes (/sys/devices/system/node/nodeN/meminfo), or -errno. */
long long numa_free_bytes(int node);

/*
 * Whether unmovable memory can be allocated on @node: not where all of it is in ZONE_MOVABLE
 * (/sys/devices/system/node/has_normal_memory).
 */
bool numa_holds_unmovable(int node);

/*
 * Pick up to @wanted usable nodes with at least @bytes free into @nodes: those that hold any
 * memory before those that hold movable memory only, and lowest first.
 * Returns how many were found, or -errno.
 */
int numa_pick_nodes(int *nodes, int wanted, size_t bytes);

/* Bind @size bytes of memory at @mem to @node (MPOL_BIND).  Moves no page.  Asserts success. */
void numa_mbind(void *mem, size_t size, int node);

/*
 * Map @size bytes of anonymous memory without huge pages, bound to @node unless that is
 * NUMA_ANY_NODE.  @flags: MAP_PRIVATE or MAP_SHARED.  Asserts success.
 */
void *numa_mmap(size_t size, int flags, int node);

/* A CPU of @node on which this task may run, or -1. */
int numa_cpu_of(int node);

/*
 * Pin this task to a CPU of a node other than @node, so that the kernel allocates for it there.
 * Returns whether there is one.
 */
bool numa_pin_to_other(int node);

/* Returns the number of a node that is not online, to provoke errors. */
int numa_absent_node(void);

#endif /* SELFTEST_KVM_MIGRATE_MM_NUMA_H */
