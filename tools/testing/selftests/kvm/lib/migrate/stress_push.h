/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One firing of a mover at some pages of a party, for the movers of migrate/stress.h in the crowd
 * and alone.
 */
#ifndef SELFTEST_KVM_LIB_MIGRATE_STRESS_PUSH_H
#define SELFTEST_KVM_LIB_MIGRATE_STRESS_PUSH_H

#include "migrate/stress.h"
#include "migrate/trigger.h"

/* Soft offlining is a call a page, and has every CPU do some work for each. */
#define FRAMES_AT_ONCE	8

struct push {
	struct party *party;
	struct mover *mover;
	size_t first;
	struct trigger_range range;
	struct trigger_result result;
	uint64_t *pfns;
	long wanted;
};

void push_prepare(struct push *push, size_t first, size_t nr, int from, int to);
void push_finish(struct push *push);

/* Fire it, with the crowd if that is possible, and count the answer. */
void push_fire(struct push *push);

/* Report that the mover did wrong, and fail. */
void push_complain(const struct push *push, const char *what);

/* What the mover is promised, and whether it is that pages move. */
const struct promise *mover_promise(const struct stress *stress, const struct mover *mover);
bool mover_moves(const struct stress *stress, const struct mover *mover);

#endif /* SELFTEST_KVM_LIB_MIGRATE_STRESS_PUSH_H */
