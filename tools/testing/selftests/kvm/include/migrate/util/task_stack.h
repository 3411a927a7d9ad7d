/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a process that does not come to its end is doing: where each of its threads is in the
 * kernel, as far as this task may see it (/proc/PID/task/TID/stack needs CAP_SYS_ADMIN).
 */
#ifndef SELFTEST_KVM_MIGRATE_UTIL_TASK_STACK_H
#define SELFTEST_KVM_MIGRATE_UTIL_TASK_STACK_H

#include <stdio.h>
#include <sys/types.h>

/*
 * Write it to @out as comments: a line a thread, and the stack of those that no signal wakes; of
 * processes that it has made as well.
 */
void task_stack_print(pid_t pid, FILE *out);

#endif /* SELFTEST_KVM_MIGRATE_UTIL_TASK_STACK_H */
