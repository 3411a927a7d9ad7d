/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel says about a case: its log and taint, and where a hung process waits.
 */
#ifndef SELFTEST_KVM_MIGRATE_UTIL_KMSG_H
#define SELFTEST_KVM_MIGRATE_UTIL_KMSG_H

#include <stdbool.h>
#include <sys/types.h>

/* Start to watch.  Returns 0, or -errno where the log is unreadable and only taint is watched. */
int kmsg_watch(void);

/*
 * Print the splats since the last call or kmsg_watch() as comments, with the lines that follow
 * each, and the letters of a new taint.
 * Returns the number of splats; a new taint counts as one.
 */
int kmsg_splats(void);

/* Returns whether a log line starts a splat: a warning, a bug, an oops, a hung task. */
bool kmsg_is_splat(const char *line);

/* Write the letters of @taint (Documentation/admin-guide/tainted-kernels.rst) to @text. */
char *taint_letters(unsigned long taint, char *text, size_t size);

/*
 * Print a comment for each thread of @pid and of its children: state and wait channel, and the
 * kernel stack of threads in state D (/proc/PID/task/TID/stack needs CAP_SYS_ADMIN).
 */
void task_stack_print(pid_t pid);

#endif /* SELFTEST_KVM_MIGRATE_UTIL_KMSG_H */
