// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "kvm_util.h"
#include "kselftest.h"
#include "migrate/books.h"
#include "migrate/control.h"
#include "migrate/layout.h"
#include "migrate/numa.h"
#include "migrate/ops_scene.h"
#include "migrate/trigger.h"
#include "migrate/verdict.h"

/* A page of the kernel's own may have got in between; compaction begins where it likes. */
#define LAYOUT_TRIES	5
#define MOVE_TRIES	5

const char *ops_row_missing(const struct suite *suite, const struct ops_row *row)
{
	return row->kind->missing() ?: suite_missing(suite, row->trigger);
}

void ops_scene_add(struct ops_scene *scene, const struct ops_kind *kind)
{
	struct ops_member *member = &scene->members[scene->nr_members++];

	ops_open(&member->pages, kind, scene->from, scene->suite->options.pages,
		 scene->suite->options.seed);
}

void ops_scene_open(struct ops_scene *scene, const struct suite *suite,
		    const struct testcase *test, const struct ops_row *row)
{
	const struct layout *layout = row->trigger->layout;
	int node = suite->nodes[0];

	*scene = (struct ops_scene) { .suite = suite, .test = test, .row = row };
	scene->outcome = row->promise.outcome;
	if (layout)
		node = layout->pick(suite->nodes, suite->nr_nodes, true);
	scene->unfit = node < 0;
	scene->from = scene->unfit ? suite->nodes[0] : node;
	ops_scene_add(scene, row->kind);
}

/* Whether it takes ballast to have something moved. */
static bool needs_ballast(const struct ops_scene *scene)
{
	return scene->row->trigger->moves_some && !scene->row->trigger->layout;
}

static void lay_out(struct ops_scene *scene)
{
	if (scene->row->trigger->layout)
		scene->row->trigger->layout->open(NULL, scene->from, true);
	if (needs_ballast(scene))
		ballast_open(&scene->ballast, scene->from);
	scene->laid_out = true;
}

static void clear_away(struct ops_scene *scene)
{
	if (!scene->laid_out)
		return;
	if (scene->row->trigger->layout)
		scene->row->trigger->layout->close();
	if (needs_ballast(scene))
		ballast_close(&scene->ballast);
	scene->laid_out = false;
}

int ops_scene_close(struct ops_scene *scene)
{
	bool gone = true;
	int i;

	clear_away(scene);
	for (i = 0; i < scene->nr_members; i++)
		gone &= ops_close(&scene->members[i].pages);
	return gone ? KSFT_PASS : KSFT_FAIL;
}

bool ops_scene_look_after(struct ops_scene *scene)
{
	int i;

	scene->agree = true;
	for (i = 0; i < scene->nr_members; i++)
		scene->agree &= ops_look(&scene->members[i].pages);
	return scene->agree;
}

void ops_scene_turn_round(struct ops_scene *scene)
{
	struct ops_member *member;

	for (member = scene->members; member < scene->members + scene->nr_members; member++) {
		ops_note(&member->pages);
		member->moves_before = books_counter(NUMA_ANY_NODE, member->pages.kind->moves);
	}
}

static int look_before(struct ops_scene *scene)
{
	int i;

	if (!ops_scene_look_after(scene))
		return KSFT_FAIL;
	for (i = 0; i < scene->nr_members; i++) {
		if (scene->members[i].pages.frames.nr)
			continue;
		ksft_print_msg("%s: no page was allocated\n", scene->members[i].pages.kind->name);
		return KSFT_FAIL;
	}
	ops_scene_turn_round(scene);
	return KSFT_PASS;
}

static bool laid_out_well(const struct ops_scene *scene)
{
	const struct layout *layout = scene->row->trigger->layout;
	const struct frame_set *frames = &scene->members[0].pages.before;

	return !layout || layout->filled(frames->pfns, frames->nr);
}

/* Where the trigger chooses among pages, it has to find them on the node that it works on. */
static bool on_node(const struct ops_scene *scene)
{
	const struct frame_set *frames;
	size_t i, here;
	int m;

	for (m = 0; m < scene->nr_members && scene->row->trigger->moves_some; m++) {
		frames = &scene->members[m].pages.before;
		for (i = here = 0; i < frames->nr; i++)
			here += frame_node(frames->pfns[i]) == scene->from;
		if (here < frames->nr / 2)
			return false;
	}
	return true;
}

static void drop_all(struct ops_scene *scene)
{
	int i;

	for (i = 0; i < scene->nr_members; i++)
		scene->members[i].pages.kind->drop(&scene->members[i].pages);
}

static void fill_all(struct ops_scene *scene)
{
	int i;

	for (i = 0; i < scene->nr_members; i++)
		scene->members[i].pages.kind->fill(&scene->members[i].pages);
}

int ops_scene_begin(struct ops_scene *scene)
{
	const struct layout *layout = scene->row->trigger->layout;
	int tries, result;

	if (scene->unfit)
		return suite_skip(layout->unfit);
	for (tries = 0; tries < LAYOUT_TRIES; tries++) {
		drop_all(scene);
		clear_away(scene);
		lay_out(scene);
		fill_all(scene);
		result = look_before(scene);
		if (result)
			return result;
		if (!on_node(scene) || !laid_out_well(scene))
			continue;
		if (needs_ballast(scene))
			ballast_unpin(&scene->ballast);
		return KSFT_PASS;
	}
	if (!on_node(scene))
		return suite_skip("pages are allocated on another node than the one under test "
				  "(let the balloon's interrupt be steered, or use the lab)");
	return suite_skip(layout->unfit);
}

static bool any_page(uint64_t flags)
{
	return ops_zsmalloc.is_page(flags) || ops_balloon.is_page(flags);
}

static void fire(struct ops_scene *scene, const uint64_t *pfns, bool *left, size_t nr)
{
	struct trigger_range range = {
		.nr_pages = nr,
		.pfns = pfns,
		.left = left,
		.frame_is = any_page,
		.from = scene->from,
		.to = NUMA_ANY_NODE,
	};
	struct trigger_result result = {};

	scene->row->trigger->fire(&range, &result);
	scene->ret = result.ret;
}

/* All kinds at once; each is told which of its pages have left. */
void ops_scene_fire(struct ops_scene *scene)
{
	size_t nr = 0, at = 0;
	struct ops_pages *pages;
	uint64_t *pfns;
	bool *left;
	int i;

	for (i = 0; i < scene->nr_members; i++)
		nr += scene->members[i].pages.before.nr;
	pfns = calloc(nr, sizeof(*pfns));
	left = calloc(nr, sizeof(*left));
	TEST_ASSERT(pfns && left, "out of memory");
	for (i = 0; i < scene->nr_members; i++) {
		pages = &scene->members[i].pages;
		memcpy(pfns + at, pages->before.pfns, pages->before.nr * sizeof(*pfns));
		at += pages->before.nr;
	}
	fire(scene, pfns, left, nr);
	for (i = scene->nr_members; i-- > 0;) {
		pages = &scene->members[i].pages;
		at -= pages->before.nr;
		memcpy(pages->left, left + at, pages->before.nr * sizeof(*left));
	}
	free(pfns);
	free(left);
}

void ops_scene_fire_at(struct ops_scene *scene, uint64_t pfn)
{
	bool left = false;

	fire(scene, &pfn, &left, 1);
}

/* Whether every kind has pages in other frames now. */
static bool some_moved(const struct ops_scene *scene)
{
	int i;

	for (i = 0; i < scene->nr_members; i++)
		if (!ops_left(&scene->members[i].pages))
			return false;
	return true;
}

int ops_scene_move(struct ops_scene *scene)
{
	int tries, result;

	for (tries = 1; ; tries++) {
		ops_scene_fire(scene);
		ops_scene_look_after(scene);
		if (scene->outcome != OUTCOME_MOVED_SOME || tries == MOVE_TRIES ||
		    (!scene->ret && some_moved(scene)))
			return KSFT_PASS;
		result = ops_scene_begin(scene);
		if (result)
			return result;
	}
}

/* What does not even move shmem, in memory laid out for it, cannot be blamed on these pages. */
static bool control_moves(struct ops_scene *scene)
{
	const struct trigger *trigger = scene->row->trigger;
	struct trigger_result result = {};
	struct control control;
	size_t moved;

	drop_all(scene);
	clear_away(scene);
	lay_out(scene);
	control_open(&control, scene->from);
	if (needs_ballast(scene))
		ballast_unpin(&scene->ballast);
	moved = control_fire(&control, trigger, NUMA_ANY_NODE, &result);
	control_close(&control);
	ksft_print_msg("control: %zu of %d pages of shmem moved by %s\n", moved, CONTROL_PAGES,
		       trigger->call);
	return moved;
}

static int nothing_moved(struct ops_scene *scene)
{
	return control_moves(scene) ? KSFT_FAIL : suite_skip(control_idle(scene->row->trigger));
}

/* How each page should be: frame, state, the trigger's answer.  Returns whether it is. */
static bool judge_pages(const struct ops_scene *scene, struct ops_member *member)
{
	size_t nr = member->pages.before.nr, i;
	struct folio_info *info = calloc(nr, sizeof(*info));
	struct verdict verdict;
	bool good;

	TEST_ASSERT(info && !verdict_init(&verdict, nr, getpagesize()), "out of memory");
	verdict.settled = true;
	verdict.flags_on = member->pages.kind->flags_on;
	verdict.flags_off = FOLIO_FLAG(RECLAIM) | FOLIO_FLAG(LRU);
	ops_describe(&member->pages, info);
	verdict_after(&verdict, info);
	/* What is left of a frame's flags is of whoever has it now. */
	for (i = 0; i < nr; i++)
		info[i] = (struct folio_info) {
			.node = frame_node(member->pages.before.pfns[i]),
			.pfn = member->pages.before.pfns[i],
		};
	verdict_before(&verdict, info);
	verdict_call(&verdict, scene->row->trigger->call, scene->ret, scene->wanted_ret, NULL, 0,
		     0);
	verdict_want(&verdict, 0, nr, scene->outcome, NUMA_ANY_NODE, NUMA_ANY_NODE);
	good = verdict_good(&verdict);
	if (!good) {
		ksft_print_msg("%s:\n", member->pages.kind->name);
		verdict_report(&verdict, stdout, suite_context(scene->suite));
	}
	verdict_free(&verdict);
	free(info);
	return good;
}

/* Frames that changed must be moves that the kernel says it made. */
static bool judge_count(const struct ops_scene *scene, struct ops_member *member)
{
	const struct ops_kind *kind = member->pages.kind;

	member->moved = ops_left(&member->pages);
	member->moves = books_counter(NUMA_ANY_NODE, kind->moves) - member->moves_before;
	ksft_print_msg("%s: %zu of %zu pages moved by %s, %s %+lld\n", kind->name, member->moved,
		       member->pages.before.nr, scene->row->trigger->call, kind->moves,
		       member->moves);
	return member->moves >= (long long)member->moved;
}

bool ops_scene_intact(const struct ops_scene *scene)
{
	const struct ops_member *member;
	bool good = true;

	for (member = scene->members; member < scene->members + scene->nr_members; member++)
		if (member->pages.kind->intact)
			good &= member->pages.kind->intact(&member->pages);
	return good;
}

int ops_scene_judge(struct ops_scene *scene)
{
	struct ops_member *member;
	bool good = scene->agree, moved = true;

	for (member = scene->members; member < scene->members + scene->nr_members; member++) {
		good &= judge_count(scene, member);
		ops_report_counters(&member->pages);
		moved &= member->moved || !outcome_moves(scene->outcome);
		if (moved)
			good &= judge_pages(scene, member);
	}
	good &= ops_scene_intact(scene);
	if (!good)
		return KSFT_FAIL;
	return moved ? KSFT_PASS : nothing_moved(scene);
}

int ops_scene_rewrite(struct ops_scene *scene)
{
	fill_all(scene);
	return ops_scene_intact(scene) ? KSFT_PASS : KSFT_FAIL;
}
