// SPDX-License-Identifier: GPL-2.0-only
/*
 * A cgroup that gets other nodes moves the memory of its processes there (cpuset.mems in
 * Documentation/admin-guide/cgroup-v2.rst).  Kernel workers move it, and the write returns when
 * they are done (kernel/cgroup/cpuset.c).
 */
#include <stdio.h>

#include "migrate/runner/test_env.h"
#include "migrate/trigger/trigger.h"
#include "migrate/util/cgroup.h"
#include "migrate/util/sysfile.h"

static void fire_cpuset(const struct trigger_range *range, struct trigger_result *result)
{
	char mems[128], node[16];

	cgroup_file("cpuset.mems", mems, sizeof(mems));
	snprintf(node, sizeof(node), "%d", range->to);
	result->ret = sysfile_write(mems, node);
	/* Back to the nodes of the parent, which include this one: nothing moves. */
	if (!result->ret)
		result->ret = sysfile_write(mems, "\n");
}

const struct trigger trigger_cpuset = {
	.name = "cpuset", .call = "cpuset.mems", .reason = "MR_SYSCALL",
	.no_range = true,
	.env = &(const struct test_env) { .cgroup = "cpuset" }, .fire = fire_cpuset,
};
