/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's names for compiler attributes.  Distributions do not export <linux/compiler.h>. */
#ifndef SELFTEST_KVM_LINUX_COMPILER_H
#define SELFTEST_KVM_LINUX_COMPILER_H

/* The compiler must not repeat, merge or omit the access. */
#define READ_ONCE(x)		(*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, val)	(*(volatile typeof(x) *)&(x) = (val))

/* The compiler must read memory again after this point. */
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
/* As in the kernel's tools/, it only avoids a warning. */
#ifndef __used
#define __used			__maybe_unused
#endif
#ifndef __packed
#define __packed		__attribute__((packed))
#endif
#ifndef __aligned
#define __aligned(n)		__attribute__((aligned(n)))
#endif
#ifndef __stringify
#define ____stringify(x...)	#x
#define __stringify(x...)	____stringify(x)
#endif
#ifndef __printf
#define __printf(fmt, args)	__attribute__((format(printf, fmt, args)))
#endif
#ifndef fallthrough
#define fallthrough		__attribute__((fallthrough))
#endif

#endif /* SELFTEST_KVM_LINUX_COMPILER_H */
