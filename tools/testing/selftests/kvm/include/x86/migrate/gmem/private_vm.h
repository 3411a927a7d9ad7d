/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The x86 kinds of VM with private memory, as struct vm_kind of migrate/gmem/gmem_vm.h.
 */
#ifndef SELFTEST_KVM_X86_MIGRATE_GMEM_PRIVATE_VM_H
#define SELFTEST_KVM_X86_MIGRATE_GMEM_PRIVATE_VM_H

#include "migrate/gmem/gmem_vm.h"

/* Private by KVM's word alone, with no help of the CPU: for tests, on any machine. */
extern const struct vm_kind vm_kind_sw_protected;

/*
 * Private by encryption or by what the firmware knows of each page.  Such a guest has to be
 * launched by steps of its own, which nobody has written here yet: these kinds say what is
 * missing on a machine, and that where nothing else is.
 */
extern const struct vm_kind vm_kind_sev, vm_kind_sev_es, vm_kind_snp, vm_kind_tdx;

#endif /* SELFTEST_KVM_X86_MIGRATE_GMEM_PRIVATE_VM_H */
