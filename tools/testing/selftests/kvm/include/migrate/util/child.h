/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Child processes that make a call, and memory shared with them.
 */
#ifndef SELFTEST_KVM_MIGRATE_UTIL_CHILD_H
#define SELFTEST_KVM_MIGRATE_UTIL_CHILD_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Run @call(@data) in a child process.  Returns its result.  The child has a copy of this process's
 * memory; only memory of shared_alloc() brings back more.
 */
long child_call(long (*call)(const void *data), const void *data);
void *shared_alloc(size_t size);

/*
 * As child_call(), by a child that shares this process's memory: no copy-on-write fault allocates
 * a page.  @call may only make system calls.
 */
long child_call_vm(long (*call)(const void *data), const void *data);

/* fork() a child that dies with this process.  Returns its PID, or 0 in the child. */
pid_t child_fork(void);

/* Wait for the child.  Asserts that it exits with status 0. */
void child_wait(pid_t pid);

#endif /* SELFTEST_KVM_MIGRATE_UTIL_CHILD_H */
