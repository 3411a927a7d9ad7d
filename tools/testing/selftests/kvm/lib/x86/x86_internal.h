/* SPDX-License-Identifier: GPL-2.0-only */
/* Symbols that the files of lib/x86 share with each other only. */
#ifndef SELFTEST_KVM_X86_INTERNAL_H
#define SELFTEST_KVM_X86_INTERNAL_H

#include "kvm_util.h"

/* lib/x86/handlers.S: the entry points, IDT_ENTRY_SIZE bytes each. */
#define IDT_ENTRY_SIZE	16
extern const char idt_entries[];

/* One function per vector, or NULL; set in each guest, NULL in the test's own process. */
extern gva_t exception_handlers;

#endif /* SELFTEST_KVM_X86_INTERNAL_H */
