/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a case needs to be so outside of its own process: knobs of the kernel, a cgroup.  The
 * process that runs the cases provides it before a case begins, and takes it away again when the
 * case has ended, also by a signal: a case that is killed cannot.
 */
#ifndef SELFTEST_KVM_MIGRATE_OUTSIDE_H
#define SELFTEST_KVM_MIGRATE_OUTSIDE_H

#include <stdbool.h>
#include <stddef.h>

/* A knob of the kernel and what it has to hold while a case runs. */
struct knob_value {
	const char *path;
	const char *value;
	bool optional;			/* not every kernel has it */
};

struct outside {
	const struct knob_value *knobs;	/* the last one has no path; NULL: none */
	/* In place of .knobs, where it depends on the machine whether they may be turned. */
	const struct knob_value *(*choose)(void);
	const char *cgroup;		/* controller of a cgroup for the case; NULL: none */
	/*
	 * Ends what the case itself may have left behind.  Safe in a signal handler, harmless where
	 * nothing is left.
	 */
	void (*undo)(void);
};

/* What of @outside cannot be provided here, as a reason to skip; NULL: nothing.  @outside: any. */
const char *outside_missing(const struct outside *outside);

/* Provide @outside, which may be NULL.  Returns 0 or -errno, with what failed in *@what. */
int outside_provide(const struct outside *outside, const char **what);

/* In the case's process, before anything else: enter the cgroup. */
void outside_enter(const struct outside *outside);

/* Take away what was provided.  The case's process is gone. */
void outside_remove(void);

/* The same in a signal handler that ends the program; knobs are not its business. */
void outside_undo(void);

/* Path of @file in the case's cgroup.  Returns @path. */
char *outside_cgroup_file(const char *file, char *path, size_t size);

/*
 * In the case: should this process end before it has put things right, @text is to be written to
 * @path.  A path that is known already keeps its first text.
 */
void outside_remember(const char *path, const char *text);

/* It is as it was; or make it so.  Returns 0 or -errno; harmless where nothing was remembered. */
void outside_forget(const char *path);
int outside_redo(const char *path);

#endif /* SELFTEST_KVM_MIGRATE_OUTSIDE_H */
