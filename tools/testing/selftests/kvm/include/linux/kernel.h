/* SPDX-License-Identifier: GPL-2.0-only */
/* The exported <linux/kernel.h> plus the kernel's arithmetic macros. */
#ifndef SELFTEST_KVM_LINUX_KERNEL_H
#define SELFTEST_KVM_LINUX_KERNEL_H

#include_next <linux/kernel.h>
#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/types.h>

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(arr)		(sizeof(arr) / sizeof((arr)[0]))
#endif

/* Each evaluates its arguments once.  The _t forms convert both to @type first. */
#define min(x, y)		({ typeof(x) _x = (x); typeof(y) _y = (y); _x < _y ? _x : _y; })
#define max(x, y)		({ typeof(x) _x = (x); typeof(y) _y = (y); _x > _y ? _x : _y; })
#define min_t(type, x, y)	min((type)(x), (type)(y))
#define max_t(type, x, y)	max((type)(x), (type)(y))

#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))

/* @a must be a power of two. */
#define ALIGN(x, a)		(((x) + ((typeof(x))(a) - 1)) & ~((typeof(x))(a) - 1))
#define ALIGN_DOWN(x, a)	((x) & ~((typeof(x))(a) - 1))
#define IS_ALIGNED(x, a)	(((x) & ((typeof(x))(a) - 1)) == 0)

#define container_of(ptr, type, member)	\
	((type *)((char *)(ptr) - offsetof(type, member)))

#endif /* SELFTEST_KVM_LINUX_KERNEL_H */
