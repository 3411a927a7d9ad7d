/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The environment of a case: kernel settings and a cgroup.  The parent of the case's process sets
 * it up and undoes it, because a case that is killed cannot.
 */
#ifndef SELFTEST_KVM_MIGRATE_RUNNER_TEST_ENV_H
#define SELFTEST_KVM_MIGRATE_RUNNER_TEST_ENV_H

#include "migrate/runner/testcase.h"

/* A file of /proc or /sys and its text while the case runs. */
struct setting {
	const char *path;
	const char *value;
	bool optional;			/* skipped on kernels without the file */
};

struct test_env {
	const struct setting *settings;	/* up to an entry without a path; NULL: none */
	const struct setting *(*choose)(void);	/* replaces .settings; depends on the machine */
	const char *cgroup;		/* controller of the case's cgroup; NULL: none */
};

/* Returns why @env, which may be NULL, cannot be set up, as a SKIP reason, or NULL. */
const char *test_env_skip_reason(const struct test_env *env);

/*
 * Besides the environment: NUMA balancing and KSM are off, because both move or merge pages in the
 * background; splats fail a case; and a case that hangs shows where.
 */
extern const struct runner_hook test_env_hook;

#endif /* SELFTEST_KVM_MIGRATE_RUNNER_TEST_ENV_H */
