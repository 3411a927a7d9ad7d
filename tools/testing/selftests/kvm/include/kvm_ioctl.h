/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ioctl() on /dev/kvm, on a VM and on a vCPU.  Of each there are two forms:
 *
 *	__vm_ioctl(vm, cmd, arg)	returns what ioctl() returned
 *	vm_ioctl(vm, cmd, arg)		fails the test unless that is 0
 *
 * The compiler checks that @arg points to what @cmd takes.  Included by kvm_util.h.
 */
#ifndef SELFTEST_KVM_IOCTL_H
#define SELFTEST_KVM_IOCTL_H

#include <sys/ioctl.h>

#include <linux/kvm.h>

#include "kvm_syscalls.h"
#include "kvm_util_types.h"

/* Format and arguments that say which ioctl failed, by the name of the constant, and how. */
#define __KVM_IOCTL_ERROR(name, ret)	__KVM_SYSCALL_ERROR(name, ret)
#define KVM_IOCTL_ERROR(cmd, ret)	__KVM_IOCTL_ERROR(#cmd, ret)

#define kvm_do_ioctl(fd, cmd, arg)						\
({										\
	kvm_static_assert(!_IOC_SIZE(cmd) || sizeof(*(arg)) == _IOC_SIZE(cmd));	\
	ioctl(fd, cmd, arg);							\
})

/* ---- /dev/kvm -------------------------------------------------------------------------- */

#define __kvm_ioctl(kvm_fd, cmd, arg)	kvm_do_ioctl(kvm_fd, cmd, arg)

#define kvm_ioctl(kvm_fd, cmd, arg)					\
({									\
	int _ret = __kvm_ioctl(kvm_fd, cmd, arg);			\
									\
	TEST_ASSERT(!_ret, __KVM_IOCTL_ERROR(#cmd, _ret));		\
})

/* ---- A VM ------------------------------------------------------------------------------ */

struct kvm_vm;
struct kvm_vcpu;

/* These make the compiler refuse a vCPU where a VM is wanted, and the other way round. */
static __always_inline void static_assert_is_vm(struct kvm_vm *vm) { (void)vm; }
static __always_inline void static_assert_is_vcpu(struct kvm_vcpu *vcpu) { (void)vcpu; }

#define __vm_ioctl(vm, cmd, arg)	\
	({ static_assert_is_vm(vm); kvm_do_ioctl((vm)->fd, cmd, arg); })

#define vm_ioctl(vm, cmd, arg)					\
({								\
	int _ret = __vm_ioctl(vm, cmd, arg);			\
								\
	__TEST_ASSERT_VM_VCPU_IOCTL(!_ret, #cmd, _ret, vm);	\
})

/*
 * Fails the test unless @cond.  If KVM gave up on the VM, every ioctl on it fails with EIO, and
 * the report says that instead of blaming the ioctl called @name.
 */
#define __TEST_ASSERT_VM_VCPU_IOCTL(cond, name, ret, vm)	\
do {								\
	if (!(cond)) {						\
		kvm_check_vm_alive(vm, name);			\
		TEST_ASSERT(cond, __KVM_IOCTL_ERROR(name, ret));\
	}							\
} while (0)

#define TEST_ASSERT_VM_VCPU_IOCTL(cond, cmd, ret, vm)		\
	__TEST_ASSERT_VM_VCPU_IOCTL(cond, #cmd, ret, vm)

void kvm_check_vm_alive(struct kvm_vm *vm, const char *ioctl_name);

/* ---- A vCPU ---------------------------------------------------------------------------- */

#define __vcpu_ioctl(vcpu, cmd, arg)	\
	({ static_assert_is_vcpu(vcpu); kvm_do_ioctl((vcpu)->fd, cmd, arg); })

#define vcpu_ioctl(vcpu, cmd, arg)					\
({									\
	int _ret = __vcpu_ioctl(vcpu, cmd, arg);			\
									\
	__TEST_ASSERT_VM_VCPU_IOCTL(!_ret, #cmd, _ret, (vcpu)->vm);	\
})

/* ---- What this KVM can do -------------------------------------------------------------- */

#define KVM_DEV_PATH	"/dev/kvm"

/*
 * Opens /dev/kvm, read-only.  Where there is none, or the user may not open it, the process ends
 * as a SKIP that says which of the two it is and what to do about it.
 */
int open_kvm_dev_path_or_exit(void);

/* Opens any file; a missing or forbidden one is a SKIP, where @enoent_help may say more. */
int __open_path_or_exit(const char *path, int flags, const char *enoent_help);
int open_path_or_exit(const char *path, int flags);

/* What KVM_CHECK_EXTENSION says about @cap (KVM_CAP_*): 0 for no, else yes or a number. */
unsigned int kvm_check_cap(long cap);
int vm_check_cap(struct kvm_vm *vm, long cap);

static inline bool kvm_has_cap(long cap)
{
	return kvm_check_cap(cap);
}

int __vm_enable_cap(struct kvm_vm *vm, u32 cap, u64 arg0);
void vm_enable_cap(struct kvm_vm *vm, u32 cap, u64 arg0);
void vcpu_enable_cap(struct kvm_vcpu *vcpu, u32 cap, u64 arg0);

/* Values of /sys/module/@module_name/parameters/@param; a SKIP where there is no such file. */
bool kvm_get_module_param_bool(const char *module_name, const char *param);
int kvm_get_module_param_integer(const char *module_name, const char *param);

#define get_kvm_param_bool(param)	kvm_get_module_param_bool("kvm", param)
#define get_kvm_param_integer(param)	kvm_get_module_param_integer("kvm", param)

#endif /* SELFTEST_KVM_IOCTL_H */
