/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices of the host, and the virtio-serial ports on which it takes requests for them.
 */
#ifndef SELFTEST_KVM_MIGRATE_MM_VIRTIO_H
#define SELFTEST_KVM_MIGRATE_MM_VIRTIO_H

#include <stdbool.h>
#include <stddef.h>

/* Write the name "virtioN" of a device of @driver to @name.  Returns whether there is one. */
bool virtio_find_device(const char *driver, char *name, size_t size);

/*
 * Write the path of the virtio-serial port called @name to @path.  Returns whether there is one
 * that this task can write to.
 */
bool virtio_find_port(const char *name, char *path, size_t size);

/* Write @mib to the port @path; the undo writes @before.  Asserts success. */
void virtio_port_ask(const char *path, size_t mib, size_t before);

#endif /* SELFTEST_KVM_MIGRATE_MM_VIRTIO_H */
