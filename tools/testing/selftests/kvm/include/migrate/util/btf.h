/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Look up an enumerator in BTF, the kernel's type information.
 * The format is described in Documentation/bpf/btf.rst.
 */
#ifndef SELFTEST_KVM_MIGRATE_UTIL_BTF_H
#define SELFTEST_KVM_MIGRATE_UTIL_BTF_H

#include <stddef.h>

/*
 * Returns 1 where enum @name has @enumerator in the raw BTF of @size bytes at @data, 0 where it has
 * not; -ENOENT without such an enum, -EINVAL where @data is not valid BTF.
 */
int btf_enum_has(const void *data, size_t size, const char *name, const char *enumerator);

/* As btf_enum_has(), in /sys/kernel/btf/vmlinux; another -errno where that is unreadable. */
int btf_vmlinux_enum_has(const char *name, const char *enumerator);

#endif /* SELFTEST_KVM_MIGRATE_UTIL_BTF_H */
