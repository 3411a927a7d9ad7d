// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include <linux/falloc.h>

#include "kvm_util.h"
#include "kselftest.h"
#include "migrate/flags.h"
#include "migrate/numa.h"
#include "migrate/trigger.h"

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
static int judge_untouched(struct scene *scene, const char *call, long ret, long wanted)
{
	verdict_call(&scene->verdict, call, ret, wanted, NULL, 0, 0);
	scene_look_after(scene);
	verdict_want(&scene->verdict, 0, scene->gvm->nr_pages, OUTCOME_UNTOUCHED, scene->from,
		     scene->from);
	return scene_judge_with_content(scene);
}

static int try_change(struct scene *scene, const struct bad_change *bad)
{
	size_t half = scene->gvm->page_size / 2;
	int r;

	verdict_reset(&scene->verdict);
	scene_look_before(scene);
	r = fallocate(scene->gvm->fd, bad->mode, bad->offset % (2 * scene->gvm->nr_pages) * half,
		      bad->length * half);
	return judge_untouched(scene, bad->call, r ? -errno : 0, -bad->wanted);
}

/* Its size is for good: neither more nor less, and not by half a page. */
static int try_sizes(struct scene *scene)
{
	static const int halves[] = { -4, -1, 1, 2 };
	const struct gmem_vm *gvm = scene->gvm;
	off_t size;
	size_t i;
	int r, result = KSFT_PASS;

	for (i = 0; i < ARRAY_SIZE(halves) && !result; i++) {
		size = (2 * (off_t)gvm->nr_pages + halves[i]) * (off_t)(gvm->page_size / 2);
		verdict_reset(&scene->verdict);
		scene_look_before(scene);
		r = ftruncate(gvm->fd, size);
		result = judge_untouched(scene, "ftruncate()", r ? -errno : 0, -EINVAL);
	}
	return result;
}

static int try_bad_changes(struct scene *scene)
{
	size_t i;
	int result = KSFT_PASS;

	for (i = 0; i < ARRAY_SIZE(bad_changes) && !result; i++)
		result = try_change(scene, &bad_changes[i]);
	return result ?: try_sizes(scene);
}

/* By the file, or by an address where it is mapped: both end in the same function. */
static int punch_page(const struct scene *scene, size_t page, bool by_address)
{
	const struct gmem_vm *gvm = scene->gvm;

	if (by_address)
		return madvise(gmem_page(gvm, page), gvm->page_size, MADV_REMOVE) ? -errno : 0;
	return fallocate(gvm->fd, PUNCH, gmem_offset(gvm, page), gvm->page_size) ? -errno : 0;
}

/* A page that was punched is zero, for host or guest, whoever looks first; then it is filled. */
static size_t look_and_refill(struct scene *scene, size_t page)
{
	struct gmem_vm *gvm = scene->gvm;
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
static int punch_every_other(struct scene *scene, int at, bool by_address)
{
	size_t page, bad = 0, nr = scene->gvm->nr_pages;
	int r = 0;

	verdict_reset(&scene->verdict);
	scene_look_before(scene);
	for (page = 1; page < nr && !r; page += 2)
		r = punch_page(scene, page, by_address);
	verdict_call(&scene->verdict, by_address ? "madvise(REMOVE)" : "fallocate(PUNCH_HOLE)", r,
		     0, NULL, 0, 0);
	scene_look_after(scene);
	for (page = 0; page < nr; page += 2)
		verdict_want(&scene->verdict, page, 1, OUTCOME_UNTOUCHED, at, at);
	for (page = 1; page < nr; page += 2)
		bad += look_and_refill(scene, page);
	if (bad)
		ksft_print_msg("%zu words in holes are not zero\n", bad);
	return scene_judge_with_content(scene) ?: (bad ? KSFT_FAIL : KSFT_PASS);
}

/* Beside live data, before a move and after one. */
static int act_inaccessible(struct scene *scene)
{
	int result = try_bad_changes(scene) ?: punch_every_other(scene, scene->from, false) ?:
		     punch_every_other(scene, scene->from, true);

	verdict_reset(&scene->verdict);
	property_fire_at_all(scene);
	result = result ?: scene_judge_with_content(scene);
	if (result || scene->promise.outcome != OUTCOME_MOVED)
		return result;
	/* A hole is filled where the policy says: all pages must be on one node to go on. */
	scene_turn_round(scene);
	return try_bad_changes(scene) ?: punch_every_other(scene, scene->from, false) ?:
	       property_rewrite_and_judge(scene);
}

/* A trigger of the kernel's own, which not every machine has. */
static int soft_offline(struct scene *scene)
{
	const struct contract_row *row;

	if (trigger_soft_offline_phys.missing())
		return KSFT_PASS;
	for (row = contract_rows; row->trigger != &trigger_soft_offline_phys; row++)
		;
	scene->trigger = row->trigger;
	scene->promise = row->promise[scene->suite->contract.id];
	/* Of the pages, half are where the others moved to, and half where they are filled. */
	scene->from = scene->to = NUMA_ANY_NODE;
	verdict_reset(&scene->verdict);
	property_fire_at_all(scene);
	return scene_judge_with_content(scene);
}

/* Pages beside holes move or stay as all others do, whoever asks. */
static int act_unmovable(struct scene *scene)
{
	int result = punch_every_other(scene, scene->from, false);

	verdict_reset(&scene->verdict);
	property_fire_at_all(scene);
	result = result ?: scene_judge_with_content(scene);
	if (result)
		return result;
	if (scene->promise.outcome == OUTCOME_MOVED)
		scene_turn_round(scene);
	return punch_every_other(scene, scene->from, true) ?: soft_offline(scene);
}

const struct flag_case flag_cases[] = {
	{ "inaccessible", act_inaccessible },
	{ "unmovable", act_unmovable },
};

const size_t nr_flag_cases = ARRAY_SIZE(flag_cases);

int flag_case_run(const struct suite *suite, const struct testcase *test)
{
	const struct flag_case *flag_case = test->data;
	const struct scene_config config = { .nr_vcpus = 1 };
	struct scene scene;
	int result;

	if (!scene_open(&scene, suite, test, &config))
		return scene_skip();
	result = scene_begin(&scene) ?: flag_case->act(&scene);
	scene_close(&scene);
	return result;
}
