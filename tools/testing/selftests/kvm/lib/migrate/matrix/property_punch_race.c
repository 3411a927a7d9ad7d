// SPDX-License-Identifier: GPL-2.0-only
/*
 * Property punch_race; see migrate/matrix/property_table.h.
 *
 * kvm_gmem_punch_hole() takes the file's invalidate lock and then locks folios; migration holds a
 * folio lock and tries the invalidate lock.  Which pages move during the race is undefined.
 */
#include "kselftest.h"
#include "kvm_util.h"
#include "migrate/matrix/property.h"

/* Per iteration of -i.  Even: the last move leads back to the first node. */
#define MOVES	20

struct puncher {
	struct gmem_vm *gvm;
	size_t first, nr;
	bool stop;
};

static void *punch_and_touch(void *arg)
{
	struct puncher *puncher = arg;
	size_t page;

	while (!__atomic_load_n(&puncher->stop, __ATOMIC_ACQUIRE)) {
		gmem_punch(puncher->gvm, puncher->first, puncher->nr);
		for (page = puncher->first; page < puncher->first + puncher->nr; page++)
			READ_ONCE(*(u64 *)gmem_page(puncher->gvm, page));
	}
	return NULL;
}

/* Half of the file is punched while all of it moves. */
int act_punch_race(struct fixture *fx)
{
	size_t all = fx->gvm->nr_pages, first = all / 2, nr = all - first;
	struct puncher puncher = { .gvm = fx->gvm, .first = first, .nr = nr };
	pthread_t thread;

	kvm_pthread_create(&thread, NULL, punch_and_touch, &puncher);
	property_fire_times(fx, MOVES * fx->suite->options.iterations);
	__atomic_store_n(&puncher.stop, true, __ATOMIC_RELEASE);
	kvm_pthread_join(thread, NULL);
	property_refill(fx, first, nr);
	fixture_check_host(fx);
	property_gather(fx);
	return property_fire_and_judge(fx) ?: property_rewrite_and_judge(fx);
}
