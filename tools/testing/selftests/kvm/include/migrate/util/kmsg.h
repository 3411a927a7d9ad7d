/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own opinion: its log and its taint, watched while a case runs.
 */
#ifndef SELFTEST_KVM_MIGRATE_UTIL_KMSG_H
#define SELFTEST_KVM_MIGRATE_UTIL_KMSG_H

#include <stdbool.h>
#include <stdio.h>

struct kmsg_watch {
	int fd;				/* -1: the log cannot be read */
	unsigned long taint;
};

/*
 * Begin to watch from now on.
 * Returns 0, or -errno where the log is closed to this task (taint is watched all the same).
 */
int kmsg_watch(struct kmsg_watch *watch);

/*
 * What the kernel complained of since the last call (or kmsg_watch()): writes each complaint with
 * the lines behind it to @out as comments, and a new taint by its letters.
 * Returns the number of complaints, a new taint among them.
 */
int kmsg_splats(struct kmsg_watch *watch, FILE *out);

/* Whether a log line is the head of a splat: a warning, a bug, an oops, a hang. */
bool kmsg_is_splat(const char *line);

/* Letters of the bits in @taint (Documentation/admin-guide/tainted-kernels.rst). */
char *taint_letters(unsigned long taint, char *text, size_t size);

#endif /* SELFTEST_KVM_MIGRATE_UTIL_KMSG_H */
