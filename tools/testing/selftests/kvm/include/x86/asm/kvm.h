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

/* 6.10: VMs that are SEV VMs by their type. */
#ifndef KVM_X86_SEV_VM
#define KVM_X86_SEV_VM		2
#define KVM_X86_SEV_ES_VM	3

/* Attributes of /dev/kvm. */
#define KVM_X86_GRP_SEV			1
#define KVM_X86_SEV_VMSA_FEATURES	0

#define KVM_SEV_INIT2		22

struct kvm_sev_init {
	__u64 vmsa_features;
	__u32 flags;
	__u16 ghcb_version, pad1;
	__u32 pad2[8];
};
#endif

/* 6.11: SNP. */
#ifndef KVM_X86_SNP_VM
#define KVM_X86_SNP_VM		4

#define KVM_SEV_SNP_LAUNCH_START	100
#define KVM_SEV_SNP_LAUNCH_UPDATE	101
#define KVM_SEV_SNP_LAUNCH_FINISH	102

struct kvm_sev_snp_launch_start {
	__u64 policy;
	__u8 gosvw[16];
	__u16 flags;
	__u8 pad0[6];
	__u64 pad1[4];
};

#define KVM_SEV_SNP_PAGE_TYPE_NORMAL		1
#define KVM_SEV_SNP_PAGE_TYPE_ZERO		3
#define KVM_SEV_SNP_PAGE_TYPE_UNMEASURED	4
#define KVM_SEV_SNP_PAGE_TYPE_SECRETS		5
#define KVM_SEV_SNP_PAGE_TYPE_CPUID		6

struct kvm_sev_snp_launch_update {
	__u64 gfn_start, uaddr, len;
	__u8 type, pad0;
	__u16 flags;
	__u32 pad1;
	__u64 pad2[4];
};

struct kvm_sev_snp_launch_finish {
	__u64 id_block_uaddr, id_auth_uaddr;
	__u8 id_block_en, auth_key_en, vcek_disabled;
	__u8 host_data[32];
	__u8 pad0[3];
	__u16 flags;
	__u64 pad1[4];
};
#endif

#ifndef KVM_X86_TDX_VM
#define KVM_X86_TDX_VM		5
#endif

/* 6.12: deleting a slot zaps all mappings of the VM; with the quirk disabled, only the slot's. */
#ifndef KVM_X86_QUIRK_SLOT_ZAP_ALL
#define KVM_X86_QUIRK_SLOT_ZAP_ALL	(1 << 7)
#endif

/* 6.16: TDX, by KVM_MEMORY_ENCRYPT_OP (Documentation/virt/kvm/x86/intel-tdx.rst). */
#ifndef KVM_TDX_MEASURE_MEMORY_REGION
enum kvm_tdx_cmd_id {
	KVM_TDX_CAPABILITIES,
	KVM_TDX_INIT_VM,
	KVM_TDX_INIT_VCPU,
	KVM_TDX_INIT_MEM_REGION,
	KVM_TDX_FINALIZE_VM,
	KVM_TDX_GET_CPUID,
};

struct kvm_tdx_cmd {
	__u32 id, flags;
	__u64 data;		/* a number or a pointer */
	__u64 hw_error;		/* status of the TDX module; 0 before the call */
};

struct kvm_tdx_capabilities {
	__u64 supported_attrs, supported_xfam;
	__u64 kernel_tdvmcallinfo_1_r11, user_tdvmcallinfo_1_r11;
	__u64 kernel_tdvmcallinfo_1_r12, user_tdvmcallinfo_1_r12;
	__u64 reserved[250];
	struct kvm_cpuid2 cpuid;	/* the configurable bits */
};

struct kvm_tdx_init_vm {
	__u64 attributes, xfam;
	__u64 mrconfigid[6], mrowner[6], mrownerconfig[6];
	__u64 reserved[12];
	struct kvm_cpuid2 cpuid;
};

#define KVM_TDX_MEASURE_MEMORY_REGION	(1ULL << 0)

struct kvm_tdx_init_mem_region {
	__u64 source_addr, gpa, nr_pages;
};
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
