/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cases of guest_memfd_migrate_perf_test: what a move costs, and what a guest feels of it.
 *
 * Each case has guest_memfd, shmem and anonymous memory of the same size, and moves one after the
 * other by the same call.  A round measures each of them once, and each round starts with another
 * one, so that a drift of the machine hits all alike.  A ratio is of two times of the same round,
 * or of the fastest of some rounds.
 */
#ifndef SELFTEST_KVM_MIGRATE_PERF_PERF_CASE_H
#define SELFTEST_KVM_MIGRATE_PERF_PERF_CASE_H

#include "migrate/perf/perf_results.h"
#include "migrate/runner/testcase.h"

enum perf_call {
	PERF_MOVE_PAGES,
	PERF_MBIND,
	PERF_MIGRATE_PAGES,	/* all of the process, without .batch */
};

enum perf_user {
	PERF_HOST_ONLY,
	PERF_GUEST_MAPS,	/* the guest has touched all pages, and does not run */
	PERF_GUEST_RUNS,	/* vCPUs touch the pages while they move */
};

struct perf_case {
	const char *name;
	enum perf_call call;
	size_t batch;		/* pages per call; 0: all */
	size_t times, part;	/* -p PAGES times .times / .part; 0: 1 */
	int mappers;		/* more processes that map all pages */
	enum perf_user user;
	int nr_vcpus;
	bool slow;		/* as in struct testcase */
};

/* Results of all cases, in memory that their processes share. */
extern struct perf_results *perf_results;

extern const struct perf_case perf_cases[];
extern const size_t nr_perf_cases;

/* Returns the case that measures @perf. */
struct testcase perf_testcase(const struct perf_case *perf);

/* Without BTF and -k: move guest_memfd once.  Returns an enum contract_id. */
int perf_probe(const struct suite *suite);

#endif /* SELFTEST_KVM_MIGRATE_PERF_PERF_CASE_H */
