/* SPDX-License-Identifier: GPL-2.0-only */
/* Symbols that only the files of lib/x86 share. */
#ifndef SELFTEST_KVM_X86_INTERNAL_H
#define SELFTEST_KVM_X86_INTERNAL_H

#include "kvm_util.h"

/* Entry points in lib/x86/handlers.S, IDT_ENTRY_SIZE bytes each. */
#define IDT_ENTRY_SIZE	16
extern const char idt_entries[];

/* Table with one handler per vector, or NULL; the pointer is NULL in the host process. */
extern gva_t exception_handlers;

#endif /* SELFTEST_KVM_X86_INTERNAL_H */
