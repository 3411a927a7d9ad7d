/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * main() of the migration tests: runs each selected case in a child process with a time limit, and
 * prints a TAP line for each.
 */
#ifndef SELFTEST_KVM_MIGRATE_RUNNER_TESTCASE_H
#define SELFTEST_KVM_MIGRATE_RUNNER_TESTCASE_H

#include "migrate/runner/options.h"
#include "migrate/verdict/contract.h"

#define SUITE_NODES_MAX 2

struct test_env;

/*
 * What happens around each case besides its process and its time limit.  The functions print their
 * own messages.  @env is the case's or NULL.
 */
struct runner_hook {
	/* Once, in the parent of all cases. */
	void (*init)(void);
	/* At the end of the program.  Safe in a signal handler. */
	void (*exit)(void);
	/* Find the contract of the running kernel.  Returns 0, or -errno where it does not tell. */
	int (*contract)(struct contract *contract);
	/* Returns why this machine cannot provide @env, as a SKIP reason, or NULL. */
	const char *(*skip_reason)(const struct test_env *env);
	/* Before the process of the case starts.  Returns false where the case cannot run. */
	bool (*setup)(const struct test_env *env);
	/* In the process of the case. */
	void (*enter)(const struct test_env *env);
	/* The case has reached its time limit, and will be killed. */
	void (*timeout)(int pid);
	/* After the end of the process. */
	void (*teardown)(void);
	/* After the teardown.  Returns false where the case must fail. */
	bool (*check)(void);
};

/* What the cases of a test program share. */
struct suite {
	const char *program;		/* name, for "rerun:" lines */
	struct migrate_options options;
	struct contract contract;
	int nodes[SUITE_NODES_MAX];	/* nodes with enough free memory */
	int nr_nodes;
	const struct runner_hook *hook;	/* NULL: none */
	/*
	 * Called once the contract is known; may be absent.  Returns what the machine lacks for all
	 * cases, as a SKIP reason, or NULL.
	 */
	const char *(*prepare)(const struct suite *suite);
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
	bool slow;			/* runs only where -t selects it, or with -a */
	const void *data;		/* private to the case */
};

/*
 * Run the selected ones of @nr @cases.  The caller fills in @suite->program and the defaults of
 * @suite->options.  @probe tries one move on kernels without BTF and returns the enum contract_id
 * that it shows; NULL: such kernels count as CONTRACT_UNMOVABLE.
 * Returns main()'s exit status.
 */
int suite_main(struct suite *suite, int argc, char **argv, const struct testcase *cases,
	       size_t nr, int (*probe)(const struct suite *suite));

/* Skip the running case for @reason.  Returns KSFT_SKIP. */
int suite_skip(const char *reason);

/* Returns "contract movable (BTF), seed 0x1b2c", for reports. */
const char *suite_context(const struct suite *suite);

/* Returns why @test cannot run, as a SKIP reason, or NULL. */
const char *testcase_skip_reason(const struct suite *suite, const struct testcase *test);

/* Set up @suite->hook, signals and the memory shared with the cases; before a case runs. */
void testcase_init(const struct suite *suite);

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
