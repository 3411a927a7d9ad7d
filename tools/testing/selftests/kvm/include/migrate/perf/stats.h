/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arithmetic of measurements.  Integers only: the library is built without floating point.  Values
 * are in thousandths of their unit, so that a ratio has three decimals.
 */
#ifndef SELFTEST_KVM_MIGRATE_PERF_STATS_H
#define SELFTEST_KVM_MIGRATE_PERF_STATS_H

#include <stddef.h>
#include <stdint.h>

#define MILLI ((uint64_t)1000)

/* The order statistics of some samples; .low and .high are the quartiles. */
struct spread {
	uint64_t min, low, median, high, max;
};

/* Returns the spread of @nr @samples, at least one, which it sorts. */
struct spread spread_of(uint64_t *samples, size_t nr);

/* Returns @a / @b in thousandths, rounded; 0 where @b is 0. */
uint64_t ratio_milli(uint64_t a, uint64_t b);

/*
 * A histogram of any 64-bit values.  Each power of two has HISTOGRAM_STEPS buckets, so a value that
 * comes back is too large by an eighth at most.  Guest code adds to it.
 */
#define HISTOGRAM_BITS	3
#define HISTOGRAM_STEPS	(1U << HISTOGRAM_BITS)
#define HISTOGRAM_SIZE	((64 - HISTOGRAM_BITS + 1) * HISTOGRAM_STEPS)

struct histogram {
	uint64_t count[HISTOGRAM_SIZE];
	uint64_t max;
};

void histogram_add(struct histogram *histogram, uint64_t value);

/* Add all values of @from to @to. */
void histogram_merge(struct histogram *to, const struct histogram *from);

/*
 * Returns the smallest upper end of a bucket that @permille of the values do not exceed, never more
 * than the largest value; 0 without values.
 */
uint64_t histogram_quantile(const struct histogram *histogram, unsigned int permille);

#endif /* SELFTEST_KVM_MIGRATE_PERF_STATS_H */
