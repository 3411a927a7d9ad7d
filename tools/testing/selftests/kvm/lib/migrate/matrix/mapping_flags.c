// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include <linux/falloc.h>

#include "kselftest.h"
#include "kvm_util.h"
#include "migrate/matrix/mapping_flags.h"
#include "migrate/matrix/property.h"
#include "migrate/mm/numa.h"
#include "migrate/trigger/trigger.h"


#define PUNCH	(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)

/* Changes of the file that fail as a whole; offset and length in half pages. */
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

/* Every page keeps its frame and its content. */
static int judge_untouched(struct fixture *fx, const char *call, long ret, long wanted)
{
	verdict_call(&fx->verdict, call, ret, wanted, NULL, 0, 0);
	fixture_inspect_after(fx);
	verdict_expect(&fx->verdict, 0, fx->gvm->nr_pages, OUTCOME_UNTOUCHED, fx->from,
		       fx->from);
	return fixture_judge_content(fx);
}

static int try_change(struct fixture *fx, const struct bad_change *bad)
{
	size_t half = fx->gvm->page_size / 2;
	int r;

	verdict_reset(&fx->verdict);
	fixture_inspect_before(fx);
	r = fallocate(fx->gvm->fd, bad->mode, bad->offset % (2 * fx->gvm->nr_pages) * half,
		      bad->length * half);
	return judge_untouched(fx, bad->call, r ? -errno : 0, -bad->wanted);
}

/* The size of a guest_memfd is fixed. */
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
		fixture_inspect_before(fx);
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

/* By the file, or by an address of its mapping. */
static int punch_page(const struct fixture *fx, size_t page, bool by_address)
{
	const struct gmem_vm *gvm = fx->gvm;

	if (by_address)
		return madvise(gmem_page(gvm, page), gvm->page_size, MADV_REMOVE) ? -errno : 0;
	return fallocate(gvm->fd, PUNCH, gmem_offset(gvm, page), gvm->page_size) ? -errno : 0;
}

/* A punched page reads zero, at first touch by guest or host; then the guest fills it. */
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

/* Punch every other page, so that each page that stays is between two holes on node @at. */
static int punch_every_other(struct fixture *fx, int at, bool by_address)
{
	size_t page, bad = 0, nr = fx->gvm->nr_pages;
	int r = 0;

	verdict_reset(&fx->verdict);
	fixture_inspect_before(fx);
	for (page = 1; page < nr && !r; page += 2)
		r = punch_page(fx, page, by_address);
	verdict_call(&fx->verdict, by_address ? "madvise(REMOVE)" : "fallocate(PUNCH_HOLE)", r,
		     0, NULL, 0, 0);
	fixture_inspect_after(fx);
	for (page = 0; page < nr; page += 2)
		verdict_expect(&fx->verdict, page, 1, OUTCOME_UNTOUCHED, at, at);
	for (page = 1; page < nr; page += 2)
		bad += look_and_refill(fx, page);
	if (bad)
		ksft_print_msg("%zu words in holes are not zero\n", bad);
	return fixture_judge_content(fx) ?: (bad ? KSFT_FAIL : KSFT_PASS);
}

static int act_inaccessible(struct fixture *fx)
{
	int result = try_bad_changes(fx) ?: punch_every_other(fx, fx->from, false) ?:
		     punch_every_other(fx, fx->from, true);

	verdict_reset(&fx->verdict);
	property_fire_all(fx);
	result = result ?: fixture_judge_content(fx);
	if (result || fx->expected.outcome != OUTCOME_MOVED)
		return result;
	/* The policy allocates refilled holes on the first node: only the data is on the second. */
	fixture_swap_nodes(fx);
	return try_bad_changes(fx) ?: punch_every_other(fx, fx->from, false) ?:
	       property_rewrite_and_judge(fx);
}

/* A trigger that the kernel starts, on machines that have it. */
static int soft_offline(struct fixture *fx)
{
	const struct contract_row *row = contract_row_of(&trigger_soft_offline_phys);

	if (trigger_soft_offline_phys.skip_reason())
		return KSFT_PASS;
	fx->trigger = row->trigger;
	fx->expected = row->expected[fx->suite->contract.id];
	/* The pages are on both nodes by now. */
	fx->from = fx->to = NUMA_ANY_NODE;
	verdict_reset(&fx->verdict);
	property_fire_all(fx);
	return fixture_judge_content(fx);
}

static int act_unmovable(struct fixture *fx)
{
	int result = punch_every_other(fx, fx->from, false);

	verdict_reset(&fx->verdict);
	property_fire_all(fx);
	result = result ?: fixture_judge_content(fx);
	if (result)
		return result;
	if (fx->expected.outcome == OUTCOME_MOVED)
		fixture_swap_nodes(fx);
	return punch_every_other(fx, fx->from, true) ?: soft_offline(fx);
}

static const struct flag_case {
	const char *name;
	int (*act)(struct fixture *fx);
} flag_cases[] = {
	{ "inaccessible", act_inaccessible },
	{ "unmovable", act_unmovable },
};

static int run(const struct suite *suite, const struct testcase *test)
{
	const struct flag_case *flag_case = test->data;
	const struct fixture_config config = { .nr_vcpus = 1 };

	return fixture_run(suite, test, &config, flag_case->act);
}

void mapping_flags_add_cases(struct case_list *list, const struct contract_row *row)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flag_cases); i++) {
		const struct testcase test = {
			.skip_reason = fixture_skip_reason_two_nodes,
			.run = run,
			.row = row,
			.data = &flag_cases[i],
		};

		case_list_add(list, &test, flag_cases[i].name);
		snprintf(list->cases[list->nr - 1].name, sizeof(test.name), "mapping_flags.%s.%s",
			 row->vm->name, flag_cases[i].name);
	}
}
