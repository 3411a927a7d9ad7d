/* SPDX-License-Identifier: GPL-2.0-only */
/* Single bits and runs of bits. */
#ifndef SELFTEST_KVM_LINUX_BITS_H
#define SELFTEST_KVM_LINUX_BITS_H

#define BITS_PER_BYTE		8
#define BITS_PER_TYPE(type)	(sizeof(type) * BITS_PER_BYTE)
#define BITS_PER_LONG		((int)BITS_PER_TYPE(long))

#define BIT(nr)			(1UL << (nr))
#define BIT_ULL(nr)		(1ULL << (nr))

/* Mask with bits @lo to @hi set, both included. */
#define GENMASK(hi, lo)		(((2UL << ((hi) - (lo))) - 1) << (lo))
#define GENMASK_ULL(hi, lo)	(((2ULL << ((hi) - (lo))) - 1) << (lo))

#endif /* SELFTEST_KVM_LINUX_BITS_H */
