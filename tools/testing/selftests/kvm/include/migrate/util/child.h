/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Another process: one that makes a call about this one, or one that maps the same memory.
 */
#ifndef SELFTEST_KVM_MIGRATE_UTIL_CHILD_H
#define SELFTEST_KVM_MIGRATE_UTIL_CHILD_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Have another process call @call(@data), and return what that returned.  It works on a copy of
 * this process's memory: what it is to bring back goes to memory of shared_alloc().
 */
long child_call(long (*call)(const void *data), const void *data);
void *shared_alloc(size_t size);
void shared_free(void *mem, size_t size);

/*
 * The same by a process that has this one's memory: while there is a copy, the first write to each
 * page makes a page of its own, and pages that are being copied do not move.  @call must not do
 * more than system calls.
 */
long child_call_vm(long (*call)(const void *data), const void *data);

/*
 * fork() a child that dies with this process.  Returns 0 in the child.  child_wait() asserts that
 * the child exits with status 0.
 */
pid_t child_fork(void);
void child_wait(pid_t pid);

#endif /* SELFTEST_KVM_MIGRATE_UTIL_CHILD_H */
