/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guests that lose access to the memory under test while they run.
 */
#ifndef SELFTEST_KVM_MIGRATE_GMEM_LOST_ACCESS_H
#define SELFTEST_KVM_MIGRATE_GMEM_LOST_ACCESS_H

#include "migrate/gmem/gmem_vm.h"

/*
 * Make each running vCPU return from KVM_RUN and enter it again.  A vCPU in a page fault may hold
 * the last reference to the file; the file is released at the latest when the vCPU returns.
 */
void gmem_guest_bounce(struct gmem_vm *gvm);

/*
 * Wait until each vCPU has ended, as it must when it next accesses the memory.  Returns the number
 * of vCPUs that passed over all pages instead; these are stopped.
 */
int gmem_guest_await_loss(struct gmem_vm *gvm);

/* With access again: each vCPU ends its interrupted command. */
void gmem_guest_recover(struct gmem_vm *gvm);

/* Returns the number of pages in which GUEST_RUN or GUEST_WATCH found a bad word. */
size_t gmem_guest_bad_pages(const struct gmem_vm *gvm);

#endif /* SELFTEST_KVM_MIGRATE_GMEM_LOST_ACCESS_H */
