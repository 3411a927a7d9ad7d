/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory balloon of this machine (drivers/virtio/virtio_balloon.c).  The host sets its size:
 * it must read lines with a number of MiB from the virtio-serial port "balloon.mib".
 */
#ifndef SELFTEST_KVM_MIGRATE_MM_BALLOON_H
#define SELFTEST_KVM_MIGRATE_MM_BALLOON_H

#include <stddef.h>

/* Returns why the balloon cannot be used, as a reason to skip, or NULL. */
const char *balloon_skip_reason(void);

/* Ask the host for a balloon of @mib MiB. */
void balloon_ask(size_t mib);

/* Wait up to 10 seconds until the balloon has @pages pages.  Returns how many it has. */
size_t balloon_wait(size_t pages);

/* Returns the pages in the balloon, by the driver's events: inflated minus deflated since boot. */
size_t balloon_pages(void);

/*
 * Steer the driver's interrupt to @cpu, so that it inflates the balloon there and allocates on the
 * node of @cpu; no effect where the machine cannot do that or @cpu is -1.  Undo that.
 */
void balloon_steer(int cpu);
void balloon_let_go(void);

/*
 * Unbind the driver, which frees all pages, and bind it again, which inflates the balloon to the
 * size that the host has set: @pages pages.  Asserts both.
 */
void balloon_rebind(size_t pages);

#endif /* SELFTEST_KVM_MIGRATE_MM_BALLOON_H */
