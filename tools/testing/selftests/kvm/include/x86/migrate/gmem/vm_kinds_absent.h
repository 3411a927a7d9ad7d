/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The x86 kinds of VM whose private memory the hardware protects.
 */
#ifndef SELFTEST_KVM_X86_MIGRATE_GMEM_VM_KINDS_ABSENT_H
#define SELFTEST_KVM_X86_MIGRATE_GMEM_VM_KINDS_ABSENT_H

#include "migrate/gmem/gmem_vm.h"

/*
 * SEV, SEV-ES, SEV-SNP, TDX and NULL.  Their launch is not implemented: .skip_reason names what a
 * machine lacks or, where it lacks nothing, the launch.
 */
extern const struct vm_kind * const vm_kinds_absent[];

#endif /* SELFTEST_KVM_X86_MIGRATE_GMEM_VM_KINDS_ABSENT_H */
