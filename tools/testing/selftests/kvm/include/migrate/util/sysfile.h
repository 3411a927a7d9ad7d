/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Read and write small files of /proc and /sys.
 */
#ifndef SELFTEST_KVM_MIGRATE_UTIL_SYSFILE_H
#define SELFTEST_KVM_MIGRATE_UTIL_SYSFILE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Read all of @path into @text of @size bytes and add a NUL.
 * Returns the length, or -errno; -EFBIG where @size is too small.
 */
int sysfile_read(const char *path, char *text, size_t size);

/* Returns the number in @base at the start of @path, or 0 where the file is unreadable. */
uint64_t sysfile_read_number(const char *path, int base);

/* Write @text to @path in one write().  Returns 0 or -errno.  Safe in a signal handler. */
int sysfile_write(const char *path, const char *text);

#endif /* SELFTEST_KVM_MIGRATE_UTIL_SYSFILE_H */
