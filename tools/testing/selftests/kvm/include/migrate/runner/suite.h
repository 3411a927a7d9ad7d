/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs the cases of a migration test: one TAP line a case, each case in a process of its own, so
 * that one that dies takes nothing with it.  Around each case the kernel's log and taint are
 * watched.  NUMA balancing and KSM, which move and merge pages on their own account, are off for
 * the time of the run and put back as they were.
 */
#ifndef SELFTEST_KVM_MIGRATE_RUNNER_SUITE_H
#define SELFTEST_KVM_MIGRATE_RUNNER_SUITE_H

#include "migrate/runner/options.h"
#include "migrate/verdict/contract.h"

#define SUITE_NODES_MAX 2

struct suite {
	const char *program;		/* its name, for "again:" lines */
	struct migrate_options options;
	struct contract contract;
	int nodes[SUITE_NODES_MAX];	/* nodes with memory to spare */
	int nr_nodes;
};

struct testcase {
	char name[80];			/* trigger.vm.property; no two alike */
	/* What this machine lacks for it, a constant string with the remedy; NULL: nothing. */
	const char *(*skip_reason)(const struct suite *suite, const struct testcase *test);
	/* Returns KSFT_PASS, KSFT_FAIL, or what suite_skip() returns. */
	int (*run)(const struct suite *suite, const struct testcase *test);
	const struct contract_row *row;
	const struct test_env *env;	/* NULL: none */
	const void *data;		/* the case's own */
};

/*
 * From inside a case: skip it for @reason, constant text that says what is missing and how to
 * provide it.  Returns KSFT_SKIP.
 */
int suite_skip(const char *reason);

/*
 * For reports, "contract movable (BTF), seed 0x1b2c", and the line that repeats just this case.
 */
const char *suite_context(const struct suite *suite);
void suite_print_rerun(const struct suite *suite, const struct testcase *test);

/*
 * Run @nr @cases as the command line asks.  @observe tries one move, where nothing promises a
 * contract, and returns the enum contract_id that it suggests; NULL: CONTRACT_UNMOVABLE will do.
 * Fill in @suite->program and the defaults of @suite->options before.
 * Returns main()'s exit status.
 */
int suite_main(struct suite *suite, int argc, char **argv, const struct testcase *cases,
	       size_t nr, int (*probe)(const struct suite *suite));

#endif /* SELFTEST_KVM_MIGRATE_RUNNER_SUITE_H */
