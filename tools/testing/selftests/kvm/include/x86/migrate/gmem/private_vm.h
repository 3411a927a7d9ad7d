/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The x86 kinds of VM with private memory (struct vm_kind of migrate/gmem/gmem_vm.h).
 */
#ifndef SELFTEST_KVM_X86_MIGRATE_GMEM_PRIVATE_VM_H
#define SELFTEST_KVM_X86_MIGRATE_GMEM_PRIVATE_VM_H

#include "migrate/gmem/gmem_vm.h"

/* Private by memory attributes only, without encryption: for tests, on any machine. */
extern const struct vm_kind vm_kind_sw_protected;

/* The same with a guest_memfd that can be mapped.  Each access is SIGBUS. */
extern const struct vm_kind vm_kind_sw_protected_mmap;

/*
 * SEV, SEV-ES, SEV-SNP, TDX and NULL.  Their launch is not implemented: .skip_reason names what a
 * machine lacks or, where it lacks nothing, the launch.
 */
extern const struct vm_kind * const vm_kinds_absent[];

/* Returns whether KVM can create VMs of @kind; @kvm_fd is /dev/kvm. */
bool vm_kind_is_offered(const struct vm_kind *kind, int kvm_fd);

#endif /* SELFTEST_KVM_X86_MIGRATE_GMEM_PRIVATE_VM_H */
