/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ioctl() on /dev/kvm, on a VM and on a vCPU, each in two forms:
 *
 *	__vm_ioctl(vm, cmd, arg)	returns what ioctl() returned
 *	vm_ioctl(vm, cmd, arg)		fails the test unless that is 0
 *
 * The compiler checks that *@arg has the size that @cmd encodes.  kvm_util.h includes this file.
 */
#ifndef SELFTEST_KVM_IOCTL_H
#define SELFTEST_KVM_IOCTL_H

#include <sys/ioctl.h>

#include <linux/kvm.h>

#include "kvm_syscalls.h"
#include "kvm_util_types.h"

/* Format and arguments for the error of a failed ioctl, with the name of its constant. */
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

/* The compiler rejects a vCPU in place of a VM, and the other way round. */
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
 * Fails the test unless @cond.  Every ioctl on a dead VM fails with EIO (KVM_BUG() marks it as
 * dead); the report then says that instead of blaming ioctl @name.
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

/* ---- Capabilities and module parameters ------------------------------------------------ */

#define KVM_DEV_PATH	"/dev/kvm"

/*
 * Opens /dev/kvm read-only.  Exits with a SKIP if it is missing or the user may not open it; the
 * reason tells which, and the remedy.
 */
int open_kvm_dev_path_or_exit(void);

/*
 * Opens any file.  Exits with a SKIP if it is missing or the user may not open it; @enoent_help
 * follows the reason of a missing file.
 */
int __open_path_or_exit(const char *path, int flags, const char *enoent_help);
int open_path_or_exit(const char *path, int flags);

/* Return the result of KVM_CHECK_EXTENSION for @cap (KVM_CAP_*): 0 if unsupported, else > 0. */
unsigned int kvm_check_cap(long cap);
int vm_check_cap(struct kvm_vm *vm, long cap);

static inline bool kvm_has_cap(long cap)
{
	return kvm_check_cap(cap);
}

int __vm_enable_cap(struct kvm_vm *vm, u32 cap, u64 arg0);
void vm_enable_cap(struct kvm_vm *vm, u32 cap, u64 arg0);
void vcpu_enable_cap(struct kvm_vcpu *vcpu, u32 cap, u64 arg0);

/*
 * Attributes of a device, or of /dev/kvm (Documentation/virt/kvm/api.rst, 4.80): returns 0 if
 * @attr exists; reads it into *@val.
 */
int __kvm_has_device_attr(int dev_fd, u32 group, u64 attr);
int __kvm_device_attr_get(int dev_fd, u32 group, u64 attr, void *val);

static inline void kvm_device_attr_get(int dev_fd, u32 group, u64 attr, void *val)
{
	int ret = __kvm_device_attr_get(dev_fd, group, attr, val);

	TEST_ASSERT(!ret, KVM_IOCTL_ERROR(KVM_GET_DEVICE_ATTR, ret));
}

/* Read /sys/module/@module_name/parameters/@param; exit with a SKIP without that file. */
bool kvm_get_module_param_bool(const char *module_name, const char *param);
int kvm_get_module_param_integer(const char *module_name, const char *param);

#define get_kvm_param_bool(param)	kvm_get_module_param_bool("kvm", param)
#define get_kvm_param_integer(param)	kvm_get_module_param_integer("kvm", param)

#endif /* SELFTEST_KVM_IOCTL_H */
