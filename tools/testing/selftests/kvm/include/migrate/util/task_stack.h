/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the threads of a hung process wait in the kernel.
 */
#ifndef SELFTEST_KVM_MIGRATE_UTIL_TASK_STACK_H
#define SELFTEST_KVM_MIGRATE_UTIL_TASK_STACK_H

#include <stdio.h>
#include <sys/types.h>

/*
 * Print a comment for each thread of @pid and of its children: state and wait channel, and the
 * kernel stack of threads in state D (/proc/PID/task/TID/stack needs CAP_SYS_ADMIN).
 */
void task_stack_print(pid_t pid, FILE *out);

#endif /* SELFTEST_KVM_MIGRATE_UTIL_TASK_STACK_H */
