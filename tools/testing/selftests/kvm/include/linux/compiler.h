/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names for what the compiler can do, as kernel code spells them.  Distributions export no
 * <linux/compiler.h>.
 */
#ifndef SELFTEST_KVM_LINUX_COMPILER_H
#define SELFTEST_KVM_LINUX_COMPILER_H

/* A single access that the compiler neither repeats, merges, nor leaves out. */
#define READ_ONCE(x)		(*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, val)	(*(volatile typeof(x) *)&(x) = (val))

/* Values held in registers are forgotten: memory is read again after this point. */
#define barrier()		__asm__ __volatile__("" : : : "memory")

#ifndef likely
#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)
#endif

#ifndef __always_inline
#define __always_inline		inline __attribute__((always_inline))
#endif
#ifndef noinline
#define noinline		__attribute__((noinline))
#endif
#ifndef __weak
#define __weak			__attribute__((weak))
#endif
#ifndef __maybe_unused
#define __maybe_unused		__attribute__((unused))
#endif
/* In user space code of the kernel it only keeps the compiler silent. */
#ifndef __used
#define __used			__maybe_unused
#endif
#ifndef __packed
#define __packed		__attribute__((packed))
#endif
#ifndef __aligned
#define __aligned(n)		__attribute__((aligned(n)))
#endif
#ifndef __printf
#define __printf(fmt, args)	__attribute__((format(printf, fmt, args)))
#endif
#ifndef fallthrough
#define fallthrough		__attribute__((fallthrough))
#endif

#endif /* SELFTEST_KVM_LINUX_COMPILER_H */
