/* SPDX-License-Identifier: GPL-2.0-only */
/* Types that every header of this library needs. */
#ifndef SELFTEST_KVM_UTIL_TYPES_H
#define SELFTEST_KVM_UTIL_TYPES_H

#include <linux/types.h>

/*
 * static_assert() with an optional message.  glibc defines static_assert itself as plain
 * _Static_assert, which requires a message before C23.
 */
#define kvm_static_assert(cond, ...)	__kvm_static_assert(cond, ##__VA_ARGS__, #cond)
#define __kvm_static_assert(cond, text, ...)	_Static_assert(cond, text)

typedef u64 gpa_t;	/* guest physical address, in bytes */
typedef u64 gva_t;	/* guest virtual address, in bytes */

#define INVALID_GPA	((gpa_t)-1)

#endif /* SELFTEST_KVM_UTIL_TYPES_H */
