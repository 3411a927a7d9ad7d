/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Accesses of the guest that KVM may not be able to resolve, because a page has a memory error.
 */
#ifndef SELFTEST_KVM_MIGRATE_GMEM_GUEST_ACCESS_H
#define SELFTEST_KVM_MIGRATE_GMEM_GUEST_ACCESS_H

#include "migrate/gmem/gmem_vm.h"

#define NO_FAULT_PAGE (~(size_t)0)

/*
 * Have the first vCPU read the first word of page @page, or run on from an access that failed.
 * Return 0 once its command is done, or -errno of KVM_RUN.
 */
int gmem_guest_try_read(struct gmem_vm *gvm, size_t page);
int gmem_guest_try_again(struct gmem_vm *gvm);

/* Returns the page at which KVM_RUN failed with KVM_EXIT_MEMORY_FAULT, or NO_FAULT_PAGE. */
size_t gmem_guest_fault_page(const struct gmem_vm *gvm);

/* Returns the word of the last read that succeeded. */
u64 gmem_guest_word_read(const struct gmem_vm *gvm);

/* Leave out @nr pages from @first on when guest and host check all pages, and the guest's fills. */
void gmem_leave_out(struct gmem_vm *gvm, size_t first, size_t nr);

#endif /* SELFTEST_KVM_MIGRATE_GMEM_GUEST_ACCESS_H */
