/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory balloon of the machine that the test runs in (drivers/virtio/virtio_balloon.c).  How
 * large it is decides the machine's host.  Who runs tests lets them ask: the virtio-serial port
 * "balloon.mib" takes a line with a number, and the host sees to it that the balloon becomes so
 * many MiB large.
 */
#ifndef SELFTEST_KVM_MIGRATE_MM_BALLOON_H
#define SELFTEST_KVM_MIGRATE_MM_BALLOON_H

#include <stddef.h>

/* What this task or machine lacks to drive it, as a reason to skip; NULL: nothing. */
const char *balloon_skip_reason(void);

/* Ask for @mib MiB. */
void balloon_ask(size_t mib);

/* Wait until it has so many pages.  Returns how many it has, which is others after some seconds. */
size_t balloon_wait(size_t pages);

/* Pages in it by the driver's own events: inflated and not deflated since this machine booted. */
size_t balloon_pages(void);

/*
 * Have it inflated by @cpu, which allocates on its own node, as far as this machine can do that;
 * -1: by whoever it is.  Back to how it was.
 */
void balloon_steer(int cpu);
void balloon_let_go(void);

/*
 * Take the driver away, which has it free all pages, and bring it back: it asks the host how large
 * the balloon should be, and inflates it so.  Pages go and come as @pages, how many there are.
 */
void balloon_rebind(size_t pages);

#endif /* SELFTEST_KVM_MIGRATE_MM_BALLOON_H */
