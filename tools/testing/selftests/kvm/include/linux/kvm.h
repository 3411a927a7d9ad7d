/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The KVM interface of <linux/kvm.h> for kernel headers from 6.1 on.
 *
 * Includes the installed header and adds definitions that older headers lack: memory region 2,
 * guest_memfd and its flags, memory attributes, pre-faulting, and the memory fault exit.  All
 * numbers are ABI, from include/uapi/linux/kvm.h.  Definitions of one architecture are in its
 * asm/kvm.h.
 *
 * KVM_EXIT_MEMORY_FAULT added a member to the anonymous union of struct kvm_run.  To add it here,
 * this file renames the installed structure and wraps it.
 */
#ifndef SELFTEST_KVM_LINUX_KVM_H
#define SELFTEST_KVM_LINUX_KVM_H

#include <linux/types.h>

#define kvm_run kvm_run_installed
#include_next <linux/kvm.h>
#undef kvm_run

#ifdef KVM_EXIT_MEMORY_FAULT

struct kvm_run {
	struct kvm_run_installed;
};

#else /* headers before 6.8 */

#define KVM_EXIT_MEMORY_FAULT		39
#define KVM_MEMORY_EXIT_FLAG_PRIVATE	(1ULL << 3)

struct kvm_run {
	union {
		struct kvm_run_installed;
		struct {
			/* "hw" is the first member of the union of exit details. */
			char before_exit_details[offsetof(struct kvm_run_installed, hw)];
			/* KVM_MEMORY_EXIT_FLAG_*, guest physical address, size in bytes */
			struct { __u64 flags, gpa, size; } memory_fault;
		};
	};
};

#endif

#ifndef KVM_CAP_MEMORY_FAULT_INFO
#define KVM_CAP_MEMORY_FAULT_INFO	232
#endif

/* 6.8: memory slots with a guest_memfd. */
#ifndef KVM_SET_USER_MEMORY_REGION2
struct kvm_userspace_memory_region2 {
	__u32 slot, flags;
	__u64 guest_phys_addr, memory_size, userspace_addr;
	__u64 guest_memfd_offset;
	__u32 guest_memfd, pad1;
	__u64 pad2[14];
};

#define KVM_SET_USER_MEMORY_REGION2	_IOW(KVMIO, 0x49, struct kvm_userspace_memory_region2)
#define KVM_MEM_GUEST_MEMFD		(1UL << 2)
#endif

#ifndef KVM_CAP_USER_MEMORY2
#define KVM_CAP_USER_MEMORY2		231
#endif

/* 6.8: guest_memfd. */
#ifndef KVM_CREATE_GUEST_MEMFD
struct kvm_create_guest_memfd {
	__u64 size, flags, reserved[6];
};

#define KVM_CREATE_GUEST_MEMFD		_IOWR(KVMIO, 0xd4, struct kvm_create_guest_memfd)
#endif

#ifndef KVM_CAP_GUEST_MEMFD
#define KVM_CAP_GUEST_MEMFD		234
#endif

/* 6.8: VM types and memory attributes. */
#ifndef KVM_CAP_VM_TYPES
#define KVM_CAP_VM_TYPES		235
#endif

#ifndef KVM_SET_MEMORY_ATTRIBUTES
struct kvm_memory_attributes {
	__u64 address, size, attributes, flags;
};

#define KVM_SET_MEMORY_ATTRIBUTES	_IOW(KVMIO, 0xd2, struct kvm_memory_attributes)
#endif

#ifndef KVM_MEMORY_ATTRIBUTE_PRIVATE
#define KVM_MEMORY_ATTRIBUTE_PRIVATE	(1ULL << 3)
#endif
#ifndef KVM_CAP_MEMORY_ATTRIBUTES
#define KVM_CAP_MEMORY_ATTRIBUTES	233
#endif

/* 6.11: populate guest memory without running the guest. */
#ifndef KVM_PRE_FAULT_MEMORY
struct kvm_pre_fault_memory {
	__u64 gpa, size, flags, padding[5];
};

#define KVM_PRE_FAULT_MEMORY		_IOWR(KVMIO, 0xd5, struct kvm_pre_fault_memory)
#endif

#ifndef KVM_CAP_PRE_FAULT_MEMORY
#define KVM_CAP_PRE_FAULT_MEMORY	236
#endif

/* 6.18: guest_memfd that user space may map.  The capability returns the supported flags. */
#ifndef KVM_CAP_GUEST_MEMFD_FLAGS
#define KVM_CAP_GUEST_MEMFD_FLAGS	244
#endif
#ifndef GUEST_MEMFD_FLAG_MMAP
#define GUEST_MEMFD_FLAG_MMAP		(1ULL << 0)
#endif
#ifndef GUEST_MEMFD_FLAG_INIT_SHARED
#define GUEST_MEMFD_FLAG_INIT_SHARED	(1ULL << 1)
#endif

#endif /* SELFTEST_KVM_LINUX_KVM_H */
