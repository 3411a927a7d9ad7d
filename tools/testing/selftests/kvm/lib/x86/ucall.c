// SPDX-License-Identifier: GPL-2.0-only
/* A ucall on x86 writes to an I/O port; RDI holds the address of the struct ucall. */
#include "kvm_util.h"
#include "ucall_common.h"

#define UCALL_PORT	0x1000

void ucall_arch_init(struct kvm_vm *vm, gpa_t mmio_gpa)
{
	/* A port needs no MMIO address. */
	(void)vm;
	(void)mmio_gpa;
}

void ucall_arch_do_ucall(gva_t uc)
{
	__asm__ __volatile__("outb %%al, %%dx"
			     : : "d"((u16)UCALL_PORT), "a"(0), "D"(uc) : "memory");
}

void *ucall_arch_get_ucall(struct kvm_vcpu *vcpu)
{
	struct kvm_regs regs;

	if (vcpu->run->exit_reason != KVM_EXIT_IO || vcpu->run->io.port != UCALL_PORT)
		return NULL;
	vcpu_regs_get(vcpu, &regs);
	return (void *)regs.rdi;
}
