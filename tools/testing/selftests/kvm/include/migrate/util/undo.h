/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Undo list: which text to write to which file of /proc or /sys to restore the system, and which
 * directory to remove there.  Child processes share the list, so the parent restores what a dead
 * child has changed.  Threads of a process must not change the list at the same time.
 */
#ifndef SELFTEST_KVM_MIGRATE_UTIL_UNDO_H
#define SELFTEST_KVM_MIGRATE_UTIL_UNDO_H

/* Create the list of this process and of its future children.  Asserts success. */
void undo_init(void);

/*
 * Begin a layer, which undo_run_from() ends.  Returns its mark.  All functions below but
 * undo_run_from() see the current layer only.
 */
int undo_mark(void);

/*
 * Register an undo: write @text to @path.  undo_add() keeps the first text of a path;
 * undo_add_another() registers one of several for the same path.  Both assert that it fits.
 */
void undo_add(const char *path, const char *text);
void undo_add_another(const char *path, const char *text);

/* Register an undo: remove the empty directory @path. */
void undo_add_dir(const char *path);

/* Drop the undo of @path; @text chooses among several, NULL takes the latest. */
void undo_cancel(const char *path, const char *text);

/* Run and drop the undo that undo_cancel() would drop.  Returns 0, also without one, or -errno. */
int undo_run(const char *path, const char *text);

/*
 * Run everything since @mark, or everything for 0, latest first.  Does nothing in a child of the
 * process that called undo_init().  Safe in a signal handler.
 */
void undo_run_from(int mark);

/* Write @value to @path and register an undo with the old text.  Returns 0 or -errno. */
int setting_write(const char *path, const char *value);

#endif /* SELFTEST_KVM_MIGRATE_UTIL_UNDO_H */
