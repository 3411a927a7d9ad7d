/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * NUMA system calls without libnuma.  NAME() returns the kernel's result, with errno set;
 * kvm_NAME() fails the test on an error.
 *
 * move_pages() and migrate_pages() return the number of pages that they did not migrate.  That is
 * not an error: kvm_move_pages() and kvm_migrate_pages() return it.  (In the kernel's library they
 * return nothing and fail the test; code for both libraries calls move_pages().)  Beware: a
 * positive result leaves status[] unwritten.
 */
#ifndef SELFTEST_KVM_NUMAIF_H
#define SELFTEST_KVM_NUMAIF_H

#include <dirent.h>

#include <linux/mempolicy.h>

#include "kvm_syscalls.h"

KVM_SYSCALL_DEFINE(get_mempolicy, 5, int *, policy, const unsigned long *, nodemask,
		   unsigned long, maxnode, void *, addr, int, flags);
KVM_SYSCALL_DEFINE(set_mempolicy, 3, int, mode, const unsigned long *, nodemask,
		   unsigned long, maxnode);
KVM_SYSCALL_DEFINE(set_mempolicy_home_node, 4, unsigned long, start, unsigned long, len,
		   unsigned long, home_node, unsigned long, flags);
KVM_SYSCALL_DEFINE(mbind, 6, void *, addr, unsigned long, len, int, mode,
		   const unsigned long *, nodemask, unsigned long, maxnode, unsigned int, flags);

KVM_SYSCALL_DEFINE_COUNT(move_pages, 6, int, pid, unsigned long, count, void *, pages,
			 const int *, nodes, int *, status, int, flags);
KVM_SYSCALL_DEFINE_COUNT(migrate_pages, 4, int, pid, unsigned long, maxnode,
			 const unsigned long *, from, const unsigned long *, to);

/* Returns the highest node number, also of a node without memory; 0 without NUMA. */
static inline int get_max_numa_node(void)
{
	DIR *dir = opendir("/sys/devices/system/node");
	struct dirent *entry;
	int node, end, highest = 0;

	if (!dir)
		return 0;
	while ((entry = readdir(dir))) {
		end = 0;
		if (sscanf(entry->d_name, "node%d%n", &node, &end) == 1 &&
		    !entry->d_name[end] && node > highest)
			highest = node;
	}
	closedir(dir);
	return highest;
}

/* Returns false without CONFIG_NUMA (ENOSYS), or if a sandbox forbids the call (EPERM). */
static inline bool is_numa_available(void)
{
	if (!get_mempolicy(NULL, NULL, 0, NULL, 0))
		return true;
	return errno != ENOSYS && errno != EPERM;
}

static inline bool is_multi_numa_node_system(void)
{
	return is_numa_available() && get_max_numa_node() > 0;
}

#endif /* SELFTEST_KVM_NUMAIF_H */
