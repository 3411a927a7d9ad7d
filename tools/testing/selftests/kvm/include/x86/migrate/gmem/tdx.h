/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TDX: VMs whose memory and registers the CPU keeps from the host ("TD", trust domain).
 *
 * Written from Documentation/virt/kvm/x86/intel-tdx.rst, arch/x86/kvm/vmx/tdx.c and Intel's
 * specifications of the TDX module and of the guest-host communication interface (GHCI).  Never
 * run on hardware.
 *
 * A launch makes these calls in this order:
 *
 *	tdx_vm_create()		KVM_CREATE_VM, KVM_TDX_CAPABILITIES, KVM_TDX_INIT_VM
 *	tdx_vcpu_add()		KVM_CREATE_VCPU, KVM_TDX_GET_CPUID, KVM_SET_CPUID2,
 *				KVM_TDX_INIT_VCPU; once per vCPU
 *	tdx_init_memory()	private attributes, KVM_TDX_INIT_MEM_REGION: the program
 *	tdx_init_page()		the same for another page
 *	tdx_finalize()		KVM_TDX_FINALIZE_VM
 *
 * If a step fails, the test fails with a report that is fit to be sent to us.
 *
 * The host cannot set registers.  Each vCPU starts in 32-bit mode at TDX_RESET_VECTOR, with the
 * address of its struct tdx_boot in ecx.  tdx_boot.c has the code there, which enters 64-bit mode
 * and calls the guest function.  The page has a memory slot of its own:
 *
 *	TDX_BOOT_GPA		struct tdx_boot of vCPU 0, of vCPU 1, ...
 *				zeroes, code
 *	TDX_RESET_VECTOR	jump to the code, in the last 16 bytes
 */
#ifndef SELFTEST_KVM_X86_MIGRATE_GMEM_TDX_H
#define SELFTEST_KVM_X86_MIGRATE_GMEM_TDX_H

#include "kvm_util.h"
#include "processor.h"

#define TDX_BOOT_GPA		0xfffff000ULL
#define TDX_RESET_VECTOR	0xfffffff0ULL
#define TDX_BOOT_SLOT		9

/* Guest physical addresses have 48 bits; the highest one says that memory is shared. */
#define TDX_GPA_BITS		48
#define TDX_SHARED_BIT		(1ULL << (TDX_GPA_BITS - 1))

/* ---- Host code ------------------------------------------------------------------------- */

/* Returns why the machine has no room for another TD, as a reason to skip, or NULL. */
const char *tdx_skip_reason(int vm_fd);

/* Returns a TD with the program in slot 0, room for @extra_pages there, and no vCPUs. */
struct kvm_vm *tdx_vm_create(u32 nr_vcpus, u64 extra_pages);

/* Returns a new vCPU, which will start in @guest_code(@arg) on a stack of its own. */
struct kvm_vcpu *tdx_vcpu_add(struct kvm_vm *vm, u32 id, void *guest_code, u64 arg);

/* Copy the protected pages of slot 0 and the boot page into the TD of @vcpu, which is any of it. */
void tdx_init_memory(struct kvm_vcpu *vcpu);

/* Copy the page at @source, which is aligned, to page @gpa of a slot with a guest_memfd. */
void tdx_init_page(struct kvm_vcpu *vcpu, gpa_t gpa, const void *source);

/* Complete the TD.  Only now vCPUs can run; the calls above would fail. */
void tdx_finalize(struct kvm_vm *vm);

/* Report that a vCPU left the guest before it had done its first command, and fail the test. */
void __noreturn tdx_fail_run(struct kvm_vcpu *vcpu);

/*
 * Report that step @step failed with errno and status @hw_error, and fail the test.  @caps is what
 * KVM_TDX_CAPABILITIES returned, or NULL.
 */
void __noreturn tdx_fail(const char *step, u64 hw_error, const struct kvm_tdx_capabilities *caps);

/* Add the boot page, in a memory slot with @slot_flags, and map it for the guest. */
void tdx_boot_add(struct kvm_vm *vm, u32 slot_flags);

/* Have vCPU @id start in @guest_code(@arg).  Returns the address of its struct tdx_boot. */
gpa_t tdx_boot_set(struct kvm_vm *vm, u32 id, void *guest_code, u64 arg);

/* The code for the end of the boot page, and the first 64-bit code: assembler in tdx_boot.c. */
extern const char tdx_boot_code[], tdx_boot_code_end[], tdx_boot_entry64[];

/* ---- Guest code ------------------------------------------------------------------------ */

/* Exit to user space with KVM_EXIT_IO, a write to @port (GHCI: TDG.VP.VMCALL<Instruction.IO>). */
void tdx_guest_out(u16 port);

/*
 * The handler of #VE: accept the private page that the guest touched, which clears the page
 * (TDG.MEM.PAGE.ACCEPT).  Any other cause ends the guest with KVM_SYSTEM_EVENT_TDX_FATAL.
 */
void tdx_guest_ve(struct ex_regs *regs);

#endif /* SELFTEST_KVM_X86_MIGRATE_GMEM_TDX_H */
