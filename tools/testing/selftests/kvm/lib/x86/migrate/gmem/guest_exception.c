// SPDX-License-Identifier: GPL-2.0-only
#include "kvm_util.h"
#include "processor.h"
#include "migrate/gmem/guest.h"

#define BP_VECTOR 3

/* The return address of #BP is after the int3. */
static void count_exception(struct ex_regs *regs)
{
	(*(u64 *)regs->rdi)++;
}

void guest_exceptions_prepare(struct kvm_vm *vm)
{
	vm_install_exception_handler(vm, BP_VECTOR, count_exception);
}

void guest_exception(u64 *count)
{
	asm volatile("int3" : : "D"(count) : "memory");
}
