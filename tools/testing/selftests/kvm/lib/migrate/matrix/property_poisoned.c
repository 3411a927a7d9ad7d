// SPDX-License-Identifier: GPL-2.0-only
/*
 * Properties poisoned and poison_race; see migrate/matrix/property_table.h.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "kselftest.h"
#include "kvm_util.h"
#include "numaif.h"
#include "migrate/gmem/guest_access.h"
#include "migrate/matrix/poisoned_pages.h"
#include "migrate/matrix/property.h"
#include "migrate/mm/hwpoison.h"
#include "migrate/trigger/trigger.h"
#include "migrate/util/sysfile.h"

const char *poisoned_skip_reason(void)
{
	return hwpoison_skip_reason();
}

/* The call finds no page where the PTE is that of a poisoned one. */
static int fire_at_poisoned(struct fixture *fx, const struct poisoned_pages *poisoned)
{
	size_t nr = fx->gvm->nr_pages, bad = poisoned->nr;

	gmem_leave_out(fx->gvm, 0, bad);
	verdict_reset(&fx->verdict);
	fixture_inspect_before(fx);
	fixture_fire(fx, 0, nr, expected_return(&fx->expected, nr - bad));
	fixture_inspect_after(fx);
	fixture_expect(fx, bad, nr - bad, fx->expected.outcome);
	if (fx->trigger->has_status)
		verdict_expect_status(&fx->verdict, 0, bad, -ENOENT);
	return poisoned_pages_check(fx, poisoned) ?: fixture_judge_content(fx);
}

/* Errors before the move and after it. */
int act_poisoned(struct fixture *fx)
{
	size_t few = poisoned_pages_few(fx);
	struct poisoned_pages poisoned;
	int result;

	poisoned_pages_init(&poisoned, 0);
	fixture_inspect_before(fx);
	result = poison_pages(fx, &poisoned, few, true) ?: fire_at_poisoned(fx, &poisoned);
	if (result)
		return result;
	if (fx->expected.outcome == OUTCOME_MOVED)
		fixture_swap_nodes(fx);
	verdict_reset(&fx->verdict);
	fixture_inspect_before(fx);
	result = poison_pages(fx, &poisoned, few, true);
	gmem_leave_out(fx->gvm, 0, poisoned.nr);
	return result ?: poisoned_pages_check(fx, &poisoned) ?:
	       poisoned_pages_recover(fx, &poisoned) ?: property_rewrite_and_judge(fx);
}

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
	bool stop;
	unsigned long moves;
};

static void move_all(const struct fixture *fx, int node)
{
	size_t i, nr = fx->gvm->nr_pages;
	void **pages = calloc(nr, sizeof(*pages));
	int *nodes = calloc(nr, sizeof(*nodes)), *status = calloc(nr, sizeof(*status));

	TEST_ASSERT(pages && nodes && status, "out of memory");
	for (i = 0; i < nr; i++) {
		pages[i] = gmem_page(fx->gvm, i);
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
		move_all(mover->fx, mover->fx->to);
		move_all(mover->fx, mover->fx->from);
		__atomic_add_fetch(&mover->moves, 2, __ATOMIC_RELEASE);
	}
	return NULL;
}

static void wait_for_moves(struct mover *mover, unsigned long moves)
{
	while (__atomic_load_n(&mover->moves, __ATOMIC_ACQUIRE) < moves)
		sched_yield();
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

/*
 * memory_failure() ignores an error in a folio that is isolated for migration.  The mark stays, and
 * host and guest can go on using the frame.
 */
static void poison_while_moving(struct fixture *fx, size_t nr, bool *ignored)
{
	uint64_t before;
	struct mover mover = { .fx = fx };
	pthread_t thread;
	size_t page;

	kvm_pthread_create(&thread, NULL, move_there_and_back, &mover);
	for (page = 0; page < nr; page++) {
		wait_for_moves(&mover, 2 * page + 2);
		before = errors_ignored(fx);
		hwpoison_mapped(gmem_page(fx->gvm, page));
		ignored[page] = errors_ignored(fx) != before;
	}
	wait_for_moves(&mover, 2 * nr + 4);
	__atomic_store_n(&mover.stop, true, __ATOMIC_RELEASE);
	kvm_pthread_join(thread, NULL);
}

int act_poison_race(struct fixture *fx)
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
