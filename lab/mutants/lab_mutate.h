/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_LAB_MUTATE_H
#define _LINUX_LAB_MUTATE_H

/*
 * Mutants: lab/mutate encloses code in these macros.  Each has a number from 1 on; at most one
 * changes what the code does.  Select it with lab_mutate.select=N on the kernel command line, or
 * in /sys/module/lab_mutate/parameters/select; 0 is none.  Includes nothing, so that any header
 * can include it.
 */
#define LAB_MUTANTS_MAX	4000

extern int lab_mutant_selected;
extern unsigned char lab_mutant_hits[LAB_MUTANTS_MAX];

/* Without a memory barrier or an atomic access: a hit that is lost comes again. */
#define lab_mutant(n)								\
({										\
	lab_mutant_hits[n] = 1;							\
	__builtin_expect(*(const volatile int *)&lab_mutant_selected == (n), 0);\
})

/* A statement left out */
#define lab_skip(n, ...)	do { if (!lab_mutant(n)) { __VA_ARGS__; } } while (0)

/* A condition turned */
#define lab_cond(n, ...)	(!!(__VA_ARGS__) != lab_mutant(n))

/* A bound or an index off by one */
#define lab_plus(n, ...)	((__VA_ARGS__) + lab_mutant(n))

/* An attempt to lock left out */
#define lab_try(n, ...)		(lab_mutant(n) || (__VA_ARGS__))

/* Another value: NULL, the opposite, 0 for an error, or an error (-EIO) for 0 */
#define lab_return(n, ...)						\
({									\
	__auto_type __value = (__VA_ARGS__);				\
	lab_mutant(n) ? (__typeof__(__value))_Generic(__value,		\
		_Bool: !__value,					\
		int: __value ? 0 : -5,					\
		long: __value ? 0 : -5,					\
		unsigned int: !__value,					\
		unsigned long: !__value,				\
		default: 0) : __value;					\
})

#endif /* _LINUX_LAB_MUTATE_H */
