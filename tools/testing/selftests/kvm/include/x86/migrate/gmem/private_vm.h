/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The x86 kinds of VM with private or encrypted memory (struct vm_kind of migrate/gmem/gmem_vm.h).
 */
#ifndef SELFTEST_KVM_X86_MIGRATE_GMEM_PRIVATE_VM_H
#define SELFTEST_KVM_X86_MIGRATE_GMEM_PRIVATE_VM_H

#include "migrate/gmem/gmem_vm.h"

/* Private by memory attributes only, without encryption: for tests, on any machine. */
extern const struct vm_kind vm_kind_sw_protected;

/* The same with a guest_memfd that can be mapped.  Each access is SIGBUS. */
extern const struct vm_kind vm_kind_sw_protected_mmap;

/* Private by memory attributes, and encrypted: AMD SEV-SNP.  The second file can be mapped. */
extern const struct vm_kind vm_kind_snp, vm_kind_snp_mmap;

/* Encrypted, without memory attributes: AMD SEV and SEV-ES. */
extern const struct vm_kind vm_kind_sev, vm_kind_sev_es;

/* The same: a VM of the default type that becomes a SEV VM after its guest_memfd exists. */
extern const struct vm_kind vm_kind_sev_late;

/* The same until that moment; the second file may migrate. */
extern const struct vm_kind vm_kind_becomes_sev;
extern struct vm_kind vm_kind_becomes_sev_migratable;

/*
 * Register @nr pages from @first on as memory of an encrypted kind of VM, or undo just that
 * (KVM_MEMORY_ENCRYPT_REG_REGION and UNREG_REGION).
 */
void sev_register(struct gmem_vm *gvm, size_t first, size_t nr);
void sev_unregister(struct gmem_vm *gvm, size_t first, size_t nr);

/* Private by memory attributes, and encrypted: Intel TDX. */
extern const struct vm_kind vm_kind_tdx;

/*
 * .map of struct launch_ops for kinds with a C-bit or an S-bit: this bit in the guest's page tables
 * says that a page is encrypted, or is not.
 */
void encrypted_vm_map(struct kvm_vm *vm, gva_t gva, gpa_t gpa, u64 nr_pages, bool shared);

/* Returns whether KVM can create VMs of @kind; @kvm_fd is /dev/kvm. */
bool vm_kind_is_offered(const struct vm_kind *kind, int kvm_fd);

#endif /* SELFTEST_KVM_X86_MIGRATE_GMEM_PRIVATE_VM_H */
