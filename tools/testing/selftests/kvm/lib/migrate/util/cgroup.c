// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kvm_util.h"
#include "migrate/util/cgroup.h"
#include "migrate/util/sysfile.h"

#define CGROUPS		"/sys/fs/cgroup"
#define RMDIR_TRIES	100000

/* Formatted in advance: snprintf() is not safe in a signal handler. */
static char cgroup[64], kill_file[96];
static volatile pid_t owner;

/* Returns whether the file @path lists @word. */
static bool file_has_word(const char *path, const char *word)
{
	char text[512], *rest = text, *found;

	if (sysfile_read(path, text, sizeof(text)) < 0)
		return false;
	while ((found = strsep(&rest, " \n")))
		if (!strcmp(found, word))
			return true;
	return false;
}

const char *cgroup_skip_reason(const char *controller)
{
	if (access(CGROUPS "/cgroup.subtree_control", F_OK))
		return "no cgroup2 (mount it on " CGROUPS ")";
	if (access(CGROUPS, W_OK) || access(CGROUPS "/cgroup.procs", W_OK))
		return "no permission to create cgroups (run as root)";
	if (file_has_word(CGROUPS "/cgroup.subtree_control", controller))
		return NULL;
	if (!strcmp(controller, "memory"))
		return "cgroups do not control memory (CONFIG_MEMCG, echo +memory >" CGROUPS
		       "/cgroup.subtree_control)";
	return "cgroups do not control the cpuset (CONFIG_CPUSETS, echo +cpuset >" CGROUPS
	       "/cgroup.subtree_control)";
}

int cgroup_create(void)
{
	snprintf(cgroup, sizeof(cgroup), CGROUPS "/kvm_migrate_test.%d", getpid());
	snprintf(kill_file, sizeof(kill_file), "%s/cgroup.kill", cgroup);
	/* Before mkdir(): a signal may follow it at once. */
	owner = getpid();
	if (!mkdir(cgroup, 0755))
		return 0;
	owner = 0;
	return -errno;
}

void cgroup_enter(void)
{
	int r = sysfile_write(cgroup_file("cgroup.procs"), "0");

	TEST_ASSERT(!r, "cannot enter %s: %s", cgroup, strerror(-r));
}

void cgroup_leave(void)
{
	int r = sysfile_write(CGROUPS "/cgroup.procs", "0");

	TEST_ASSERT(!r, "cannot leave %s: %s", cgroup, strerror(-r));
}

/* The children of a case may outlive it for a moment. */
void cgroup_remove(void)
{
	int tries;

	if (owner != getpid())
		return;
	for (tries = 0; rmdir(cgroup) && errno == EBUSY && tries < RMDIR_TRIES; tries++) {
		if (!tries)
			sysfile_write(kill_file, "1");
		sched_yield();
	}
	owner = 0;
}

const char *cgroup_file(const char *file)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", cgroup, file);
	return path;
}
