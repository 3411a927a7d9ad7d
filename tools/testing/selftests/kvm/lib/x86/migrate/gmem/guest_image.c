// SPDX-License-Identifier: GPL-2.0-only
#include "kvm_util.h"
#include "processor.h"
#include "migrate/gmem/guest_image.h"
#include "migrate/util/sysfile.h"

#define BP_VECTOR 3

/* Without nested paging KVM walks the guest's page tables through userspace_addr. */
static bool walks_page_tables(const char *parameter)
{
	char text[8];

	return sysfile_read(parameter, text, sizeof(text)) > 0 &&
	       (text[0] == 'N' || text[0] == '0');
}

const char *slot0_gmem_skip_reason(void)
{
	if (walks_page_tables("/sys/module/kvm_amd/parameters/npt") ||
	    walks_page_tables("/sys/module/kvm_intel/parameters/ept"))
		return "KVM reads the guest's page tables through userspace_addr (load kvm_amd "
		       "with nested paging or kvm_intel with EPT)";
	return NULL;
}

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
