/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Measured values, as text, as a file, and two files side by side.  The file is JSON with one value
 * per line:
 *
 *	{
 *	  "format": "guest_memfd_migrate_perf_test 1",
 *	  "kernel": "7.3.4",
 *	  "values": [
 *	    {"case": "move_pages.idle", "name": "guest_memfd/shmem", "unit": "ratio", "samples": 9,
 *	     "min": 0.9, "low": 0.981, "median": 1.012, "high": 1.03, "max": 1.2},
 *	    ...
 *	  ]
 *	}
 *
 * .low and .high are the quartiles.  The reader takes any order of the members and any white space,
 * and ignores members that it does not know.
 */
#ifndef SELFTEST_KVM_MIGRATE_PERF_PERF_RESULTS_H
#define SELFTEST_KVM_MIGRATE_PERF_PERF_RESULTS_H

#include <stdbool.h>
#include <stdio.h>

#include "migrate/perf/stats.h"

#define PERF_FORMAT	"guest_memfd_migrate_perf_test 1"
#define PERF_NAME_SIZE	64
#define PERF_VALUES_MAX	512

struct perf_value {
	char test[PERF_NAME_SIZE];	/* the case */
	char name[PERF_NAME_SIZE];	/* "guest_memfd", "guest_memfd/shmem" */
	char unit[PERF_NAME_SIZE];	/* "ns/page", "ratio" */
	uint64_t nr_samples;
	struct spread spread;		/* in thousandths of the unit */
};

struct perf_results {
	char kernel[PERF_NAME_SIZE];
	size_t nr;
	struct perf_value values[PERF_VALUES_MAX];
};

/* Add the spread of @nr @samples, in thousandths of @unit, and print it.  Sorts @samples. */
void perf_results_add(struct perf_results *results, const char *test, const char *name,
		      const char *unit, uint64_t *samples, size_t nr);

/* Print @milli thousandths as "1.012", without zeros at the end: "28".  Returns @text. */
char *milli_text(uint64_t milli, char *text, size_t size);

/* The same for people: without decimals from 100 on. */
char *rounded_text(uint64_t milli, char *text, size_t size);

/*
 * Write @results to @path: all of it, or nothing, by a new file that replaces @path.
 * Returns 0 or -errno.
 */
int perf_results_write(const struct perf_results *results, const char *path);

/*
 * Read a file of perf_results_write() from @text.
 * Returns NULL, or what is wrong, with the line, one line valid until the next call.
 */
const char *perf_results_parse(const char *text, struct perf_results *results);

/* The same for the file @path. */
const char *perf_results_read(const char *path, struct perf_results *results);

/* Whether all of the middle half of @new is above (1) or below (-1) that of @old; else 0. */
int spread_apart(const struct spread *old, const struct spread *new);

/*
 * Print each value of both @old and @new, their ratio, and "higher" or "lower" where the quartiles
 * do not overlap; then how many values only one of them has.  Returns how many both have.
 */
size_t perf_results_compare(FILE *out, const struct perf_results *old,
			    const struct perf_results *new);

#endif /* SELFTEST_KVM_MIGRATE_PERF_PERF_RESULTS_H */
