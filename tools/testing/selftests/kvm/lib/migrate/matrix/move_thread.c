// SPDX-License-Identifier: GPL-2.0-only
#include <sched.h>
#include <stdlib.h>

#include "kvm_util.h"
#include "migrate/matrix/move_thread.h"
#include "migrate/trigger/trigger.h"

/* Each call moves a quarter, so that vCPUs can use the others meanwhile. */
#define PARTS 4

static struct trigger_range part_of(const struct move_thread *mover, unsigned long move)
{
	size_t nr = DIV_ROUND_UP(mover->range.nr_pages, PARTS);
	size_t parts = DIV_ROUND_UP(mover->range.nr_pages, nr), first = move % parts * nr;
	struct trigger_range part = mover->range;

	part.addr = trigger_page(&mover->range, first);
	part.nr_pages = min(nr, mover->range.nr_pages - first);
	if (move / parts % 2) {
		part.from = mover->range.to;
		part.to = mover->range.from;
	}
	return part;
}

static void *move_there_and_back(void *arg)
{
	struct move_thread *mover = arg;
	struct trigger_result result = { .status = calloc(mover->range.nr_pages, sizeof(int)) };
	struct trigger_range part;

	TEST_ASSERT(result.status, "out of memory");
	while (!__atomic_load_n(&mover->stop, __ATOMIC_ACQUIRE)) {
		part = part_of(mover, mover->moves);
		trigger_fire(mover->trigger, &part, &result);
		__atomic_add_fetch(&mover->moves, 1, __ATOMIC_RELEASE);
	}
	free(result.status);
	return NULL;
}

void move_thread_start(struct move_thread *mover, const struct fixture *fx)
{
	*mover = (struct move_thread) {
		.trigger = fx->trigger,
		.range = trigger_range_of(fx->gvm->mem, fx->gvm->nr_pages, fx->from, fx->to),
	};
	kvm_pthread_create(&mover->thread, NULL, move_there_and_back, mover);
}

void move_thread_stop(struct move_thread *mover)
{
	__atomic_store_n(&mover->stop, true, __ATOMIC_RELEASE);
	kvm_pthread_join(mover->thread, NULL);
}

void move_thread_await_move(const struct move_thread *mover)
{
	unsigned long target = __atomic_load_n(&mover->moves, __ATOMIC_ACQUIRE) + 2;

	while (__atomic_load_n(&mover->moves, __ATOMIC_ACQUIRE) < target)
		sched_yield();
}
