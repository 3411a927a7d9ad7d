// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does guest memory survive being moved when everything happens at once?
 *
 * Property: guests read what they and the host wrote last, whatever moves their pages, and whatever
 * else is done to guest_memfd meanwhile; every mover keeps to the kernel's contract; and when all
 * is closed, every counter is what it was.
 *
 * Algorithm: a case is a mix of jobs (migrate/stress/stress.h), each with a VM of its own: guests
 * at work,
 * memslots that come and go, holes, VMs that are closed in the middle of a move, other processes
 * that map the file, pins, conversions of private memory.  Meanwhile threads fire the triggers of
 * the contract at all of them, between all nodes.  Guest and host compare all the time, and
 * everything after each round, when each trigger has to show alone that it does what is promised.
 * Only the number of rounds says how long it takes, and the seed repeats all decisions.
 *
 * Contract by kernel: as of guest_memfd_migrate_test.
 */
#include "kselftest.h"
#include "migrate/gmem/gmem_vm.h"
#include "migrate/runner/suite.h"
#include "migrate/runner/test_env.h"
#include "migrate/stress/stress.h"
#include "migrate/trigger/trigger.h"

#define WORKLOADS(...) .turns = 1, .workloads = { &workload_live, ##__VA_ARGS__ }

static const struct {
	const char *name;
	struct stress_mix mix;
} mixes[] = {
	/* More turns, for many moves in little time: to compare everything costs more than that. */
	{"by_range", {.migrators = MIGRATORS_BY_RANGE, .turns = 16, .workloads = {&workload_live}}},
	{"by_node", {.migrators = MIGRATORS_BY_NODE, .turns = 6, .workloads = {&workload_live}}},
	{"by_kernel", {.migrators = MIGRATORS_BY_KERNEL, WORKLOADS()}},
	{"slots", {WORKLOADS(&workload_slots)}},
	{"holes", {WORKLOADS(&workload_holes)}},
	{"closing", {WORKLOADS(&workload_closing)}},
	{"shared", {WORKLOADS(&workload_shared)}},
	{"pinned", {WORKLOADS(&workload_pinned)}},
	{"conversions", {WORKLOADS(&workload_conversions)}},
	/* The last job does without, where no private memory can be had. */
	{"all",
	 {WORKLOADS(&workload_slots, &workload_holes, &workload_closing, &workload_shared,
		    &workload_pinned, &workload_conversions)}},
};

/*
 * Of a case's own, if it can be: nodes to be changed, and to see what is charged.  One with nodes
 * has both, if cgroups control both.
 */
static const struct test_env *cgroup_of_its_own(void)
{
	static const struct test_env charged = { .cgroup = "memory" };

	if (!test_env_skip_reason(trigger_cpuset.env))
		return trigger_cpuset.env;
	return test_env_skip_reason(&charged) ? NULL : &charged;
}

int main(int argc, char **argv)
{
	struct suite suite = {
		.program = "guest_memfd_migrate_stress_test",
		.options = { .contract = -1, .pages = 64, .iterations = 1, .nr_vcpus = 2 },
	};
	struct testcase cases[ARRAY_SIZE(mixes)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mixes); i++) {
		cases[i] = (struct testcase) {
			.skip_reason = stress_skip_reason,
			.run = stress_run,
			.env = cgroup_of_its_own(),
			.data = &mixes[i].mix,
		};
		snprintf(cases[i].name, sizeof(cases[i].name), "%s", mixes[i].name);
	}
	/* Where nobody promises a contract: held to the one that refuses, a move is a failure. */
	vm_keep_one_open();
	return suite_main(&suite, argc, argv, cases, ARRAY_SIZE(cases), NULL);
}
