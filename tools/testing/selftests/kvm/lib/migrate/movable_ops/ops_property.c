// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>

#include "kvm_util.h"
#include "kselftest.h"
#include "migrate/gmem/gmem_vm.h"
#include "migrate/mm/balloon.h"
#include "migrate/mm/fill_nodes.h"
#include "migrate/mm/folio.h"
#include "migrate/mm/zram.h"
#include "migrate/movable_ops/ops_property.h"
#include "migrate/trigger/trigger.h"

/* Moves of all pages, and of one page. */
#define MOVES_AGAIN	2
#define MOVES_OF_ONE	4

/* Removals during moves. */
#define REMOVALS	2

/* Moves of all pages until one is observed while isolated. */
#define TYPED_TRIES	5

static int act_intact(struct ops_fixture *fx)
{
	return ops_fixture_begin(fx) ?: ops_fixture_move_and_judge(fx) ?: ops_fixture_rewrite(fx);
}

static bool expects_all(const struct ops_row *row)
{
	return row->expected.outcome == OUTCOME_MOVED;
}

static int act_again(struct ops_fixture *fx)
{
	int result = ops_fixture_begin(fx), move;

	for (move = 0; move < MOVES_AGAIN && !result; move++) {
		if (move)
			ops_fixture_note(fx);
		result = ops_fixture_move_and_judge(fx);
	}
	return result;
}

static bool works_page_by_page(const struct ops_row *row)
{
	return expects_all(row) && row->trigger->by_pfn && !row->trigger->evacuates;
}

/* Returns the new frame if just one page has moved, else 0. */
static uint64_t only_new_frame(const struct ops_member *member)
{
	const struct pfn_set *now = &member->pages.frames;
	uint64_t found = 0;
	size_t i, fresh = 0;

	for (i = 0; i < now->nr; i++) {
		if (pfn_set_has(&member->pages.before, now->pfns[i]))
			continue;
		found = now->pfns[i];
		fresh++;
	}
	return fresh == 1 && ops_left(&member->pages) == 1 ? found : 0;
}

static int act_one_page(struct ops_fixture *fx)
{
	struct ops_member *member = fx->members;
	int result = ops_fixture_begin(fx), move;
	uint64_t pfn = result ? 0 : member->pages.before.pfns[0], next;

	for (move = 0; move < MOVES_OF_ONE && !result; move++, pfn = next) {
		ops_fixture_fire_at(fx, pfn);
		next = ops_fixture_look_after(fx) ? only_new_frame(member) : 0;
		if (fx->ret || !next) {
			ksft_print_msg("%s: move %d of the page in 0x%lx: %s = %ld, %zu pages in "
				       "another frame, wanted 1\n", member->pages.kind->name,
				       move + 1, pfn, fx->row->trigger->call, fx->ret,
				       ops_left(&member->pages));
			return KSFT_FAIL;
		}
		ops_fixture_note(fx);
	}
	if (result || !ops_fixture_intact(fx))
		return result ?: KSFT_FAIL;
	ksft_print_msg("%s: one page moved %d times by %s\n", member->pages.kind->name, move,
		       fx->row->trigger->call);
	return ops_fixture_rewrite(fx);
}

struct firing {
	struct ops_fixture *fx;
	volatile bool done;
};

static void *fire_in_thread(void *data)
{
	struct firing *firing = data;

	ops_fixture_fire(firing->fx);
	firing->done = true;
	return NULL;
}

/* Whether a page is isolated, or gone, before the trigger returns. */
static bool caught_moving(const struct ops_member *member, const struct firing *firing)
{
	const struct pfn_set *before = &member->pages.before;
	const struct ops_kind *kind = member->pages.kind;
	size_t look;

	for (look = 0; !firing->done; look++) {
		uint64_t flags = pageflags_get(before->pfns[look % before->nr]);

		if (!kind->is_page(flags) || (flags & FOLIO_FLAG(RECLAIM)))
			return true;
	}
	return false;
}

/* Triggers that take many pages at once; compact_node is like compact. */
static bool works_on_many(const struct ops_row *row)
{
	return !works_page_by_page(row) && row->trigger != &trigger_compact_node;
}

/* The owner is removed during the move; none of its pages is left. */
static int remove_while_moving(struct ops_fixture *fx, size_t *caught)
{
	struct ops_member *member = fx->members;
	struct firing firing = { .fx = fx };
	pthread_t thread;

	kvm_pthread_create(&thread, NULL, fire_in_thread, &firing);
	*caught += caught_moving(member, &firing);
	member->pages.kind->remove(&member->pages);
	kvm_pthread_join(thread, NULL);
	return ops_fixture_look_after(fx) ? KSFT_PASS : KSFT_FAIL;
}

static int act_removed(struct ops_fixture *fx)
{
	size_t caught = 0;
	int result = KSFT_PASS, i;

	for (i = 0; i < REMOVALS && !result; i++)
		result = ops_fixture_begin(fx) ?: remove_while_moving(fx, &caught);
	ksft_print_msg("%s: removed %d times, %zu times with pages on their way\n",
		       fx->members[0].pages.kind->name, i, caught);
	return result ?: ops_fixture_rewrite(fx);
}

static bool needs_room_elsewhere(const struct ops_row *row)
{
	return row->trigger == &trigger_memory_offline;
}

static const char *full_skip_reason(const struct suite *suite)
{
	return fill_nodes_skip_reason(suite->nodes[0]);
}

/* Another process may free a page or two meanwhile. */
static int judge_without_room(struct ops_fixture *fx)
{
	struct ops_member *member = fx->members;

	if (fx->ret == -EINTR && ops_fixture_look_after(fx) && ops_fixture_intact(fx)) {
		ksft_print_msg("%s: %zu of %zu pages stayed without room, and none isolated\n",
			       member->pages.kind->name,
			       member->pages.before.nr - ops_left(&member->pages),
			       member->pages.before.nr);
		return KSFT_PASS;
	}
	ksft_print_msg("%s without room: %ld, wanted %d (EINTR)\n", fx->row->trigger->call,
		       fx->ret, -EINTR);
	return KSFT_FAIL;
}

static int act_no_room(struct ops_fixture *fx)
{
	int result = ops_fixture_begin(fx);
	struct fill_nodes full;
	uint64_t pfn;

	if (result)
		return result;
	pfn = fx->members[0].pages.before.pfns[0];
	fill_nodes_open(&full, pfn_to_node(pfn));
	/* The kernel tries all pages in the memory block of this one. */
	ops_fixture_fire_at(fx, pfn);
	fill_nodes_close(&full);
	result = judge_without_room(fx);
	if (result)
		return result;
	ops_fixture_note(fx);
	return ops_fixture_move_and_judge(fx) ?: ops_fixture_rewrite(fx);
}

static bool has_content(const struct ops_row *row)
{
	return row->kind->intact;
}

static bool shows_its_type(const struct ops_row *row)
{
	return row->kind->is_untyped && needs_room_elsewhere(row);
}

/* Watch all frames until the trigger returns.  Returns whether all had their type. */
static bool watch_types(const struct ops_member *member, const struct firing *firing,
			size_t *isolated)
{
	const struct pfn_set *before = &member->pages.before;
	const struct ops_kind *kind = member->pages.kind;
	char text[256];
	size_t look;

	for (look = 0; !firing->done; look++) {
		uint64_t pfn = before->pfns[look % before->nr], flags = pageflags_get(pfn);

		*isolated += kind->is_page(flags) && (flags & FOLIO_FLAG(RECLAIM));
		if (!kind->is_untyped(flags))
			continue;
		ksft_print_msg("%s: 0x%" PRIx64 " is isolated and has lost its type: %s\n",
			       kind->name, pfn, folio_flag_names(flags, text, sizeof(text)));
		return false;
	}
	return true;
}

static bool move_watched(struct ops_fixture *fx, size_t *isolated)
{
	struct firing firing = { .fx = fx };
	pthread_t thread;
	bool good;

	kvm_pthread_create(&thread, NULL, fire_in_thread, &firing);
	good = watch_types(fx->members, &firing, isolated);
	kvm_pthread_join(thread, NULL);
	ops_fixture_look_after(fx);
	return good;
}

static int act_typed(struct ops_fixture *fx)
{
	int result = ops_fixture_begin(fx), tries;
	size_t isolated = 0;

	for (tries = 0; tries < TYPED_TRIES && !isolated && !result; tries++) {
		if (tries)
			ops_fixture_note(fx);
		result = move_watched(fx, &isolated) ? ops_fixture_judge(fx) : KSFT_FAIL;
	}
	ksft_print_msg("%s: a page was seen isolated %zu times\n",
		       fx->members[0].pages.kind->name, isolated);
	if (!result && !isolated)
		return suite_skip("no page was seen while it was isolated (use more CPUs, or a "
				  "larger -p)");
	return result;
}

/* One row of each trigger is enough, and of the two that compact, one for each. */
static bool takes_company(const struct ops_row *row)
{
	return row->kind == &ops_zsmalloc && (row->trigger == &trigger_compact_node ||
					      row->trigger == &trigger_memory_offline);
}

static bool takes_guest(const struct ops_row *row)
{
	return row->kind == &ops_zsmalloc && works_on_many(row);
}

static const char *company_skip_reason(const struct suite *suite)
{
	(void)suite;
	return ops_balloon.skip_reason();
}

static const char *guest_skip_reason(const struct suite *suite)
{
	return vm_kind_skip_reason(&vm_kind_default) ?: company_skip_reason(suite);
}

static int act_both(struct ops_fixture *fx)
{
	ops_fixture_add(fx, &ops_balloon);
	return act_intact(fx);
}

const struct ops_property ops_properties[] = {
	{ .name = "intact", .act = act_intact },
	{ .name = "again", .applies = needs_room_elsewhere, .act = act_again },
	{ .name = "one_page", .applies = works_page_by_page, .act = act_one_page },
	{ .name = "concurrent_io", .applies = has_content, .act = ops_act_concurrent_io },
	{ .name = "owner_removed", .applies = works_on_many, .act = act_removed },
	{ .name = "keeps_type", .applies = shows_its_type, .act = act_typed },
	{
		.name = "enomem",
		.applies = needs_room_elsewhere,
		.skip_reason = full_skip_reason,
		.act = act_no_room,
	},
	{
		.name = "mixed",
		.applies = takes_company,
		.skip_reason = company_skip_reason,
		.act = act_both,
	},
	{
		.name = "with_guest",
		.applies = takes_guest,
		.skip_reason = guest_skip_reason,
		.act = ops_act_with_guest,
	},
};
const size_t nr_ops_properties = ARRAY_SIZE(ops_properties);

bool ops_property_applies(const struct ops_property *property, const struct ops_row *row)
{
	return !property->applies || property->applies(row);
}
