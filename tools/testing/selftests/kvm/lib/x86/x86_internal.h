/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of lib/x86 share with each other and nobody else. */
#ifndef SELFTEST_KVM_X86_INTERNAL_H
#define SELFTEST_KVM_X86_INTERNAL_H

#include "kvm_util.h"

/* Offsets in the guest's GDT. */
#define GUEST_CODE_SELECTOR	0x08
#define GUEST_DATA_SELECTOR	0x10
#define GUEST_TSS_SELECTOR	0x18

/* One function per vector, or NULL; set in each guest, NULL in the test's own process. */
extern gva_t exception_handlers;

void vm_init_idt(struct kvm_vm *vm);

#endif /* SELFTEST_KVM_X86_INTERNAL_H */
