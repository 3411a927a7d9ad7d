/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a case needs outside of its own process: settings of the kernel, a cgroup.  The parent of
 * the case sets them up before the case starts and tears them down after its end, also on a
 * signal: a case that is killed cannot.
 */
#ifndef SELFTEST_KVM_MIGRATE_RUNNER_TEST_ENV_H
#define SELFTEST_KVM_MIGRATE_RUNNER_TEST_ENV_H

#include <stdbool.h>

/* A file of /proc or /sys and its text while the case runs. */
struct setting {
	const char *path;
	const char *value;
	bool optional;			/* skipped on kernels without the file */
};

struct test_env {
	const struct setting *settings;	/* up to an entry without a path; NULL: none */
	/* Instead of .settings where the machine decides which of them can be restored. */
	const struct setting *(*choose)(void);
	const char *cgroup;		/* controller of the case's cgroup; NULL: none */
};

/* Returns what this machine lacks for @env, which may be NULL, as a SKIP reason, or NULL. */
const char *test_env_skip_reason(const struct test_env *env);

/* Set up @env, which may be NULL.  Returns 0, or -errno with what failed in *@what. */
int test_env_setup(const struct test_env *env, const char **what);

/* In the process of the case, before anything else: enter the cgroup. */
void test_env_enter(const struct test_env *env);

/*
 * Undo what test_env_setup() and the case have changed, once the process of the case is gone.
 * Safe in a signal handler.
 */
void test_env_teardown(void);

#endif /* SELFTEST_KVM_MIGRATE_RUNNER_TEST_ENV_H */
