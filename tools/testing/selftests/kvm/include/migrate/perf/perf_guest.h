/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest code that touches memory while it moves, and times each touch.
 *
 * The time of a touch is from the end of the one before, so that the times of all touches add up
 * to all of the time.
 */
#ifndef SELFTEST_KVM_MIGRATE_PERF_PERF_GUEST_H
#define SELFTEST_KVM_MIGRATE_PERF_PERF_GUEST_H

#include "migrate/gmem/gmem_vm.h"
#include "migrate/perf/stats.h"

enum perf_phase {
	PERF_WARM_UP,	/* not measured: page faults map what moved */
	PERF_QUIET,	/* nothing moves */
	PERF_MOVING,
	NR_PERF_PHASES,
};

/* What the touches of all vCPUs took in one phase. */
struct perf_touches {
	struct histogram ticks;
	uint64_t nr;
	uint64_t ticks_per_ms;
};

struct perf_log;

/* Allocate the memory for the times of all vCPUs of @gvm; once, before they start. */
struct perf_log *perf_guest_prepare(struct gmem_vm *gvm);

/* Start the vCPUs in PERF_WARM_UP. */
void perf_guest_start(struct gmem_vm *gvm, struct perf_log *logs);

/* Begin PERF_WARM_UP, and wait until every vCPU has touched all its pages; asserts that it does. */
void perf_guest_warm_up(struct gmem_vm *gvm, struct perf_log *logs);

void perf_guest_set_phase(struct gmem_vm *gvm, struct perf_log *logs, enum perf_phase phase);

/* Stop the vCPUs; asserts that none died.  Adds what they saw to @touches[NR_PERF_PHASES]. */
void perf_guest_stop(struct gmem_vm *gvm, struct perf_log *logs, struct perf_touches *touches);

#endif /* SELFTEST_KVM_MIGRATE_PERF_PERF_GUEST_H */
