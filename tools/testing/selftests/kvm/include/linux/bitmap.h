/* SPDX-License-Identifier: GPL-2.0-only */
/* Arrays of bits. */
#ifndef SELFTEST_KVM_LINUX_BITMAP_H
#define SELFTEST_KVM_LINUX_BITMAP_H

#include <linux/kernel.h>

#define BITS_TO_LONGS(nr)	DIV_ROUND_UP(nr, BITS_PER_LONG)

#define DECLARE_BITMAP(name, nr)	unsigned long name[BITS_TO_LONGS(nr)]

static inline bool test_bit(unsigned long nr, const unsigned long *bits)
{
	return bits[nr / BITS_PER_LONG] & BIT(nr % BITS_PER_LONG);
}

/* Returns the first set bit >= @from, or @size. */
static inline unsigned long find_next_bit(const unsigned long *bits, unsigned long size,
					  unsigned long from)
{
	while (from < size && !test_bit(from, bits))
		from++;
	return from;
}

#define for_each_set_bit(bit, bits, size)			\
	for ((bit) = find_next_bit(bits, size, 0);		\
	     (bit) < (size);					\
	     (bit) = find_next_bit(bits, size, (bit) + 1))

#endif /* SELFTEST_KVM_LINUX_BITMAP_H */
