/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The exported <linux/types.h> plus the short integer names of kernel code.
 *
 * u64 is uint64_t, which prints with "%lx" on 64-bit machines; the exported __u64 is
 * unsigned long long and prints with "%llx".
 */
#ifndef SELFTEST_KVM_LINUX_TYPES_H
#define SELFTEST_KVM_LINUX_TYPES_H

#include_next <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int8_t s8;
typedef uint8_t u8;
typedef int16_t s16;
typedef uint16_t u16;
typedef int32_t s32;
typedef uint32_t u32;
typedef int64_t s64;
typedef uint64_t u64;

#endif /* SELFTEST_KVM_LINUX_TYPES_H */
