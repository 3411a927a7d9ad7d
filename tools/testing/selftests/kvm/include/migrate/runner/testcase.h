/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs one case in a child process with a time limit.
 */
#ifndef SELFTEST_KVM_MIGRATE_RUNNER_TESTCASE_H
#define SELFTEST_KVM_MIGRATE_RUNNER_TESTCASE_H

#include "migrate/runner/options.h"
#include "migrate/verdict/contract.h"

#define SUITE_NODES_MAX 2

/* What the cases of a test program share. */
struct suite {
	const char *program;		/* name, for "rerun:" lines */
	struct migrate_options options;
	struct contract contract;
	int nodes[SUITE_NODES_MAX];	/* nodes with enough free memory */
	int nr_nodes;
};

struct testcase {
	char name[80];			/* trigger.vm.property, unique */
	/* Returns why the case cannot run, as a SKIP reason, or NULL. */
	const char *(*skip_reason)(const struct suite *suite, const struct testcase *test);
	/* Returns KSFT_PASS, KSFT_FAIL, or what suite_skip() returns. */
	int (*run)(const struct suite *suite, const struct testcase *test);
	const struct contract_row *row;
	const struct test_env *env;	/* NULL: none */
	bool unsafe;			/* runs only where -t selects it and -U allows it */
	const void *data;		/* private to the case */
};

/* Skip the running case for @reason.  Returns KSFT_SKIP. */
int suite_skip(const char *reason);

/* Returns "contract movable (BTF), seed 0x1b2c", for reports. */
const char *suite_context(const struct suite *suite);

/* Returns why @test cannot run, as a SKIP reason, or NULL. */
const char *testcase_skip_reason(const struct suite *suite, const struct testcase *test);

/* Set up signals and the memory shared with the cases; before any other function here. */
void testcase_init(void);

/* The case fails and survives SIGKILL: it may hold locks that all later cases need. */
#define TESTCASE_HUNG	(-1)

/*
 * Run @test, or skip it.  Returns KSFT_PASS, KSFT_FAIL, KSFT_SKIP or TESTCASE_HUNG, and in @reason
 * the SKIP reason, valid until the next case, or NULL.  The caller prints the result, because
 * kselftest.h of a kernel tree counts results per source file.
 */
int testcase_run(const struct suite *suite, const struct testcase *test, const char **reason);

/*
 * Run @probe like a case.  Returns its enum contract_id.  Ends the program as failed where @probe
 * dies or hangs.
 */
int testcase_probe(const struct suite *suite, int (*probe)(const struct suite *suite));

#endif /* SELFTEST_KVM_MIGRATE_RUNNER_TESTCASE_H */
