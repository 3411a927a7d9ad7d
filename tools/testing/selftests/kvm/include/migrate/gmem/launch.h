/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a VM starts whose memory the host cannot write after that: firmware takes the program over.
 *
 *	gmem_vm_create()	.create		the VM, and the program in slot 0
 *				.bound		the guest_memfd is in its memslots; no vCPU exists
 *				.add_vcpu	each vCPU
 *				.start		program, page tables and stacks are taken over
 *	gmem_launch_fill()	.fill		a page under test is taken over, too
 *	first command		.finish		the guest may run
 *
 * A hook without "or NULL" must exist; each asserts success.  Jobs and counters of guest code
 * (migrate/gmem/guest.h) stay in memory that host and guest share.
 */
#ifndef SELFTEST_KVM_MIGRATE_GMEM_LAUNCH_H
#define SELFTEST_KVM_MIGRATE_GMEM_LAUNCH_H

#include "migrate/gmem/gmem_vm.h"

struct launch_ops {
	/* Returns why this machine cannot launch a VM of @kind, as a reason to skip, or NULL. */
	const char *(*skip_reason)(const struct vm_kind *kind, int vm_fd);
	/* Returns the VM, without vCPUs; NULL: __vm_create() does. */
	struct kvm_vm *(*create)(const struct vm_kind *kind, u32 nr_vcpus, u64 extra_pages);
	void (*bound)(struct gmem_vm *gvm);	/* or NULL */
	/* Returns a vCPU that starts in guest_main(@job); NULL: vm_vcpu_add() adds it. */
	struct kvm_vcpu *(*add_vcpu)(struct gmem_vm *gvm, u32 id, gva_t job);
	void (*start)(struct gmem_vm *gvm);
	/* Take over page @page of the guest_memfd with the page at @content; or NULL. */
	void (*fill)(struct gmem_vm *gvm, size_t page, const void *content);
	void (*finish)(struct gmem_vm *gvm);

	/* Map @nr_pages of the memory under test for the guest, before .start. */
	void (*map)(struct kvm_vm *vm, gva_t gva, gpa_t gpa, u64 nr_pages, bool shared);

	/* Guest code: as .accept and .guest_done of struct guest_job; or NULL. */
	uint64_t (*guest_accept)(uint64_t gva);
	void (*guest_done)(void);
	/* Whether the last exit of @vcpu was that of .guest_done; NULL: it is a ucall. */
	bool (*is_done)(struct kvm_vcpu *vcpu);

	bool convert_clears;	/* private pages that become shared lose their content */
};

#endif /* SELFTEST_KVM_MIGRATE_GMEM_LAUNCH_H */
