/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cgroup of a case, one at the same time (Documentation/admin-guide/cgroup-v2.rst).
 */
#ifndef SELFTEST_KVM_MIGRATE_UTIL_CGROUP_H
#define SELFTEST_KVM_MIGRATE_UTIL_CGROUP_H

/* Returns why there can be no cgroup with @controller, as a SKIP reason, or NULL. */
const char *cgroup_skip_reason(const char *controller);

/* Create the cgroup.  Returns 0 or -errno. */
int cgroup_create(void);

/* Move this process into the cgroup.  Asserts success. */
void cgroup_enter(void);

/* Move this process to the root cgroup; its memory stays charged.  Asserts success. */
void cgroup_leave(void);

/*
 * Kill the processes of the cgroup and remove it, in the process that created it.  Safe in a signal
 * handler.
 */
void cgroup_remove(void);

/* Returns the path of @file of the cgroup, valid until the next call. */
const char *cgroup_file(const char *file);

#endif /* SELFTEST_KVM_MIGRATE_UTIL_CGROUP_H */
