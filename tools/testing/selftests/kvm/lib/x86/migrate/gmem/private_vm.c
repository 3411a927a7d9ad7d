// SPDX-License-Identifier: GPL-2.0-only
#include <sys/ioctl.h>

#include "kvm_util.h"
#include "processor.h"
#include "migrate/gmem/private_vm.h"
#include "migrate/gmem/unmapped_pfns.h"

/* KVM before Linux 6.8 lacks KVM_CAP_VM_TYPES and returns 0. */
bool vm_kind_is_offered(const struct vm_kind *kind, int kvm_fd)
{
	int types = ioctl(kvm_fd, KVM_CHECK_EXTENSION, KVM_CAP_VM_TYPES);

	return types > 0 && (types & BIT(kind->type));
}

static const char *sw_protected_skip_reason(const struct vm_kind *kind, int kvm_fd)
{
	if (!vm_kind_is_offered(kind, kvm_fd))
		return "KVM has no software-protected VMs (needs CONFIG_KVM_SW_PROTECTED_VM and "
		       "nested paging)";
	return NULL;
}

const struct vm_kind vm_kind_sw_protected = {
	.name = "sw_protected",
	.type = KVM_X86_SW_PROTECTED_VM,
	.private_mem = true,
	.unmapped = &unmapped_by_trace,
	.skip_reason = sw_protected_skip_reason,
};

const struct vm_kind vm_kind_sw_protected_mmap = {
	.name = "sw_protected_mmap",
	.type = KVM_X86_SW_PROTECTED_VM,
	.gmem_flags = GUEST_MEMFD_FLAG_MMAP,
	.private_mem = true,
	.unmapped = &unmapped_by_trace,
	.skip_reason = sw_protected_skip_reason,
};

/* The library knows what is encrypted in its own slots only: map one of their pages first. */
void encrypted_vm_map(struct kvm_vm *vm, gva_t gva, gpa_t gpa, u64 nr_pages, bool shared)
{
	u64 tags = vm->arch.c_bit | vm->arch.s_bit, *pte, i;

	for (i = 0; i < nr_pages; i++) {
		virt_pg_map(vm, gva + i * vm->page_size, 0);
		pte = vm_get_pte(vm, gva + i * vm->page_size);
		*pte &= ~tags;
		*pte |= (gpa + i * vm->page_size) |
			(shared ? vm->arch.s_bit : vm->arch.c_bit);
	}
}
