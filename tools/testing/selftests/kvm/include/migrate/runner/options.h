/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Command line of the migration tests.
 */
#ifndef SELFTEST_KVM_MIGRATE_RUNNER_OPTIONS_H
#define SELFTEST_KVM_MIGRATE_RUNNER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define OPTIONS_FILTERS_MAX	16
#define OPTIONS_PAGES_MIN	4
#define OPTIONS_PAGES_MAX	(1UL << 24)
#define OPTIONS_ROUNDS_MAX	1000000UL
#define OPTIONS_THREADS_MAX	16

struct migrate_options {
	int contract;			/* enum contract_id; -1: not given */
	const char *filters[OPTIONS_FILTERS_MAX];
	int nr_filters;
	bool list, verbose, help;
	size_t pages;			/* of the guest_memfd under test */
	unsigned long rounds;		/* moves there and back under a running guest */
	int threads;			/* vCPUs of a guest, and as many movers; 0: no choice */
	uint64_t seed;
	bool seed_given;
};

/*
 * Read the command line into @options, which holds the program's defaults before.
 * Returns 0, or -EINVAL with what is wrong, one line without an end, in @error.
 */
int options_parse(int argc, char **argv, struct migrate_options *options, char *error,
		  size_t error_size);

/* The text of -h. */
void options_help(FILE *out, const char *program, const struct migrate_options *defaults);

/*
 * Whether case @name was asked for: there is no filter, or one that matches one or several whole
 * parts of the name, as "a", "b.c" and "a.*" do for "a.b.c".  Filters are shell patterns
 * (fnmatch(3)).
 */
bool options_select(const struct migrate_options *options, const char *name);

#endif /* SELFTEST_KVM_MIGRATE_RUNNER_OPTIONS_H */
