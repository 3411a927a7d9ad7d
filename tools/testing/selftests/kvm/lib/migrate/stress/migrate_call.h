/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One firing of a migrator at some pages of a target.
 */
#ifndef SELFTEST_KVM_LIB_MIGRATE_STRESS_MIGRATE_CALL_H
#define SELFTEST_KVM_LIB_MIGRATE_STRESS_MIGRATE_CALL_H

#include "migrate/stress/stress.h"
#include "migrate/trigger/trigger.h"

/* Soft offlining makes a call for each page, and each call interrupts every CPU. */
#define FRAMES_AT_ONCE	8

struct migrate_call {
	struct stress_target *target;
	struct migrator *migrator;
	size_t first;
	struct trigger_range range;
	struct trigger_result result;
	uint64_t *pfns;
	long wanted;
};

void migrate_call_prepare(struct migrate_call *call, size_t first, size_t nr, int from, int to);
void migrate_call_finish(struct migrate_call *call);

/* Fire it, concurrently with others if possible, and count the return value. */
void migrate_call_fire(struct migrate_call *call);

/* Report a wrong outcome, and fail. */
void migrate_call_report(const struct migrate_call *call, const char *what);

/* Return the expected outcome of a migrator, and whether pages move then. */
const struct expected *migrator_expected(const struct stress *stress,
					 const struct migrator *migrator);
bool migrator_moves(const struct stress *stress, const struct migrator *migrator);

#endif /* SELFTEST_KVM_LIB_MIGRATE_STRESS_MIGRATE_CALL_H */
