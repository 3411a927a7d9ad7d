/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Look up names in BTF, the kernel's type information (Documentation/bpf/btf.rst).
 */
#ifndef SELFTEST_KVM_MIGRATE_UTIL_BTF_H
#define SELFTEST_KVM_MIGRATE_UTIL_BTF_H

#include <stdbool.h>
#include <stddef.h>

/* Returns whether the raw BTF of @size bytes at @data has a type, member or enumerator @name. */
bool btf_has(const void *data, size_t size, const char *name);

/* As btf_has(), of /sys/kernel/btf/vmlinux: 1 or 0, or -errno where that is unreadable. */
int btf_vmlinux_has(const char *name);

#endif /* SELFTEST_KVM_MIGRATE_UTIL_BTF_H */
