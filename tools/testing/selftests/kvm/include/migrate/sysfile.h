/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small files of /proc and /sys: read them whole, change a knob for the time of a run.
 */
#ifndef SELFTEST_KVM_MIGRATE_SYSFILE_H
#define SELFTEST_KVM_MIGRATE_SYSFILE_H

#include <stddef.h>

/*
 * Read all of @path into @text, ending it with a NUL.
 * Returns the length, or -errno; -EFBIG where @size is too small.
 */
int sysfile_read(const char *path, char *text, size_t size);

/* Write @text to @path in one write().  Returns 0 or -errno.  Safe in a signal handler. */
int sysfile_write(const char *path, const char *text);

/*
 * Write @value to the knob @path and remember what it held, once for each knob; @path must
 * outlive the program's run.  Returns 0 or -errno, with nothing changed.
 */
int knob_set(const char *path, const char *value);

/*
 * Begin a layer: knobs set from now on are noted anew, with what they hold now, and
 * knob_restore_layer() gives them that back, the layer's number being what knob_layer() returned.
 * There are two layers, the run's and this one.
 */
int knob_layer(void);
void knob_restore_layer(int first);

/* Give every knob its old value back.  Safe in a signal handler, harmless when repeated. */
void knob_restore_all(void);

#endif /* SELFTEST_KVM_MIGRATE_SYSFILE_H */
