// SPDX-License-Identifier: GPL-2.0-only
/*
 * Movers of the stress test, one by one: each has to show that it does what it is promised to do,
 * while guests go on with their work.
 */
#include <stdlib.h>
#include <string.h>

#include "kselftest.h"
#include "numaif.h"
#include "migrate/ballast.h"
#include "migrate/control.h"
#include "migrate/layout.h"
#include "migrate/numa.h"

#include "stress_push.h"

/* How often a mover that is alone may fail, on account of guests at work. */
#define TRIES		10

/* A page of the kernel's own may have got into the place. */
#define PLACE_TRIES	3

/* ---- Memory laid out for those who need it ---------------------------------------------- */

static bool is_there(const struct stress *stress, const struct trigger *trigger)
{
	int i;

	for (i = 0; i < stress->nr_movers; i++)
		if (stress->movers[i].row->trigger == trigger)
			return true;
	return false;
}

static bool is_in_place(const struct layout *layout, const struct gmem_vm *gvm)
{
	uint64_t *pfns = calloc(gvm->nr_pages, sizeof(*pfns));
	bool there;
	size_t i;

	TEST_ASSERT(pfns && !pagemap_read(gvm->mem, gvm->nr_pages, pfns), "cannot read pagemap");
	for (i = 0; i < gvm->nr_pages; i++)
		pfns[i] = pagemap_pfn(pfns[i]);
	there = layout->filled(pfns, gvm->nr_pages);
	free(pfns);
	return there;
}

/* The file's pages are given up, and come back where the layout has left room for them. */
static bool fill_in_place(const struct stress *stress, const struct layout *layout,
			  const struct party *party)
{
	struct gmem_vm *gvm = party_vm(party);
	int node = layout->pick(stress->nodes, stress->nr_nodes, true);
	struct nodemask mask = nodemask_of(node);
	bool there;

	kvm_mbind(gvm->mem, gvm->nr_pages * gvm->page_size, MPOL_BIND, mask.bits,
		  NODEMASK_MAXNODE, 0);
	layout->open(gvm, node, true);
	gmem_guest_fill(gvm);
	party_touch(party, 0, gvm->nr_pages);
	there = is_in_place(layout, gvm);
	layout->close();
	return there;
}

/* While no guest runs, whose CPU has to be told of each page that the ballast gives back. */
static void lay_out_ballast(struct stress *stress)
{
	stress->ballasted = is_there(stress, &trigger_compact) ||
			    is_there(stress, &trigger_compact_node);
	if (!stress->ballasted)
		return;
	ballast_open(&stress->ballast, stress->nodes[0]);
	ballast_unpin(&stress->ballast);
}

bool movers_place(struct stress *stress, struct party *party)
{
	bool filled = false;
	int tries;

	if (stress->mix->movers != MOVERS_BY_KERNEL || !party->job->main)
		return false;
	stress->placed = false;
	if (is_there(stress, &trigger_cma_alloc)) {
		for (tries = 0; tries < PLACE_TRIES && !stress->placed; tries++)
			stress->placed = fill_in_place(stress, &layout_cma, party);
		filled = true;
	}
	lay_out_ballast(stress);
	return filled;
}

void movers_end_round(struct stress *stress)
{
	if (stress->ballasted)
		ballast_close(&stress->ballast);
	stress->ballasted = false;
}

/* ---- One firing ------------------------------------------------------------------------ */

static void look(const struct push *push, struct folio_info *info)
{
	int r = folio_inspect(push->range.addr, push->range.nr_pages, info);

	TEST_ASSERT(!r, "cannot inspect the pages: errno %d", -r);
}

/* Of what is there before and after; a page may be away for a moment. */
static size_t count_moved(const struct folio_info *before, const struct folio_info *after,
			  size_t nr)
{
	size_t i, moved = 0;

	for (i = 0; i < nr; i++)
		moved += before[i].node >= 0 && after[i].node >= 0 &&
			 (before[i].node != after[i].node || before[i].pfn != after[i].pfn);
	return moved;
}

/* At pages from the first of @nr on, whose node is not the one to go to. */
static size_t fire_and_look(struct push *push, size_t first, size_t nr,
			    struct stress_stream *random)
{
	struct stress *stress = push->party->stress;
	struct folio_info *info = calloc(2 * nr, sizeof(*info));
	int from = stress->nodes[0];
	size_t moved;

	TEST_ASSERT(info, "out of memory");
	push_prepare(push, first, nr, from, from);
	party_touch(push->party, first, nr);
	look(push, info);
	if (info[0].node >= 0)
		from = info[0].node;
	push->range.from = from;
	push->range.to = stress_pick_node(stress, random, from);
	push_fire(push);
	look(push, info + nr);
	moved = count_moved(info, info + nr, nr);
	free(info);
	return moved;
}

/* ---- One by one ------------------------------------------------------------------------ */

static bool exact(const struct push *push)
{
	return push->result.ret == push->wanted || push->mover->row->trigger->no_range;
}

/* No page is in a memory block that is meant to go. */
static bool nothing_to_do(const struct push *push)
{
	size_t i;

	for (i = 0; i < push->range.nr_pages; i++)
		if (push->pfns[i])
			return false;
	return push->mover->row->trigger == &trigger_memory_offline;
}

/* Compaction may find nothing to do, where memory is large and full also in spite of ballast. */
static bool does_it(const struct push *push, size_t moved)
{
	const struct trigger *trigger = push->mover->row->trigger;

	if (!mover_moves(push->party->stress, push->mover))
		return exact(push);
	return moved || (trigger->moves_some && !trigger->layout) || nothing_to_do(push);
}

static void come_forward(struct party *party, struct mover *mover,
			 struct stress_stream *random)
{
	const struct trigger *trigger = mover->row->trigger;
	size_t nr = party_vm(party)->nr_pages, first, moved;
	bool done = false;
	int tries;

	if (trigger->by_pfn && nr > FRAMES_AT_ONCE)
		nr = FRAMES_AT_ONCE;
	first = stress_draw(random, 0, party_vm(party)->nr_pages - nr);
	for (tries = 1; tries <= TRIES && !done && !stress_over(party->stress); tries++) {
		struct push push = { .party = party, .mover = mover };

		moved = fire_and_look(&push, first, nr, random);
		mover->moved += moved;
		done = does_it(&push, moved);
		if (!done && tries == TRIES)
			push_complain(&push, mover_moves(party->stress, mover) ?
				      "moved no page" : "refused by another answer");
		push_finish(&push);
	}
}

/* Of those that need memory laid out for them, or of the others. */
static bool comes_first(const struct stress *stress, const struct mover *mover)
{
	const struct trigger *trigger = mover->row->trigger;

	if (trigger->layout)
		return trigger->moves_some && stress->placed;
	return trigger->moves_some && stress->ballasted;
}

static void come_all(struct stress *stress, struct party *party, uint32_t who, bool first)
{
	struct stress_stream random = stress_random(stress, who);
	int i;

	/* From behind: to compact one node is something to do only before all of them. */
	for (i = stress->nr_movers - 1; i >= 0 && !stress_over(stress); i--)
		if (comes_first(stress, &stress->movers[i]) == first &&
		    (first || stress->movers[i].row->trigger != &trigger_cma_alloc))
			come_forward(party, &stress->movers[i], &random);
}

/* What memory was laid out for is as it was only until pages have been pushed about. */
void movers_first(struct stress *stress, struct party *party)
{
	come_all(stress, party, ~1U, true);
}

void movers_one_by_one(struct stress *stress, struct party *party)
{
	come_all(stress, party, ~0U, false);
}

/* ---- At last --------------------------------------------------------------------------- */

/* What moves nothing of guest_memfd has to move something of shmem, or it proves nothing. */
static bool control_moves(const struct stress *stress, const struct mover *mover)
{
	const struct trigger *trigger = mover->row->trigger;
	int to = trigger->any_node ? NUMA_ANY_NODE : stress->nodes[stress->nr_nodes - 1];
	int status[CONTROL_PAGES], tries;
	struct trigger_result result = { .status = status };
	struct control control;
	size_t moved = 0;

	for (tries = 0; tries < TRIES && !moved; tries++) {
		control_open(&control, stress->nodes[0]);
		moved = control_fire(&control, trigger, to, &result);
		control_close(&control);
	}
	return moved;
}

/* Compaction may find nothing to do where memory was not laid out for it. */
static bool proves_nothing(const struct stress *stress, const struct mover *mover)
{
	const struct trigger *trigger = mover->row->trigger;

	if (trigger->moves_some || mover_moves(stress, mover) || control_moves(stress, mover))
		return false;
	ksft_print_msg("control: %s moves not even shmem\n", trigger->call);
	return true;
}

/* Columns of a line of the list, behind the "# " of a comment of the program's. */
#define COLUMNS		90

static void print_moved(const struct stress *stress)
{
	const struct mover *mover;
	char line[COLUMNS + 64] = "moved alone, in pages:", word[64];

	for (mover = stress->movers; mover < stress->movers + stress->nr_movers; mover++) {
		snprintf(word, sizeof(word), " %s %lu%s", mover->row->trigger->name, mover->moved,
			 mover + 1 < stress->movers + stress->nr_movers ? "," : "");
		if (strlen(line) + strlen(word) > COLUMNS) {
			ksft_print_msg("%s\n", line);
			strcpy(line, " ");
		}
		strcat(line, word);
	}
	ksft_print_msg("%s\n", line);
}

bool movers_did_it(const struct stress *stress)
{
	const struct mover *mover;
	bool good = true;

	print_moved(stress);
	for (mover = stress->movers; mover < stress->movers + stress->nr_movers; mover++) {
		if (stress->suite->options.verbose)
			ksft_print_msg("%s: %lu calls did all, %lu a part, %lu nothing; %lu ms\n",
				       mover->row->trigger->name, mover->whole, mover->part,
				       mover->refused, mover->ms);
		if (proves_nothing(stress, mover))
			good = false;
	}
	return good;
}
