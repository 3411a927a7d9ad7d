// SPDX-License-Identifier: GPL-2.0-only
/*
 * Properties poison_race and poison_moving; see migrate/matrix/property_table.h.
 *
 * memory_failure() ignores an error in a folio that is isolated for migration: host and guest can
 * go on using the frame, and the mark stays.  Such a frame is lost when its page is freed, and once
 * it is unpoisoned its memory block cannot go offline.  So poison_race has errors in pages that do
 * not move, while the others do; poison_moving has them in pages that move.
 */
#include <sched.h>
#include <stdlib.h>

#include "kselftest.h"
#include "kvm_util.h"
#include "numaif.h"
#include "migrate/gmem/guest_access.h"
#include "migrate/matrix/poisoned_pages.h"
#include "migrate/matrix/property.h"
#include "migrate/mm/hwpoison.h"
#include "migrate/util/sysfile.h"

static uint64_t errors_ignored_on(int node)
{
	char path[80];

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/memory_failure/ignored",
		 node);
	return sysfile_read_number(path, 10);
}

static uint64_t errors_ignored(const struct fixture *fx)
{
	return errors_ignored_on(fx->from) + errors_ignored_on(fx->to);
}

struct mover {
	const struct fixture *fx;
	size_t first;			/* move this page and those behind it */
	bool stop;
	unsigned long moves;
	pthread_t thread;
};

static void move_to(const struct mover *mover, int node)
{
	size_t i, nr = mover->fx->gvm->nr_pages - mover->first;
	void **pages = calloc(nr, sizeof(*pages));
	int *nodes = calloc(nr, sizeof(*nodes)), *status = calloc(nr, sizeof(*status));

	TEST_ASSERT(pages && nodes && status, "out of memory");
	for (i = 0; i < nr; i++) {
		pages[i] = gmem_page(mover->fx->gvm, mover->first + i);
		nodes[i] = node;
	}
	move_pages(0, nr, pages, nodes, status, MPOL_MF_MOVE);
	free(pages);
	free(nodes);
	free(status);
}

static void *move_there_and_back(void *data)
{
	struct mover *mover = data;

	while (!__atomic_load_n(&mover->stop, __ATOMIC_ACQUIRE)) {
		move_to(mover, mover->fx->to);
		move_to(mover, mover->fx->from);
		__atomic_add_fetch(&mover->moves, 2, __ATOMIC_RELEASE);
	}
	return NULL;
}

static void wait_for_moves(const struct mover *mover, unsigned long moves)
{
	while (__atomic_load_n(&mover->moves, __ATOMIC_ACQUIRE) < moves)
		sched_yield();
}

static void start_mover(struct mover *mover, const struct fixture *fx, size_t first)
{
	*mover = (struct mover) { .fx = fx, .first = first };
	kvm_pthread_create(&mover->thread, NULL, move_there_and_back, mover);
}

static void stop_mover(struct mover *mover)
{
	wait_for_moves(mover, __atomic_load_n(&mover->moves, __ATOMIC_ACQUIRE) + 4);
	__atomic_store_n(&mover->stop, true, __ATOMIC_RELEASE);
	kvm_pthread_join(mover->thread, NULL);
}

int act_poison_race(struct fixture *fx)
{
	size_t nr = 2 * poisoned_pages_few(fx), page;
	struct poisoned_pages poisoned;
	int result = KSFT_PASS;
	struct mover mover;

	poisoned_pages_init(&poisoned, 0);
	fixture_inspect_before(fx);
	start_mover(&mover, fx, nr);
	for (page = 0; page < nr && !result; page++) {
		wait_for_moves(&mover, 2 * page + 2);
		result = poison_pages(fx, &poisoned, 1, true);
	}
	stop_mover(&mover);
	gmem_leave_out(fx->gvm, 0, nr);
	return result ?: poisoned_pages_check(fx, &poisoned) ?: fixture_judge_content(fx) ?:
	       poisoned_pages_recover(fx, &poisoned) ?: property_rewrite_and_judge(fx);
}

/* A page whose frame is clean has moved before the error hit its old frame. */
static int replace_poisoned(struct fixture *fx, size_t nr, const bool *ignored)
{
	int result = KSFT_PASS;
	uint64_t pfn;
	size_t page;

	for (page = 0; page < nr && !result; page++) {
		pfn = hwpoison_pfn_at(gmem_page(fx->gvm, page));
		if (pfn && !ignored[page])
			result = poisoned_page_replace(fx, page, pfn);
	}
	return result;
}

static void poison_while_moving(struct fixture *fx, size_t nr, bool *ignored)
{
	struct mover mover;
	uint64_t before;
	size_t page;

	start_mover(&mover, fx, 0);
	for (page = 0; page < nr; page++) {
		wait_for_moves(&mover, 2 * page + 2);
		before = errors_ignored(fx);
		hwpoison_mapped(gmem_page(fx->gvm, page));
		ignored[page] = errors_ignored(fx) != before;
	}
	stop_mover(&mover);
}

int act_poison_moving(struct fixture *fx)
{
	struct poisoned_pages poisoned;
	struct pfn_set before = {};
	size_t nr = 2 * poisoned_pages_few(fx), marked;
	bool ignored[POISONED_PAGES_MAX];
	int result;

	hwpoison_scan(&before);
	poisoned_pages_init(&poisoned, 0);
	poison_while_moving(fx, nr, ignored);
	gmem_leave_out(fx->gvm, 0, nr);
	fixture_check_host(fx);
	fixture_check_guest(fx);
	result = replace_poisoned(fx, nr, ignored);
	poisoned_pages_punch(fx, 0, nr);
	marked = hwpoison_undo_since(&before);
	pfn_set_free(&before);
	if (marked != nr)
		ksft_print_msg("%zu memory errors: wanted as many poisoned frames, got %zu; %s\n",
			       nr, marked, suite_context(fx->suite));
	if (result || marked != nr)
		return KSFT_FAIL;
	poisoned.nr = nr;
	return poisoned_pages_refill(fx, &poisoned) ?: property_rewrite_and_judge(fx);
}
