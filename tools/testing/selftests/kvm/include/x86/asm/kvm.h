/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The x86 part of the KVM interface: the installed <asm/kvm.h>, and definitions that 6.1 lacks.
 * Numbers are ABI, from arch/x86/include/uapi/asm/kvm.h.
 */
#ifndef SELFTEST_KVM_X86_ASM_KVM_H
#define SELFTEST_KVM_X86_ASM_KVM_H

#include_next <asm/kvm.h>

/* VM types for KVM_CREATE_VM; KVM_CAP_VM_TYPES returns a mask of the supported ones. */
#ifndef KVM_X86_DEFAULT_VM
#define KVM_X86_DEFAULT_VM	0
#endif
#ifndef KVM_X86_SW_PROTECTED_VM
#define KVM_X86_SW_PROTECTED_VM	1
#endif
#ifndef KVM_X86_SEV_VM
#define KVM_X86_SEV_VM		2
#endif
#ifndef KVM_X86_SEV_ES_VM
#define KVM_X86_SEV_ES_VM	3
#endif
#ifndef KVM_X86_SNP_VM
#define KVM_X86_SNP_VM		4
#endif
#ifndef KVM_X86_TDX_VM
#define KVM_X86_TDX_VM		5
#endif

/* 6.12: deleting a slot zaps all mappings of the VM; with the quirk disabled, only the slot's. */
#ifndef KVM_X86_QUIRK_SLOT_ZAP_ALL
#define KVM_X86_QUIRK_SLOT_ZAP_ALL	(1 << 7)
#endif

/* Exception vectors newer than #VE. */
#ifndef CP_VECTOR
#define CP_VECTOR		21
#endif
#ifndef HV_VECTOR
#define HV_VECTOR		28
#endif
#ifndef VC_VECTOR
#define VC_VECTOR		29
#endif
#ifndef SX_VECTOR
#define SX_VECTOR		30
#endif

#endif /* SELFTEST_KVM_X86_ASM_KVM_H */
