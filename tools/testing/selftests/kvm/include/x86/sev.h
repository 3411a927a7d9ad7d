/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SEV, SEV-ES and SEV-SNP guests: Documentation/virt/kvm/x86/amd-memory-encryption.rst.
 *
 *	vm = vm_sev_create_with_one_vcpu(KVM_X86_SNP_VM, guest_code, &vcpu);
 *	...the host may still write the guest's memory...
 *	vm_sev_launch(vm, snp_default_policy(), NULL);
 *	vcpu_run(vcpu);
 *
 * All memory that the library allocates is encrypted with the guest's key, except for that of
 * vm_alloc_shared(), which the guest maps without the C-bit.  After the launch, the host can read
 * and write only the latter, and it cannot change page tables.  In SEV-ES and SNP guests CPUID and
 * I/O ports raise #VC: they end with the termination request of the GHCB MSR protocol.
 */
#ifndef SELFTEST_KVM_SEV_H
#define SELFTEST_KVM_SEV_H

#include <linux/psp-sev.h>

#include "kvm_util.h"
#include "processor.h"
#include "svm_util.h"

/* State of KVM_SEV_GUEST_STATUS, for SEV and SEV-ES. */
enum sev_guest_state {
	SEV_GUEST_STATE_UNINITIALIZED,
	SEV_GUEST_STATE_LAUNCH_UPDATE,
	SEV_GUEST_STATE_LAUNCH_SECRET,
	SEV_GUEST_STATE_RUNNING,
};

/* Bits of the policy of SEV and SEV-ES guests, and of SNP guests. */
#define SEV_POLICY_NO_DBG	(1UL << 0)
#define SEV_POLICY_ES		(1UL << 2)
#define SNP_POLICY_SMT		(1ULL << 16)	/* SMT is allowed */
#define SNP_POLICY_RSVD_MBO	(1ULL << 17)	/* must be set */
#define SNP_POLICY_DBG		(1ULL << 19)

/* Written to MSR_AMD64_SEV_ES_GHCB before vmgexit(): KVM exits with KVM_SYSTEM_EVENT_SEV_TERM. */
#define GHCB_MSR_TERM_REQ	0x100

/* By the type that the VM was created with.  An SNP VM is also a SEV-ES VM, which is a SEV VM. */
static inline bool is_sev_snp_vm(struct kvm_vm *vm)
{
	return vm->type == KVM_X86_SNP_VM;
}

static inline bool is_sev_es_vm(struct kvm_vm *vm)
{
	return vm->type == KVM_X86_SEV_ES_VM || is_sev_snp_vm(vm);
}

static inline bool is_sev_vm(struct kvm_vm *vm)
{
	return vm->type == KVM_X86_SEV_VM || is_sev_es_vm(vm);
}

/* The policy of the least demands.  An SNP guest must allow SMT where it is on. */
static inline u64 snp_default_policy(void)
{
	return SNP_POLICY_RSVD_MBO | (is_smt_on() ? SNP_POLICY_SMT : 0);
}

/* ---- Commands: KVM_MEMORY_ENCRYPT_OP --------------------------------------------------- */

/*
 * Command @id (KVM_SEV_*) with its argument at @arg.  Returns what ioctl() returned, and the
 * firmware's error (SEV_RET_*) in *@fw_error.
 */
int sev_ioctl(struct kvm_vm *vm, u32 id, void *arg, u32 *fw_error);

/* Fails the test unless both are 0; the report has @name, errno, and the name of the error. */
void sev_ioctl_or_fail(struct kvm_vm *vm, u32 id, const char *name, void *arg);

/* Returns the result of ioctl(), or the firmware's error if that is 0. */
#define __vm_sev_ioctl(vm, cmd, arg)				\
({								\
	u32 _fw_error;						\
	int _sev_ret = sev_ioctl(vm, cmd, arg, &_fw_error);	\
								\
	_sev_ret ?: (int)_fw_error;				\
})

#define vm_sev_ioctl(vm, cmd, arg)	sev_ioctl_or_fail(vm, cmd, #cmd, arg)

/* ---- Steps of the launch --------------------------------------------------------------- */

/*
 * Make @vm a SEV, SEV-ES or SNP VM, before it has a vCPU.  __vm_create() has done it for VMs of
 * these types.  A VM of the default type becomes a SEV or SEV-ES VM by the first two, but without
 * a C-bit in its page tables.
 */
void sev_vm_init(struct kvm_vm *vm);
void sev_es_vm_init(struct kvm_vm *vm);
void snp_vm_init(struct kvm_vm *vm);

/* SEV and SEV-ES: start, encrypt all protected pages and, with SEV_POLICY_ES, all registers. */
void sev_vm_launch(struct kvm_vm *vm, u32 policy);
/* Writes the measurement to 256 bytes at @measurement. */
void sev_vm_launch_measure(struct kvm_vm *vm, u8 *measurement);
void sev_vm_launch_finish(struct kvm_vm *vm);

/* SNP: the second step makes all protected pages private. */
void snp_vm_launch_start(struct kvm_vm *vm, u64 policy);
void snp_vm_launch_update(struct kvm_vm *vm);
void snp_vm_launch_finish(struct kvm_vm *vm);

/* All steps; @measurement is for SEV and SEV-ES, and may be NULL. */
void vm_sev_launch(struct kvm_vm *vm, u64 policy, u8 *measurement);

static inline struct kvm_vm *vm_sev_create_with_one_vcpu(u32 type, void *guest_code,
							 struct kvm_vcpu **cpu)
{
	struct vm_shape shape = { .mode = VM_MODE_DEFAULT, .type = type };

	return vm_create_shape_with_one_vcpu(shape, cpu, guest_code);
}

/* SEV and SEV-ES: pin all pages of @region, as memory that may hold encrypted data. */
static inline void sev_register_encrypted_memory(struct kvm_vm *vm,
						 struct userspace_mem_region *region)
{
	struct kvm_enc_region range = {
		.addr = region->region.userspace_addr, .size = region->region.memory_size,
	};

	vm_ioctl(vm, KVM_MEMORY_ENCRYPT_REG_REGION, &range);
}

/* SEV and SEV-ES: encrypt @size bytes at @gpa in place. */
static inline void sev_launch_update_data(struct kvm_vm *vm, gpa_t gpa, u64 size)
{
	struct kvm_sev_launch_update_data update = {
		.uaddr = (uintptr_t)addr_gpa2hva(vm, gpa), .len = size,
	};

	vm_sev_ioctl(vm, KVM_SEV_LAUNCH_UPDATE_DATA, &update);
}

/*
 * SNP: copy @size bytes at host address @hva to private memory at @gpa and encrypt them there;
 * @type is KVM_SEV_SNP_PAGE_TYPE_*.
 */
void snp_launch_update_data(struct kvm_vm *vm, gpa_t gpa, u64 hva, u64 size, u8 type);

/* ---- Debugging of SEV and SEV-ES guests ------------------------------------------------ */

/* Decrypt guest memory at host address @src to @dst; encrypt @src to guest memory at @dst. */
static inline void sev_decrypt_memory(struct kvm_vm *vm, void *dst, void *src, unsigned int len)
{
	struct kvm_sev_dbg dbg = {
		.src_uaddr = (uintptr_t)src, .dst_uaddr = (uintptr_t)dst, .len = len,
	};

	vm_sev_ioctl(vm, KVM_SEV_DBG_DECRYPT, &dbg);
}

static inline void sev_encrypt_memory(struct kvm_vm *vm, void *dst, void *src, unsigned int len)
{
	struct kvm_sev_dbg dbg = {
		.src_uaddr = (uintptr_t)src, .dst_uaddr = (uintptr_t)dst, .len = len,
	};

	vm_sev_ioctl(vm, KVM_SEV_DBG_ENCRYPT, &dbg);
}

/* ---- Guest code ------------------------------------------------------------------------ */

/* Exits to KVM with the request in the GHCB MSR. */
static inline void vmgexit(void)
{
	__asm__ __volatile__("rep; vmmcall" : : : "memory");
}

#endif /* SELFTEST_KVM_SEV_H */
