// SPDX-License-Identifier: GPL-2.0-only
/*
 * Properties memcg_charge and memcg_other; see migrate/matrix/property_table.h.
 *
 * The case runs in a cgroup of its own; memory.numa_stat has its file pages by node.
 * mem_cgroup_migrate() in mm/memcontrol.c charges the new folio to the cgroup of the old one; a
 * freed folio is charged to none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest.h"
#include "kvm_util.h"
#include "migrate/matrix/property.h"
#include "migrate/mm/vmstat.h"
#include "migrate/runner/test_env.h"
#include "migrate/util/cgroup.h"
#include "migrate/util/child.h"
#include "migrate/util/sysfile.h"

const struct test_env env_memcg = { .cgroup = "memory" };

/*
 * The kernel sums up the counters of its CPUs for a reader only after enough changes
 * (memcg_vmstats_needs_flush()): a child makes them, because this process may have left the cgroup.
 * A page that comes and goes is two changes.
 */
static void force_flush(void)
{
	size_t size = MEMCG_CHARGE_BATCH * sysconf(_SC_NPROCESSORS_ONLN) * getpagesize();
	pid_t pid = child_fork();

	if (!pid) {
		cgroup_enter();
		kvm_munmap(kvm_mmap(size, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1), size);
		_exit(0);
	}
	child_wait(pid);
}

/* File pages on @node that the cgroup is charged for. */
static long charged_on(int node)
{
	const char *path = cgroup_file("memory.numa_stat");
	char text[16384], name[16];
	const char *line, *at = NULL;
	int r;

	force_flush();
	r = sysfile_read(path, text, sizeof(text));
	TEST_ASSERT(r > 0, "cannot read %s: %s", path, strerror(-r));
	snprintf(name, sizeof(name), " N%d=", node);
	line = strncmp(text, "file ", strlen("file ")) ? strstr(text, "\nfile ") : text;
	if (line)
		at = strstr(line, name);
	TEST_ASSERT(at, "no file pages of node %d in %s", node, path);
	return strtoll(at + strlen(name), NULL, 10) / getpagesize();
}

struct charge {
	long from, to;
};

static struct charge read_charge(const struct fixture *fx)
{
	return (struct charge) { .from = charged_on(fx->from), .to = charged_on(fx->to) };
}

/* The charge of both nodes must have changed by these numbers of pages. */
static int judge_charge(const struct fixture *fx, const char *when, const struct charge *before,
			long more_from, long more_to)
{
	struct charge now = read_charge(fx);

	if (now.from - before->from == more_from && now.to - before->to == more_to)
		return KSFT_PASS;
	ksft_print_msg("%s: the cgroup is charged for %+ld file pages on node %d, wanted %+ld, "
		       "and for %+ld on node %d, wanted %+ld; %s\n", when,
		       now.from - before->from, fx->from, more_from, now.to - before->to,
		       fx->to, more_to, suite_context(fx->suite));
	return KSFT_FAIL;
}

int act_memcg_charge(struct fixture *fx)
{
	long nr = fx->gvm->nr_pages;
	long moved = fx->expected.outcome == OUTCOME_MOVED ? nr : 0;
	struct charge before = read_charge(fx);
	int result, charge;

	property_fire_all(fx);
	charge = judge_charge(fx, "after the move", &before, -moved, moved);
	result = fixture_judge_content(fx);
	gmem_punch(fx->gvm, 0, nr);
	return charge ?: result ?: judge_charge(fx, "with all pages freed", &before, -nr, 0);
}

/* The case's process leaves the cgroup, which goes on paying for its pages. */
int act_memcg_other(struct fixture *fx)
{
	cgroup_leave();
	return act_memcg_charge(fx);
}
