// SPDX-License-Identifier: GPL-2.0-only
/* /dev/kvm, KVM capabilities, and parameters of the kvm modules. */
#include <limits.h>

#include "kvm_util.h"

int __open_path_or_exit(const char *path, int flags, const char *enoent_help)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	if (errno == ENOENT || errno == ENODEV || errno == ENXIO)
		ksft_exit_skip("no %s. %s\n", path, enoent_help);
	if (errno == EACCES || errno == EPERM)
		ksft_exit_skip("%s is not accessible: run as root or as a member of its group\n",
			       path);
	TEST_FAIL("cannot open '%s'", path);
}

int open_path_or_exit(const char *path, int flags)
{
	return __open_path_or_exit(path, flags, "");
}

int open_kvm_dev_path_or_exit(void)
{
	return __open_path_or_exit(KVM_DEV_PATH, O_RDONLY, KVM_ARCH_HELP_NO_DEV);
}

unsigned int kvm_check_cap(long cap)
{
	int kvm_fd = open_kvm_dev_path_or_exit();
	int ret = __kvm_ioctl(kvm_fd, KVM_CHECK_EXTENSION, (void *)cap);

	TEST_ASSERT(ret >= 0, KVM_IOCTL_ERROR(KVM_CHECK_EXTENSION, ret));
	kvm_close(kvm_fd);
	return ret;
}

int vm_check_cap(struct kvm_vm *vm, long cap)
{
	int ret = __vm_ioctl(vm, KVM_CHECK_EXTENSION, (void *)cap);

	TEST_ASSERT_VM_VCPU_IOCTL(ret >= 0, KVM_CHECK_EXTENSION, ret, vm);
	return ret;
}

int __vm_enable_cap(struct kvm_vm *vm, u32 cap, u64 arg0)
{
	struct kvm_enable_cap args = { .cap = cap, .args = { arg0 } };

	return __vm_ioctl(vm, KVM_ENABLE_CAP, &args);
}

void vm_enable_cap(struct kvm_vm *vm, u32 cap, u64 arg0)
{
	int ret = __vm_enable_cap(vm, cap, arg0);

	TEST_ASSERT_VM_VCPU_IOCTL(!ret, KVM_ENABLE_CAP, ret, vm);
}

void vcpu_enable_cap(struct kvm_vcpu *vcpu, u32 cap, u64 arg0)
{
	struct kvm_enable_cap args = { .cap = cap, .args = { arg0 } };

	vcpu_ioctl(vcpu, KVM_ENABLE_CAP, &args);
}

void kvm_check_vm_alive(struct kvm_vm *vm, const char *ioctl_name)
{
	int error = errno;

	/* The check cannot fail on a live VM: every KVM has this capability. */
	if (error == EIO &&
	    __vm_ioctl(vm, KVM_CHECK_EXTENSION, (void *)KVM_CAP_USER_MEMORY) < 0 && errno == EIO)
		TEST_FAIL("%s: KVM marked this VM as dead, see the kernel log", ioctl_name);
	errno = error;
}

bool is_smt_on(void)
{
	int fd = open("/sys/devices/system/cpu/smt/control", O_RDONLY | O_CLOEXEC);
	char value[16] = "";

	if (fd < 0)
		return false;
	test_read(fd, value, sizeof(value) - 1);
	kvm_close(fd);
	return !strcmp(value, "on\n");
}

int __kvm_has_device_attr(int dev_fd, u32 group, u64 attr)
{
	struct kvm_device_attr args = { .group = group, .attr = attr };

	return ioctl(dev_fd, KVM_HAS_DEVICE_ATTR, &args);
}

int __kvm_device_attr_get(int dev_fd, u32 group, u64 attr, void *val)
{
	struct kvm_device_attr args = { .group = group, .attr = attr, .addr = (uintptr_t)val };

	return ioctl(dev_fd, KVM_GET_DEVICE_ATTR, &args);
}

/* Reads the text of a module parameter into @value, without the newline. */
static void get_module_param(const char *module, const char *param, char *value, size_t size)
{
	char path[PATH_MAX];
	ssize_t len;
	int fd;

	/* Without KVM, the SKIP must name /dev/kvm, not the parameter. */
	kvm_close(open_kvm_dev_path_or_exit());

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", module, param);
	fd = open_path_or_exit(path, O_RDONLY);
	len = test_read(fd, value, size - 1);
	kvm_close(fd);

	value[len] = '\0';
	value[strcspn(value, "\n")] = '\0';
	TEST_ASSERT(value[0], "%s is empty", path);
}

int kvm_get_module_param_integer(const char *module_name, const char *param)
{
	char value[32];

	get_module_param(module_name, param, value, sizeof(value));
	return atoi_paranoid(value);
}

bool kvm_get_module_param_bool(const char *module_name, const char *param)
{
	char value[32];

	get_module_param(module_name, param, value, sizeof(value));
	TEST_ASSERT(!strcmp(value, "Y") || !strcmp(value, "N"),
		    "%s.%s is '%s', wanted Y or N", module_name, param, value);
	return value[0] == 'Y';
}
