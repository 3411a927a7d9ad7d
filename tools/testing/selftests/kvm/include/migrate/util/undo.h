/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Undo list: what to write to which file of /proc or /sys to restore the system.  The list is in
 * memory that a test shares with its child processes, so the parent can undo what a child that
 * died has changed.
 */
#ifndef SELFTEST_KVM_MIGRATE_UTIL_UNDO_H
#define SELFTEST_KVM_MIGRATE_UTIL_UNDO_H

/* Create the list of this process and of its children.  Asserts that there is memory. */
void undo_init(void);

/* Begin a layer.  Returns its mark for undo_run_from(); a layer ends with the process or there. */
int undo_mark(void);

/*
 * Register an undo: write @text to @path.  A path that the current layer knows keeps its first
 * text, unless @text is one of several for that path and undo_add_another() registers it.
 */
void undo_add(const char *path, const char *text);
void undo_add_another(const char *path, const char *text);

/* Drop the undo of @path; @text chooses among several, NULL takes any. */
void undo_cancel(const char *path, const char *text);

/*
 * Write what is registered for @path and drop it.  Returns 0, also without such an undo, or
 * -errno.
 */
int undo_run(const char *path, const char *text);

/*
 * Undo everything since @mark, latest first.  Only the process that called undo_init() does, a
 * child does nothing.  Safe in a signal handler.
 */
void undo_run_from(int mark);

/* Undo everything; for atexit(). */
void undo_run_all(void);

/*
 * Write @value to @path and register an undo with the old text.  Returns 0, or -errno with no
 * change.
 */
int setting_write(const char *path, const char *value);

#endif /* SELFTEST_KVM_MIGRATE_UTIL_UNDO_H */
