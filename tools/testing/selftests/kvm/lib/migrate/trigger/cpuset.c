// SPDX-License-Identifier: GPL-2.0-only
/*
 * Another set of nodes for a cgroup: cgroup v2 moves the memory of its processes along
 * (Documentation/admin-guide/cgroup-v2.rst, cpuset.mems).  The kernel's workers do the moving, and
 * the write returns when they are done (kernel/cgroup/cpuset.c).
 */
#include <stdio.h>

#include "migrate/runner/test_env.h"
#include "migrate/trigger/trigger.h"
#include "migrate/util/cgroup.h"
#include "migrate/util/sysfile.h"

/* Back to what its parent has, which is more than one node and moves nothing. */
static int allow_all_nodes(const char *mems)
{
	return sysfile_write(mems, "\n");
}

static void fire_cpuset(const struct trigger_range *range, struct trigger_result *result)
{
	char mems[128], node[16];

	cgroup_file("cpuset.mems", mems, sizeof(mems));
	snprintf(node, sizeof(node), "%d", range->to);
	result->ret = sysfile_write(mems, node);
	if (!result->ret)
		result->ret = allow_all_nodes(mems);
}

static const struct test_env env = { .cgroup = "cpuset" };

const struct trigger trigger_cpuset = {
	.name = "cpuset",
	.call = "cpuset.mems",
	.no_range = true,
	.env = &env,
	.fire = fire_cpuset,
};
