/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A thread that fires the trigger of a fixture at all pages, some in each call, there and back,
 * until it is stopped.  What the calls return is not judged: pages may be unmapped, busy or gone
 * meanwhile.
 */
#ifndef SELFTEST_KVM_MIGRATE_MATRIX_MOVE_THREAD_H
#define SELFTEST_KVM_MIGRATE_MATRIX_MOVE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

#include "migrate/matrix/fixture.h"
#include "migrate/trigger/trigger.h"

struct move_thread {
	const struct trigger *trigger;
	struct trigger_range range;
	pthread_t thread;
	bool stop;
	unsigned long moves;
};

void move_thread_start(struct move_thread *mover, const struct fixture *fx);
void move_thread_stop(struct move_thread *mover);

/* Wait until one more call has begun and ended. */
void move_thread_await_move(const struct move_thread *mover);

#endif /* SELFTEST_KVM_MIGRATE_MATRIX_MOVE_THREAD_H */
