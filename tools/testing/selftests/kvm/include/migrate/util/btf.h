/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One question to the kernel's type information: does an enum have a certain enumerator?
 * The format is described in Documentation/bpf/btf.rst.
 */
#ifndef SELFTEST_KVM_MIGRATE_UTIL_BTF_H
#define SELFTEST_KVM_MIGRATE_UTIL_BTF_H

#include <stddef.h>

/*
 * Whether enum @name in the raw BTF of @size bytes at @data has the enumerator @enumerator.
 * Returns 1 or 0; -ENOENT where no enum has that name; -EINVAL where @data is no sound BTF.
 */
int btf_enum_has(const void *data, size_t size, const char *name, const char *enumerator);

/* The same of the running kernel, from /sys/kernel/btf/vmlinux; other -errno: cannot be read. */
int btf_vmlinux_enum_has(const char *name, const char *enumerator);

#endif /* SELFTEST_KVM_MIGRATE_UTIL_BTF_H */
