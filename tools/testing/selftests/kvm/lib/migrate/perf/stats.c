// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "migrate/perf/stats.h"

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* The sample at @part of 4 of the way from the first to the last. */
static uint64_t at_quarter(const uint64_t *sorted, size_t nr, size_t part)
{
	size_t place = (nr - 1) * part, i = place / 4, rest = place % 4;

	if (!rest)
		return sorted[i];
	return sorted[i] + ((sorted[i + 1] - sorted[i]) * rest + 2) / 4;
}

struct spread spread_of(uint64_t *samples, size_t nr)
{
	qsort(samples, nr, sizeof(*samples), by_value);
	return (struct spread) {
		.min = samples[0],
		.low = at_quarter(samples, nr, 1),
		.median = at_quarter(samples, nr, 2),
		.high = at_quarter(samples, nr, 3),
		.max = samples[nr - 1],
	};
}

uint64_t ratio_milli(uint64_t a, uint64_t b)
{
	return b ? (a * MILLI + b / 2) / b : 0;
}

/* Values below HISTOGRAM_STEPS have buckets of their own. */
static unsigned int bucket_of(uint64_t value)
{
	unsigned int shift;

	if (value < HISTOGRAM_STEPS)
		return value;
	shift = 63 - __builtin_clzll(value) - HISTOGRAM_BITS;
	return (shift << HISTOGRAM_BITS) + (value >> shift);
}

static uint64_t bucket_end(unsigned int bucket)
{
	unsigned int shift = bucket / HISTOGRAM_STEPS;

	if (shift < 2)
		return bucket;
	shift--;
	return ((uint64_t)(bucket - (shift << HISTOGRAM_BITS)) << shift) + (1ULL << shift) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t value)
{
	histogram->count[bucket_of(value)]++;
	if (value > histogram->max)
		histogram->max = value;
}

void histogram_merge(struct histogram *to, const struct histogram *from)
{
	unsigned int i;

	for (i = 0; i < HISTOGRAM_SIZE; i++)
		to->count[i] += from->count[i];
	if (from->max > to->max)
		to->max = from->max;
}

uint64_t histogram_quantile(const struct histogram *histogram, unsigned int permille)
{
	uint64_t sum = 0, below = 0, end;
	unsigned int i;

	for (i = 0; i < HISTOGRAM_SIZE; i++)
		sum += histogram->count[i];
	for (i = 0; i < HISTOGRAM_SIZE && sum; i++) {
		below += histogram->count[i];
		if (below * 1000 < sum * permille || !below)
			continue;
		end = bucket_end(i);
		return end < histogram->max ? end : histogram->max;
	}
	return 0;
}
