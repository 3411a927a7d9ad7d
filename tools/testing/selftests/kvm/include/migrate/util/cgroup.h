/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A cgroup v2 of the test's own (Documentation/admin-guide/cgroup-v2.rst), one at a time.
 */
#ifndef SELFTEST_KVM_MIGRATE_UTIL_CGROUP_H
#define SELFTEST_KVM_MIGRATE_UTIL_CGROUP_H

#include <stddef.h>

/* Returns what this machine lacks for a cgroup with @controller, as a SKIP reason, or NULL. */
const char *cgroup_skip_reason(const char *controller);

/* Create the cgroup.  Returns 0 or -errno. */
int cgroup_create(void);

/* Move this process into the cgroup.  Asserts success. */
void cgroup_enter(void);

/*
 * Kill the processes that are left and remove the cgroup, if this process created one.  Safe in a
 * signal handler.
 */
void cgroup_remove(void);

/* Write the path of @file in the cgroup to @path.  Returns @path. */
char *cgroup_file(const char *file, char *path, size_t size);

#endif /* SELFTEST_KVM_MIGRATE_UTIL_CGROUP_H */
