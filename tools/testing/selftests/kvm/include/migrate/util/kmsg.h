/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Watch the kernel's log and taint while a case runs.
 */
#ifndef SELFTEST_KVM_MIGRATE_UTIL_KMSG_H
#define SELFTEST_KVM_MIGRATE_UTIL_KMSG_H

#include <stdbool.h>
#include <stdio.h>

struct kmsg_watch {
	int fd;				/* -1: the log is unreadable */
	unsigned long taint;
};

/* Start to watch.  Returns 0, or -errno where the log is unreadable and only taint is watched. */
int kmsg_watch(struct kmsg_watch *watch);

/*
 * Print the splats since the last call or kmsg_watch() to @out as comments, with the lines that
 * follow each, and the letters of a new taint.
 * Returns the number of splats; a new taint counts as one.
 */
int kmsg_splats(struct kmsg_watch *watch, FILE *out);

/* Returns whether a log line starts a splat: a warning, a bug, an oops, a hung task. */
bool kmsg_is_splat(const char *line);

/* Write the letters of @taint (Documentation/admin-guide/tainted-kernels.rst) to @text. */
char *taint_letters(unsigned long taint, char *text, size_t size);

#endif /* SELFTEST_KVM_MIGRATE_UTIL_KMSG_H */
