// SPDX-License-Identifier: GPL-2.0-only
/* guest_memfd and memory attributes. */
#include "kvm_util.h"

int __vm_create_guest_memfd(struct kvm_vm *vm, u64 size, u64 flags)
{
	struct kvm_create_guest_memfd args = { .size = size, .flags = flags };

	return __vm_ioctl(vm, KVM_CREATE_GUEST_MEMFD, &args);
}

int vm_create_guest_memfd(struct kvm_vm *vm, u64 size, u64 flags)
{
	int fd = __vm_create_guest_memfd(vm, size, flags);

	TEST_ASSERT_VM_VCPU_IOCTL(fd >= 0, KVM_CREATE_GUEST_MEMFD, fd, vm);
	return fd;
}

void vm_set_memory_attributes(struct kvm_vm *vm, gpa_t gpa, u64 size, u64 attributes)
{
	struct kvm_memory_attributes args = {
		.address = gpa, .size = size, .attributes = attributes,
	};

	vm_ioctl(vm, KVM_SET_MEMORY_ATTRIBUTES, &args);
}
