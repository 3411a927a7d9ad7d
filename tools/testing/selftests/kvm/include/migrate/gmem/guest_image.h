/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest that runs from a guest_memfd.
 */
#ifndef SELFTEST_KVM_MIGRATE_GMEM_GUEST_IMAGE_H
#define SELFTEST_KVM_MIGRATE_GMEM_GUEST_IMAGE_H

#include "migrate/gmem/gmem_vm.h"

/* Slot 0, the guest's own memory: program, stacks, page tables, struct guest_job. */
struct slot0_gmem {
	int fd;
	void *mem;
	size_t nr_pages;
};

/*
 * Replace slot 0 of a VM that does not run by a guest_memfd on @node with the same content.  The
 * host maps it, but userspace_addr is 0.  The caller closes @slot0->fd; gmem_vm_free() unmaps it.
 */
void slot0_gmem_create(struct gmem_vm *gvm, int node, struct slot0_gmem *slot0);

/* Have GUEST_RUN of each vCPU also call functions and take exceptions. */
void guest_calls_and_exceptions(struct gmem_vm *gvm);

/* In lib/ARCH/migrate: why slot0_gmem_create() does not work here, as a reason to skip, or NULL. */
const char *slot0_gmem_skip_reason(void);

/* In lib/ARCH/migrate: on the host, install the exception handler for guest_exception(). */
void guest_exceptions_prepare(struct kvm_vm *vm);

/* In the guest: take an exception, whose handler adds one to *@count. */
void guest_exception(uint64_t *count);

#endif /* SELFTEST_KVM_MIGRATE_GMEM_GUEST_IMAGE_H */
