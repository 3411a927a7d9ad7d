// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does guest memory survive being moved when everything happens at once?
 *
 * Property: guests read what they and the host wrote last, whatever moves their pages, and whatever
 * else is done to guest_memfd meanwhile; every mover keeps to the kernel's contract; and when all
 * is closed, every counter is what it was.
 *
 * Algorithm: a case is a mix of jobs (migrate/stress.h), each with a VM of its own: guests at work,
 * memslots that come and go, holes, VMs that are closed in the middle of a move, other processes
 * that map the file, pins, conversions of private memory.  Meanwhile threads fire the triggers of
 * the contract at all of them, between all nodes.  Guest and host compare all the time, and
 * everything after each round, when each trigger has to show alone that it does what is promised.
 * Only the number of rounds says how long it takes, and the seed repeats all decisions.
 *
 * Contract by kernel: as of guest_memfd_migrate_test.
 */
#include "kselftest.h"
#include "migrate/outside.h"
#include "migrate/stress.h"
#include "migrate/trigger.h"

#define JOBS(...) .turns = 1, .jobs = { &stress_job_live, ##__VA_ARGS__ }

static const struct {
	const char *name;
	struct stress_mix mix;
} mixes[] = {
	/* More turns, for many moves in little time: to compare everything costs more than that. */
	{ "by_range",	{ .movers = MOVERS_BY_RANGE, .turns = 16, .jobs = { &stress_job_live } } },
	{ "by_node",	{ .movers = MOVERS_BY_NODE, .turns = 6, .jobs = { &stress_job_live } } },
	{ "by_kernel",	{ .movers = MOVERS_BY_KERNEL, JOBS() } },
	{ "slots",	{ JOBS(&stress_job_slots) } },
	{ "holes",	{ JOBS(&stress_job_holes) } },
	{ "closing",	{ JOBS(&stress_job_closing) } },
	{ "shared",	{ JOBS(&stress_job_shared) } },
	{ "pinned",	{ JOBS(&stress_job_pinned) } },
	{ "conversions", { JOBS(&stress_job_conversions) } },
	/* The last job does without, where no private memory can be had. */
	{ "all",	{ JOBS(&stress_job_slots, &stress_job_holes, &stress_job_closing,
			       &stress_job_shared, &stress_job_pinned,
			       &stress_job_conversions) } },
};

/*
 * Of a case's own, if it can be: nodes to be changed, and to see what is charged.  One with nodes
 * has both, if cgroups control both.
 */
static const struct outside *cgroup_of_its_own(void)
{
	static const struct outside charged = { .cgroup = "memory" };

	if (!outside_missing(trigger_cpuset.outside))
		return trigger_cpuset.outside;
	return outside_missing(&charged) ? NULL : &charged;
}

int main(int argc, char **argv)
{
	struct suite suite = {
		.program = "guest_memfd_migrate_stress_test",
		.options = { .contract = -1, .pages = 64, .rounds = 1, .threads = 2 },
	};
	struct testcase cases[ARRAY_SIZE(mixes)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mixes); i++) {
		cases[i] = (struct testcase) {
			.missing = stress_missing,
			.run = stress_run,
			.outside = cgroup_of_its_own(),
			.data = &mixes[i].mix,
		};
		snprintf(cases[i].name, sizeof(cases[i].name), "%s", mixes[i].name);
	}
	/* Where nobody promises a contract: held to the one that refuses, a move is a failure. */
	return suite_main(&suite, argc, argv, cases, ARRAY_SIZE(cases), NULL);
}
