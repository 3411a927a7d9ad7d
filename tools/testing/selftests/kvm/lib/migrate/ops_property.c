// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>

#include "kvm_util.h"
#include "kselftest.h"
#include "migrate/balloon.h"
#include "migrate/folio.h"
#include "migrate/full.h"
#include "migrate/ops_property.h"
#include "migrate/outside.h"
#include "migrate/trigger.h"
#include "migrate/vm.h"
#include "migrate/zram.h"

/* Moves of the same pages; of one page alone. */
#define MOVES_AGAIN	2
#define MOVES_OF_ONE	4

/* Removals in the middle of something. */
#define REMOVALS	2

/* Moves of all pages until one is seen on its way. */
#define TYPED_TRIES	5

int ops_move_and_judge(struct ops_scene *scene)
{
	return ops_scene_move(scene) ?: ops_scene_judge(scene);
}

static int act_intact(struct ops_scene *scene)
{
	return ops_scene_begin(scene) ?: ops_move_and_judge(scene) ?: ops_scene_rewrite(scene);
}

static bool promises_all(const struct ops_row *row)
{
	return row->promise.outcome == OUTCOME_MOVED;
}

static int act_again(struct ops_scene *scene)
{
	int result = ops_scene_begin(scene), move;

	for (move = 0; move < MOVES_AGAIN && !result; move++) {
		if (move)
			ops_scene_turn_round(scene);
		result = ops_move_and_judge(scene);
	}
	return result;
}

static bool works_page_by_page(const struct ops_row *row)
{
	return promises_all(row) && row->trigger->by_pfn && !row->trigger->layout;
}

/* The frame that is new, where just one page has moved; else 0. */
static uint64_t only_new_frame(const struct ops_member *member)
{
	const struct frame_set *now = &member->pages.frames;
	uint64_t found = 0;
	size_t i, fresh = 0;

	for (i = 0; i < now->nr; i++) {
		if (frame_set_has(&member->pages.before, now->pfns[i]))
			continue;
		found = now->pfns[i];
		fresh++;
	}
	return fresh == 1 && ops_left(&member->pages) == 1 ? found : 0;
}

static int act_one_page(struct ops_scene *scene)
{
	struct ops_member *member = scene->members;
	int result = ops_scene_begin(scene), move;
	uint64_t pfn = result ? 0 : member->pages.before.pfns[0], next;

	for (move = 0; move < MOVES_OF_ONE && !result; move++, pfn = next) {
		ops_scene_fire_at(scene, pfn);
		next = ops_scene_look_after(scene) ? only_new_frame(member) : 0;
		if (scene->ret || !next) {
			ksft_print_msg("%s: move %d of the page in 0x%lx: %s = %ld, %zu pages in "
				       "another frame, wanted 1\n", member->pages.kind->name,
				       move + 1, pfn, scene->row->trigger->call, scene->ret,
				       ops_left(&member->pages));
			return KSFT_FAIL;
		}
		ops_scene_turn_round(scene);
	}
	if (result || !ops_scene_intact(scene))
		return result ?: KSFT_FAIL;
	ksft_print_msg("%s: one page moved %d times by %s\n", member->pages.kind->name, move,
		       scene->row->trigger->call);
	return ops_scene_rewrite(scene);
}

struct firing {
	struct ops_scene *scene;
	volatile bool done;
};

static void *fire_in_thread(void *data)
{
	struct firing *firing = data;

	ops_scene_fire(firing->scene);
	firing->done = true;
	return NULL;
}

/* Whether a page is on its way, or gone, before the trigger is done. */
static bool caught_moving(const struct ops_member *member, const struct firing *firing)
{
	const struct frame_set *before = &member->pages.before;
	const struct ops_kind *kind = member->pages.kind;
	size_t look;

	for (look = 0; !firing->done; look++) {
		uint64_t flags = frame_flags(before->pfns[look % before->nr]);

		if (!kind->is_page(flags) || (flags & FOLIO_FLAG(RECLAIM)))
			return true;
	}
	return false;
}

/* Triggers that take many pages at once; compaction of one node is like that of all. */
static bool works_on_many(const struct ops_row *row)
{
	return !works_page_by_page(row) && row->trigger != &trigger_compact_node;
}

/* The owner goes away in the middle of it; nothing is left of its pages. */
static int remove_while_moving(struct ops_scene *scene, size_t *caught)
{
	struct ops_member *member = scene->members;
	struct firing firing = { .scene = scene };
	pthread_t thread;

	kvm_pthread_create(&thread, NULL, fire_in_thread, &firing);
	*caught += caught_moving(member, &firing);
	member->pages.kind->remove(&member->pages);
	kvm_pthread_join(thread, NULL);
	return ops_scene_look_after(scene) ? KSFT_PASS : KSFT_FAIL;
}

static int act_removed(struct ops_scene *scene)
{
	size_t caught = 0;
	int result = KSFT_PASS, i;

	for (i = 0; i < REMOVALS && !result; i++)
		result = ops_scene_begin(scene) ?: remove_while_moving(scene, &caught);
	ksft_print_msg("%s: removed %d times, %zu times with pages on their way\n",
		       scene->members[0].pages.kind->name, i, caught);
	return result ?: ops_scene_rewrite(scene);
}

static bool needs_room_elsewhere(const struct ops_row *row)
{
	return row->trigger == &trigger_memory_offline;
}

static const char *missing_full(const struct suite *suite)
{
	return full_missing(suite->nodes[0]);
}

/* A page or two may find room that somebody else has left just then. */
static int judge_without_room(struct ops_scene *scene)
{
	struct ops_member *member = scene->members;

	if (scene->ret == -EINTR && ops_scene_look_after(scene) && ops_scene_intact(scene)) {
		ksft_print_msg("%s: %zu of %zu pages stayed without room, and none isolated\n",
			       member->pages.kind->name,
			       member->pages.before.nr - ops_left(&member->pages),
			       member->pages.before.nr);
		return KSFT_PASS;
	}
	ksft_print_msg("%s without room: %ld, wanted %d (EINTR)\n", scene->row->trigger->call,
		       scene->ret, -EINTR);
	return KSFT_FAIL;
}

static int act_no_room(struct ops_scene *scene)
{
	int result = ops_scene_begin(scene);
	struct full full;
	uint64_t pfn;

	if (result)
		return result;
	pfn = scene->members[0].pages.before.pfns[0];
	full_open(&full, frame_node(pfn));
	/* All in the memory block of this one are tried. */
	ops_scene_fire_at(scene, pfn);
	full_close(&full);
	result = judge_without_room(scene);
	if (result)
		return result;
	ops_scene_turn_round(scene);
	return ops_move_and_judge(scene) ?: ops_scene_rewrite(scene);
}

static bool has_content(const struct ops_row *row)
{
	return row->kind->intact;
}

static bool shows_its_type(const struct ops_row *row)
{
	return row->kind->is_untyped && needs_room_elsewhere(row);
}

/* Look at all frames in turn until the trigger is done.  Returns whether all was well. */
static bool watch_types(const struct ops_member *member, const struct firing *firing,
			size_t *isolated)
{
	const struct frame_set *before = &member->pages.before;
	const struct ops_kind *kind = member->pages.kind;
	char text[256];
	size_t look;

	for (look = 0; !firing->done; look++) {
		uint64_t pfn = before->pfns[look % before->nr], flags = frame_flags(pfn);

		*isolated += kind->is_page(flags) && (flags & FOLIO_FLAG(RECLAIM));
		if (!kind->is_untyped(flags))
			continue;
		ksft_print_msg("%s: 0x%" PRIx64 " is isolated and has lost its type: %s\n",
			       kind->name, pfn, folio_flag_names(flags, text, sizeof(text)));
		return false;
	}
	return true;
}

static bool move_watched(struct ops_scene *scene, size_t *isolated)
{
	struct firing firing = { .scene = scene };
	pthread_t thread;
	bool good;

	kvm_pthread_create(&thread, NULL, fire_in_thread, &firing);
	good = watch_types(scene->members, &firing, isolated);
	kvm_pthread_join(thread, NULL);
	ops_scene_look_after(scene);
	return good;
}

static int act_typed(struct ops_scene *scene)
{
	int result = ops_scene_begin(scene), tries;
	size_t isolated = 0;

	for (tries = 0; tries < TYPED_TRIES && !isolated && !result; tries++) {
		if (tries)
			ops_scene_turn_round(scene);
		result = move_watched(scene, &isolated) ? ops_scene_judge(scene) : KSFT_FAIL;
	}
	ksft_print_msg("%s: a page was seen isolated %zu times\n",
		       scene->members[0].pages.kind->name, isolated);
	if (!result && !isolated)
		return suite_skip("no page was seen while it was isolated (use more CPUs, or a "
				  "larger -p)");
	return result;
}

/* One row of each trigger is enough; and of the two that compact, one for each of these. */
static bool takes_company(const struct ops_row *row)
{
	return row->kind == &ops_zsmalloc && (row->trigger == &trigger_compact_node ||
					      row->trigger == &trigger_memory_offline);
}

static bool takes_guest(const struct ops_row *row)
{
	return row->kind == &ops_zsmalloc && works_on_many(row);
}

static const char *missing_company(const struct suite *suite)
{
	(void)suite;
	return ops_balloon.missing();
}

static const char *missing_guest(const struct suite *suite)
{
	return vm_kind_missing(&vm_kind_default) ?: missing_company(suite);
}

static int act_both(struct ops_scene *scene)
{
	ops_scene_add(scene, &ops_balloon);
	return act_intact(scene);
}

static void undo_both(void)
{
	zram_undo();
	balloon_undo();
}

static const struct outside outside_both = { .undo = undo_both };

const struct ops_property ops_properties[] = {
	{ .name = "intact", .act = act_intact },
	{ .name = "again", .applies = needs_room_elsewhere, .act = act_again },
	{ .name = "one_page", .applies = works_page_by_page, .act = act_one_page },
	{ .name = "busy", .applies = has_content, .act = ops_act_busy },
	{ .name = "removed", .applies = works_on_many, .act = act_removed },
	{ .name = "typed", .applies = shows_its_type, .act = act_typed },
	{
		.name = "no_room",
		.applies = needs_room_elsewhere,
		.missing = missing_full,
		.act = act_no_room,
	},
	{
		.name = "both",
		.applies = takes_company,
		.missing = missing_company,
		.outside = &outside_both,
		.act = act_both,
	},
	{
		.name = "beside_guest",
		.applies = takes_guest,
		.missing = missing_guest,
		.outside = &outside_both,
		.act = ops_act_beside_guest,
	},
};
const size_t nr_ops_properties = ARRAY_SIZE(ops_properties);

bool ops_property_applies(const struct ops_property *property, const struct ops_row *row)
{
	return !property->applies || property->applies(row);
}
