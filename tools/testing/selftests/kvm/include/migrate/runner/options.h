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
#define OPTIONS_ITERATIONS_MAX	1000000UL
#define OPTIONS_VCPUS_MAX	16UL

struct migrate_options {
	int contract;			/* enum contract_id; -1: not given */
	int flag_bit;			/* as in struct contract */
	const char *filters[OPTIONS_FILTERS_MAX];
	int nr_filters;
	bool list, verbose, help, version;
	bool unsafe;			/* run cases that may make the machine unusable, too */
	bool slow;			/* run slow cases, too */
	size_t pages;			/* of the guest_memfd under test */
	unsigned long iterations;	/* moves there and back under a running guest */
	unsigned long stress_vcpus;	/* and as many migrator threads; 0: the test has no -v */
	const char *results;		/* file to write; NULL: the test has no -j */
	uint64_t seed;
	bool seed_given;
};

/*
 * Read the command line into @options, which holds the program's defaults.
 * Returns NULL, or what is wrong, one line without a newline, valid until the next call.
 */
const char *options_parse(int argc, char **argv, struct migrate_options *options);

/* Print the text of -h. */
void options_help(FILE *out, const char *program, const struct migrate_options *defaults);

/*
 * Returns whether @filter, a shell pattern of fnmatch(3), matches one or several whole parts of
 * @name, as "a", "b.c" and "a.*" do for "a.b.c".
 */
bool options_match(const char *filter, const char *name);

/* Returns whether case @name is selected: by one of the filters, or because there is none. */
bool options_select(const struct migrate_options *options, const char *name);

#endif /* SELFTEST_KVM_MIGRATE_RUNNER_OPTIONS_H */
