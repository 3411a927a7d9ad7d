/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtio-mem device of this machine (drivers/virtio/virtio_mem.c).  The host sets how much of
 * it is plugged: it must read lines with a number of MiB from the virtio-serial port
 * "virtio-mem.mib".
 */
#ifndef SELFTEST_KVM_MIGRATE_MM_VIRTIO_MEM_H
#define SELFTEST_KVM_MIGRATE_MM_VIRTIO_MEM_H

#include <stdbool.h>
#include <stdint.h>

/* Returns why memory cannot be unplugged, as a reason to skip, or NULL. */
const char *virtio_mem_skip_reason(void);

/* Returns the node of the device's memory, or -errno. */
int virtio_mem_node(void);

/* Returns whether frame @pfn is in memory that is plugged now. */
bool virtio_mem_has(uint64_t pfn);

/*
 * Ask the host for no memory, and wait until all of it is unplugged.  Returns 0, or -EBUSY after
 * 20 seconds.  Registers an undo.
 */
int virtio_mem_unplug(void);

/* Ask for all memory that virtio_mem_unplug() found, and wait for it.  Asserts success. */
void virtio_mem_plug(void);

#endif /* SELFTEST_KVM_MIGRATE_MM_VIRTIO_MEM_H */
