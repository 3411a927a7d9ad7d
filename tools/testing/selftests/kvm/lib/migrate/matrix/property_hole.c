// SPDX-License-Identifier: GPL-2.0-only
/*
 * Properties of holes in the file: see migrate/matrix/property.h.
 */
#include <inttypes.h>

#include "kvm_util.h"
#include "kselftest.h"
#include "migrate/mm/pageflags_scan.h"
#include "migrate/trigger/trigger.h"

#include "property_acts.h"

/* The frames of the pages at the last look; a freed one may have found another owner already. */
static int frames_are_free(const struct fixture *fx, size_t first, size_t nr)
{
	size_t page, kept = 0;
	uint64_t pfn;

	for (page = first; page < first + nr; page++) {
		pfn = fx->verdict.pages[page].before.pfn;
		kept += pfn && (pageflags_get(pfn) & FOLIO_FLAG(UNEVICTABLE));
	}
	if (!kept)
		return KSFT_PASS;
	ksft_print_msg("%zu of %zu frames are still in use after their pages became a hole\n",
		       kept, nr);
	return KSFT_FAIL;
}

/* Either may be the first to touch a page: the host, if it can, is with the even ones. */
static bool page_reads_zero(struct gmem_vm *gvm, size_t page)
{
	size_t last = gvm->page_size - sizeof(u64);
	const u64 *words = gmem_page(gvm, page);
	bool maps = vm_kind_host_maps(gvm->kind), zero = true;

	if (maps && page % 2 == 0)
		zero = !words[0] && !words[last / sizeof(u64)];
	zero &= !gmem_guest_peek(gvm, page, 0) && !gmem_guest_peek(gvm, page, last);
	if (maps && page % 2)
		zero &= !words[0] && !words[last / sizeof(u64)];
	return zero;
}

int property_reads_zero(const struct fixture *fx, size_t first, size_t nr)
{
	size_t page, bad = 0, bad_page = 0;

	for (page = first; page < first + nr; page++) {
		if (page_reads_zero(fx->gvm, page))
			continue;
		if (!bad++)
			bad_page = page;
	}
	if (!bad)
		return KSFT_PASS;
	ksft_print_msg("%zu of %zu pages that nobody has written to are not zero, first page %zu; "
		       "%s\n", bad, nr, bad_page, suite_context(fx->suite));
	return KSFT_FAIL;
}

static void refill(struct fixture *fx, size_t first, size_t nr)
{
	size_t page;

	for (page = first; page < first + nr; page++)
		gmem_guest_fill_page(fx->gvm, page);
}

/* mbind() leaves its policy behind, also where it was refused to move anything. */
static bool sets_policy(const struct trigger *trigger)
{
	return trigger == &trigger_mbind_strict;
}

/*
 * After the move, the middle half becomes a hole, and is filled again: by the policy of the file,
 * not by where its pages or their neighbours had moved to.
 */
int act_punch_refault(struct fixture *fx)
{
	size_t nr = fx->gvm->nr_pages, first = nr / 4, middle = nr - 2 * first;
	int at = outcome_moves(fx->expected.outcome) ? fx->to : fx->from;
	int policy = sets_policy(fx->trigger) ? fx->to : fx->from;
	int result;

	property_fire_at_all(fx);
	result = fixture_judge_with_content(fx);
	verdict_reset(&fx->verdict);
	fixture_look_before(fx);
	gmem_punch(fx->gvm, first, middle);
	result = result ?: frames_are_free(fx, first, middle) ?:
		 property_reads_zero(fx, first, middle);
	if (result)
		return result;
	refill(fx, first, middle);
	fixture_check_host(fx);
	fixture_look_after(fx);
	/* The frame may be the same as before, by chance, unless the node is another. */
	verdict_expect(&fx->verdict, first, middle,
		       at == policy ? OUTCOME_MOVED_SOME : OUTCOME_MOVED, at, policy);
	verdict_expect(&fx->verdict, 0, first, OUTCOME_UNTOUCHED, at, at);
	verdict_expect(&fx->verdict, nr - first, first, OUTCOME_UNTOUCHED, at, at);
	return fixture_judge_with_content(fx) ?: property_rewrite_and_judge(fx);
}

/* A page whose frame is unknown has none any more, or one that counts as filled. */
static int none_is_filled(const struct fixture *fx)
{
	size_t page, nr = fx->verdict.nr_pages, lost = 0;

	for (page = 0; page < nr; page++)
		lost += !fx->verdict.pages[page].after.pfn;
	if (!lost)
		return KSFT_PASS;
	ksft_print_msg("%zu of %zu pages that nobody has touched are marked UPTODATE, or gone\n",
		       lost, nr);
	return KSFT_FAIL;
}

/*
 * What fallocate() put there has no content: whatever the frame held before, here of the ballast,
 * is cleared at first touch, and so it has to be with a copy of it.
 */
int act_not_uptodate(struct fixture *fx)
{
	size_t nr = fx->gvm->nr_pages;
	int result, state;

	fragment_close(&fx->fragment);
	gmem_punch(fx->gvm, 0, nr);
	fragment_open(&fx->fragment, fx->from);
	unmapped_pfns_allocate(&fx->unmapped, fx->gvm, fx->from);
	fragment_unpin(&fx->fragment);
	property_fire_at_all(fx);
	state = none_is_filled(fx);
	result = fixture_judge(fx) ?: state ?: property_reads_zero(fx, 0, nr);
	unmapped_pfns_free(&fx->unmapped);
	verdict_reset(&fx->verdict);
	fixture_fill(fx);
	return result ?: fixture_judge_with_content(fx);
}

/* Even, so that the last one leads back to where the pages were. */
#define MOVES_WHILE_PUNCHED	200

struct puncher {
	const struct gmem_vm *gvm;
	size_t first, nr;
	bool stop;
	pthread_t thread;
};

static void *punch_again_and_again(void *arg)
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

/*
 * Whoever punches a hole takes the file's invalidate lock, and then locks folios; migration comes
 * with a folio locked and wants the other.  What moves meanwhile is a matter of luck, and that it
 * ends is not.
 */
static void move_while_punched(struct fixture *fx, size_t first, size_t nr)
{
	struct puncher puncher = { .gvm = fx->gvm, .first = first, .nr = nr };
	int i;

	kvm_pthread_create(&puncher.thread, NULL, punch_again_and_again, &puncher);
	for (i = 0; i < MOVES_WHILE_PUNCHED; i++) {
		fixture_fire(fx, 0, fx->gvm->nr_pages, 0);
		if (fx->expected.outcome == OUTCOME_MOVED)
			fixture_swap_nodes(fx);
	}
	__atomic_store_n(&puncher.stop, true, __ATOMIC_RELEASE);
	kvm_pthread_join(puncher.thread, NULL);
}

/* Undisturbed, whatever was left behind comes back to where all pages began. */
static void move_home(struct fixture *fx)
{
	if (fx->expected.outcome == OUTCOME_MOVED) {
		fixture_swap_nodes(fx);
		fixture_fire(fx, 0, fx->gvm->nr_pages, 0);
		fixture_swap_nodes(fx);
	}
	verdict_reset(&fx->verdict);
}

/* Half of the file is punched again and again while all of it moves. */
int act_punch_race(struct fixture *fx)
{
	size_t first = fx->gvm->nr_pages / 2, nr = fx->gvm->nr_pages - first;

	move_while_punched(fx, first, nr);
	refill(fx, first, nr);
	fixture_check_host(fx);
	move_home(fx);
	property_fire_at_all(fx);
	return fixture_judge_with_content(fx) ?: property_rewrite_and_judge(fx);
}
