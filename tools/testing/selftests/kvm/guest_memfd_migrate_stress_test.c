// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stress test: guest_memfd folios migrate while guests, host, memslots, holes, pins and other
 * processes use them.
 *
 * Property: guests read what they and the host wrote last; every migrator meets the kernel's
 * contract; and when all files are closed, every counter is as before.
 *
 * Algorithm: a case is a mix of workloads (migrate/stress/stress.h), each with a VM of its own.
 * Meanwhile threads fire the triggers of the contract at all of them, between all nodes.  Guest and
 * host compare all the time, and compare everything after each round.  There each trigger must also
 * meet the contract, one by one.  The number of iterations decides the duration; the seed repeats
 * all decisions.
 *
 * Contract by kernel: as in guest_memfd_migrate_test.
 */
#include "kselftest.h"
#include "migrate/gmem/gmem_vm.h"
#include "migrate/runner/testcase.h"
#include "migrate/runner/test_env.h"
#include "migrate/stress/stress.h"
#include "migrate/trigger/trigger.h"

#define WORKLOADS(...) .turns = 1, .workloads = { &workload_live, ##__VA_ARGS__ }

static const struct {
	const char *name;
	struct stress_mix mix;
	bool slow;			/* and its parts are in other mixes, too */
} mixes[] = {
	/* More turns make more moves in less time: the comparison of all memory is slow. */
	{
		"by_range",
		{ .migrators = MIGRATORS_BY_RANGE, .turns = 16, .workloads = { &workload_live } },
		.slow = false,
	},
	{
		"by_node",
		{ .migrators = MIGRATORS_BY_NODE, .turns = 6, .workloads = { &workload_live } },
		.slow = true,
	},
	{ "by_kernel",	{ .migrators = MIGRATORS_BY_KERNEL, WORKLOADS() }, .slow = false },
	{ "slots",	{ WORKLOADS(&workload_slots) }, .slow = true },
	{ "holes",	{ WORKLOADS(&workload_holes) }, .slow = true },
	{ "closing",	{ WORKLOADS(&workload_closing) }, .slow = true },
	{ "shared",	{ WORKLOADS(&workload_shared) }, .slow = true },
	{ "pinned",	{ WORKLOADS(&workload_pinned) }, .slow = true },
	{ "conversions", { WORKLOADS(&workload_conversions) }, .slow = true },
	{ "conversions_encrypted", { WORKLOADS(&workload_encrypted) }, .slow = false },
	/* Without conversions where there is no private memory. */
	{
		"all",
		{ WORKLOADS(&workload_slots, &workload_holes, &workload_closing,
			    &workload_shared, &workload_pinned, &workload_conversions) },
		.slow = false,
	},
};

/* A cgroup with cpuset, to change its nodes, or at least with memory, to see what is charged. */
static const struct test_env *cgroup_env(void)
{
	static const struct test_env memcg = { .cgroup = "memory" };

	if (!test_env_skip_reason(trigger_cpuset.env))
		return trigger_cpuset.env;
	return test_env_skip_reason(&memcg) ? NULL : &memcg;
}

int main(int argc, char **argv)
{
	struct suite suite = {
		.program = "guest_memfd_migrate_stress_test",
		.options = { .contract = -1, .pages = 64, .iterations = 1,
			     .stress_vcpus = 2 },
	};
	struct testcase cases[ARRAY_SIZE(mixes)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mixes); i++) {
		cases[i] = (struct testcase) {
			.skip_reason = stress_skip_reason,
			.run = stress_run,
			.env = cgroup_env(),
			.slow = mixes[i].slow,
			.data = &mixes[i].mix,
		};
		snprintf(cases[i].name, sizeof(cases[i].name), "%s", mixes[i].name);
	}
	vm_keep_one_open();
	/* No probe: without -k and BTF the contract is unmovable, and a move fails the case. */
	return suite_main(&suite, argc, argv, cases, ARRAY_SIZE(cases), NULL);
}
