/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The x86 kinds of VM with private memory (struct vm_kind of migrate/gmem/gmem_vm.h).
 */
#ifndef SELFTEST_KVM_X86_MIGRATE_GMEM_PRIVATE_VM_H
#define SELFTEST_KVM_X86_MIGRATE_GMEM_PRIVATE_VM_H

#include "migrate/gmem/gmem_vm.h"

/* Private by memory attributes only, without encryption: for tests, on any machine. */
extern const struct vm_kind vm_kind_sw_protected;

/*
 * Private by hardware.  Their launch is not implemented: .skip_reason names what a machine lacks
 * or, where it lacks nothing, the launch.
 */
extern const struct vm_kind vm_kind_sev, vm_kind_sev_es, vm_kind_snp, vm_kind_tdx;

#endif /* SELFTEST_KVM_X86_MIGRATE_GMEM_PRIVATE_VM_H */
