/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hooks of the runner: what happens around each case besides its process and its time limit.
 * testcase.c has the list.
 */
#ifndef SELFTEST_KVM_MIGRATE_RUNNER_HOOK_H
#define SELFTEST_KVM_MIGRATE_RUNNER_HOOK_H

#include <stdbool.h>
#include <sys/types.h>

struct test_env;

/* All functions may be absent.  They print their own messages.  @env is the case's or NULL. */
struct runner_hook {
	/* Once, in the parent of all cases. */
	void (*init)(void);
	/* Returns why this machine cannot provide @env, as a SKIP reason, or NULL. */
	const char *(*skip_reason)(const struct test_env *env);
	/* Before the process of the case starts.  Returns false where the case cannot run. */
	bool (*setup)(const struct test_env *env);
	/* In the process of the case. */
	void (*enter)(const struct test_env *env);
	/* The case has reached its time limit, and will be killed. */
	void (*timeout)(pid_t pid);
	/* After the end of the process. */
	void (*teardown)(void);
	/* After the teardown.  Returns false where the case must fail. */
	bool (*check)(void);
	/* At the end of the program.  Safe in a signal handler. */
	void (*exit)(void);
};

extern const struct runner_hook hook_test_env;		/* settings and the cgroup of a case */
extern const struct runner_hook hook_background;	/* NUMA balancing and KSM are off */
extern const struct runner_hook hook_kmsg;		/* splats fail a case */
extern const struct runner_hook hook_task_stack;	/* where a case hangs */

#endif /* SELFTEST_KVM_MIGRATE_RUNNER_HOOK_H */
