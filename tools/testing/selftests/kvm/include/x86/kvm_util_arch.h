/* SPDX-License-Identifier: GPL-2.0-only */
/* x86 definitions for kvm_util.h. */
#ifndef SELFTEST_KVM_UTIL_ARCH_H
#define SELFTEST_KVM_UTIL_ARCH_H

#include "kvm_util_types.h"

#define VM_MODE_DEFAULT			VM_MODE_PXXVYY_4K
#define MIN_PAGE_SHIFT			12U
#define ptes_per_page(page_size)	((page_size) / sizeof(u64))

/* The bits of a page table entry. */
struct pte_masks {
	u64 present, writable, user, accessed, dirty, huge, nx;
	u64 c, s;	/* encrypted, shared; see struct kvm_vm_arch */
};

struct kvm_mmu_arch {
	struct pte_masks pte_masks;
};

struct kvm_vm_arch {
	gva_t gdt, idt, tss;
	u64 c_bit, s_bit;	/* bits of a guest physical address: encrypted, shared */
	int sev_fd;		/* /dev/sev, for SEV VMs, else -1 */
	bool is_pt_protected;	/* the host can no longer access the page tables */
};

#define KVM_VCPU_ARCH_FIELDS	struct kvm_cpuid2 *cpuid

/* Remedy for a missing /dev/kvm. */
#define KVM_ARCH_HELP_NO_DEV	\
	"Enable virtualization in the firmware setup, then modprobe kvm_amd or kvm_intel"

/* True for VMs whose memory the host cannot read: by default, allocations are protected. */
#define vm_arch_has_protected_memory(vm)	((vm)->arch.c_bit || (vm)->arch.s_bit)

/* True for types of VM whose protected memory must be in a guest_memfd. */
#define vm_arch_needs_guest_memfd(type)	((type) == KVM_X86_SNP_VM)

#endif /* SELFTEST_KVM_UTIL_ARCH_H */
