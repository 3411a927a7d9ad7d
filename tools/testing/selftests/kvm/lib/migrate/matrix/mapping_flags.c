// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include <linux/falloc.h>

#include "kvm_util.h"
#include "kselftest.h"
#include "migrate/matrix/mapping_flags.h"
#include "migrate/mm/numa.h"
#include "migrate/trigger/trigger.h"

#include "property_acts.h"

#define PUNCH	(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)

/* Changes of the file that must be refused as a whole; offset and length in halves of a page. */
struct bad_change {
	const char *call;
	int mode;
	int offset, length;
	int wanted;			/* errno */
};

static const struct bad_change bad_changes[] = {
	{ "fallocate(PUNCH_HOLE, from the middle of a page)", PUNCH, 9, 2, EINVAL },
	{ "fallocate(PUNCH_HOLE, to the middle of a page)", PUNCH, 8, 3, EINVAL },
	{ "fallocate(PUNCH_HOLE, within a page)", PUNCH, 8, 1, EINVAL },
	{ "fallocate(PUNCH_HOLE, the second half of a page)", PUNCH, 9, 1, EINVAL },
	{ "fallocate(PUNCH_HOLE) without KEEP_SIZE", FALLOC_FL_PUNCH_HOLE, 8, 2, EOPNOTSUPP },
	{ "fallocate(ZERO_RANGE)", FALLOC_FL_ZERO_RANGE, 8, 2, EOPNOTSUPP },
	{ "fallocate(ZERO_RANGE|KEEP_SIZE)", FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, 8, 2,
	  EOPNOTSUPP },
	{ "fallocate(COLLAPSE_RANGE)", FALLOC_FL_COLLAPSE_RANGE, 8, 2, EOPNOTSUPP },
	{ "fallocate(INSERT_RANGE)", FALLOC_FL_INSERT_RANGE, 8, 2, EOPNOTSUPP },
};

/* Every page is where it is, and holds what it holds. */
static int judge_untouched(struct fixture *fx, const char *call, long ret, long wanted)
{
	verdict_call(&fx->verdict, call, ret, wanted, NULL, 0, 0);
	fixture_look_after(fx);
	verdict_expect(&fx->verdict, 0, fx->gvm->nr_pages, OUTCOME_UNTOUCHED, fx->from,
		       fx->from);
	return fixture_judge_with_content(fx);
}

static int try_change(struct fixture *fx, const struct bad_change *bad)
{
	size_t half = fx->gvm->page_size / 2;
	int r;

	verdict_reset(&fx->verdict);
	fixture_look_before(fx);
	r = fallocate(fx->gvm->fd, bad->mode, bad->offset % (2 * fx->gvm->nr_pages) * half,
		      bad->length * half);
	return judge_untouched(fx, bad->call, r ? -errno : 0, -bad->wanted);
}

/* Its size is for good: neither more nor less, and not by half a page. */
static int try_sizes(struct fixture *fx)
{
	static const int halves[] = { -4, -1, 1, 2 };
	const struct gmem_vm *gvm = fx->gvm;
	off_t size;
	size_t i;
	int r, result = KSFT_PASS;

	for (i = 0; i < ARRAY_SIZE(halves) && !result; i++) {
		size = (2 * (off_t)gvm->nr_pages + halves[i]) * (off_t)(gvm->page_size / 2);
		verdict_reset(&fx->verdict);
		fixture_look_before(fx);
		r = ftruncate(gvm->fd, size);
		result = judge_untouched(fx, "ftruncate()", r ? -errno : 0, -EINVAL);
	}
	return result;
}

static int try_bad_changes(struct fixture *fx)
{
	size_t i;
	int result = KSFT_PASS;

	for (i = 0; i < ARRAY_SIZE(bad_changes) && !result; i++)
		result = try_change(fx, &bad_changes[i]);
	return result ?: try_sizes(fx);
}

/* By the file, or by an address where it is mapped: both end in the same function. */
static int punch_page(const struct fixture *fx, size_t page, bool by_address)
{
	const struct gmem_vm *gvm = fx->gvm;

	if (by_address)
		return madvise(gmem_page(gvm, page), gvm->page_size, MADV_REMOVE) ? -errno : 0;
	return fallocate(gvm->fd, PUNCH, gmem_offset(gvm, page), gvm->page_size) ? -errno : 0;
}

/* A page that was punched is zero, for host or guest, whoever looks first; then it is filled. */
static size_t look_and_refill(struct fixture *fx, size_t page)
{
	struct gmem_vm *gvm = fx->gvm;
	size_t bad = 0, words = GUEST_PAGE_WORDS(gvm->page_size), word;

	if (page % 4 == 1)
		bad += !!gmem_guest_peek(gvm, page, 0);
	for (word = 0; word < words; word++)
		bad += !!((u64 *)gmem_page(gvm, page))[word];
	gmem_guest_fill_page(gvm, page);
	return bad;
}

/*
 * Every other page becomes a hole: no page has a neighbour that stays, and each that stays is
 * beside two holes.  @at is the node where they are.
 */
static int punch_every_other(struct fixture *fx, int at, bool by_address)
{
	size_t page, bad = 0, nr = fx->gvm->nr_pages;
	int r = 0;

	verdict_reset(&fx->verdict);
	fixture_look_before(fx);
	for (page = 1; page < nr && !r; page += 2)
		r = punch_page(fx, page, by_address);
	verdict_call(&fx->verdict, by_address ? "madvise(REMOVE)" : "fallocate(PUNCH_HOLE)", r,
		     0, NULL, 0, 0);
	fixture_look_after(fx);
	for (page = 0; page < nr; page += 2)
		verdict_expect(&fx->verdict, page, 1, OUTCOME_UNTOUCHED, at, at);
	for (page = 1; page < nr; page += 2)
		bad += look_and_refill(fx, page);
	if (bad)
		ksft_print_msg("%zu words in holes are not zero\n", bad);
	return fixture_judge_with_content(fx) ?: (bad ? KSFT_FAIL : KSFT_PASS);
}

/* Beside live data, before a move and after one. */
static int act_inaccessible(struct fixture *fx)
{
	int result = try_bad_changes(fx) ?: punch_every_other(fx, fx->from, false) ?:
		     punch_every_other(fx, fx->from, true);

	verdict_reset(&fx->verdict);
	property_fire_at_all(fx);
	result = result ?: fixture_judge_with_content(fx);
	if (result || fx->expected.outcome != OUTCOME_MOVED)
		return result;
	/* A hole is filled where the policy says: all pages must be on one node to go on. */
	fixture_swap_nodes(fx);
	return try_bad_changes(fx) ?: punch_every_other(fx, fx->from, false) ?:
	       property_rewrite_and_judge(fx);
}

/* A trigger of the kernel's own, which not every machine has. */
static int soft_offline(struct fixture *fx)
{
	const struct contract_row *row;

	if (trigger_soft_offline_phys.skip_reason())
		return KSFT_PASS;
	for (row = contract_rows; row->trigger != &trigger_soft_offline_phys; row++)
		;
	fx->trigger = row->trigger;
	fx->expected = row->expected[fx->suite->contract.id];
	/* Of the pages, half are where the others moved to, and half where they are filled. */
	fx->from = fx->to = NUMA_ANY_NODE;
	verdict_reset(&fx->verdict);
	property_fire_at_all(fx);
	return fixture_judge_with_content(fx);
}

/* Pages beside holes move or stay as all others do, whoever asks. */
static int act_unmovable(struct fixture *fx)
{
	int result = punch_every_other(fx, fx->from, false);

	verdict_reset(&fx->verdict);
	property_fire_at_all(fx);
	result = result ?: fixture_judge_with_content(fx);
	if (result)
		return result;
	if (fx->expected.outcome == OUTCOME_MOVED)
		fixture_swap_nodes(fx);
	return punch_every_other(fx, fx->from, true) ?: soft_offline(fx);
}

const struct mapping_flag_case mapping_flag_cases[] = {
	{ "inaccessible", act_inaccessible },
	{ "unmovable", act_unmovable },
};

const size_t nr_mapping_flag_cases = ARRAY_SIZE(mapping_flag_cases);

int mapping_flag_case_run(const struct suite *suite, const struct testcase *test)
{
	const struct mapping_flag_case *mapping_flag_case = test->data;
	const struct fixture_config config = { .nr_vcpus = 1 };
	struct fixture fx;
	int result;

	if (!fixture_open(&fx, suite, test, &config))
		return fixture_skip();
	result = fixture_begin(&fx) ?: mapping_flag_case->act(&fx);
	fixture_close(&fx);
	return result;
}
