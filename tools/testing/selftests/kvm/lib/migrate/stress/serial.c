// SPDX-License-Identifier: GPL-2.0-only
/*
 * Migrators of the stress test one by one, while guests run: each must do what the contract says.
 */
#include <stdlib.h>
#include <string.h>

#include "kselftest.h"
#include "migrate/mm/numa.h"
#include "migrate/trigger/control.h"
#include "migrate/trigger/placement.h"

#include "migrate_call.h"

/* Running guests may make a migrator fail some times. */
#define TRIES		10

/* A page of the kernel may have got into the CMA area. */
#define CMA_TRIES	3

/* ---- Placements ------------------------------------------------------------------------ */

static bool is_used(const struct stress *stress, const struct placement *placement)
{
	int i;

	for (i = 0; i < stress->nr_migrators; i++)
		if (stress->migrators[i].row->trigger->placement == placement)
			return true;
	return false;
}

struct placed_target {
	struct stress_target *target;
	struct placement_state placement;
};

/* placement_setup() has freed the pages; they are allocated again in the area. */
static int fill_and_verify(void *data)
{
	struct placed_target *placed = data;
	struct gmem_vm *gvm = stress_target_vm(placed->target);
	uint64_t *pfns = calloc(gvm->nr_pages, sizeof(*pfns));
	bool good;
	size_t i;

	gmem_guest_fill(gvm);
	stress_target_touch(placed->target, 0, gvm->nr_pages);
	TEST_ASSERT(pfns && !pagemap_read(gvm->mem, gvm->nr_pages, pfns), "cannot read pagemap");
	for (i = 0; i < gvm->nr_pages; i++)
		pfns[i] = pagemap_pfn(pfns[i]);
	good = placement_verify(&placed->placement, pfns, gvm->nr_pages);
	free(pfns);
	return good ? KSFT_PASS : PLACEMENT_RETRY;
}

/* Returns whether pages of @target are in the CMA area. */
static bool fill_cma(const struct stress *stress, struct stress_target *target)
{
	struct placed_target placed = { .target = target };
	struct gmem_vm *gvm = stress_target_vm(target);
	int result, node = placement_select_node(&placed.placement, &placement_cma, stress->nodes,
						 stress->nr_nodes, true);

	numa_mbind(gvm->mem, gvm->nr_pages * gvm->page_size, node);
	placed.placement.gvm = gvm;
	result = placement_populate(&placed.placement, CMA_TRIES, fill_and_verify, &placed);
	placement_teardown(&placed.placement);
	return result == KSFT_PASS;
}

bool migrators_place(struct stress *stress, struct stress_target *target)
{
	bool filled = false;

	if (stress->mix->migrators != MIGRATORS_BY_KERNEL || !target->workload->main)
		return false;
	stress->placed = false;
	if (is_used(stress, &placement_cma)) {
		stress->placed = fill_cma(stress, target);
		filled = true;
	}
	/* No guest runs: each freed page interrupts the CPUs of one that does. */
	if (is_used(stress, &placement_fragment)) {
		placement_select_node(&stress->fragment, &placement_fragment, stress->nodes,
				      stress->nr_nodes, true);
		placement_setup(&stress->fragment);
		placement_populated(&stress->fragment);
	}
	return filled;
}

void migrators_end_round(struct stress *stress)
{
	placement_teardown(&stress->fragment);
}

/* ---- One firing ------------------------------------------------------------------------ */

static void look(const struct migrate_call *call, struct folio_info *info)
{
	int r = folio_inspect(call->range.addr, call->range.nr_pages, info);

	TEST_ASSERT(!r, "cannot inspect the pages: errno %d", -r);
}

/* Count pages that were mapped both times; a PTE may be gone for a moment. */
static size_t count_moved(const struct folio_info *before, const struct folio_info *after,
			  size_t nr)
{
	size_t i, moved = 0;

	for (i = 0; i < nr; i++)
		moved += before[i].node >= 0 && after[i].node >= 0 &&
			 (before[i].node != after[i].node || before[i].pfn != after[i].pfn);
	return moved;
}

/* Fire at @nr pages from @first on, at another node than that of the first page. */
static size_t fire_and_look(struct migrate_call *call, size_t first, size_t nr,
			    struct stress_stream *random)
{
	struct stress *stress = call->target->stress;
	struct folio_info *info = calloc(2 * nr, sizeof(*info));
	int from = stress->nodes[0];
	size_t moved;

	TEST_ASSERT(info, "out of memory");
	migrate_call_prepare(call, first, nr, from, from);
	stress_target_touch(call->target, first, nr);
	look(call, info);
	if (info[0].node >= 0)
		from = info[0].node;
	call->range.from = from;
	call->range.to = stress_pick_node(stress, random, from);
	migrate_call_fire(call);
	look(call, info + nr);
	moved = count_moved(info, info + nr, nr);
	free(info);
	return moved;
}

/* ---- One by one ------------------------------------------------------------------------ */

static bool exact(const struct migrate_call *call)
{
	return call->result.ret == call->wanted || call->migrator->row->trigger->no_range;
}

/* No page is in a memory block that can go offline. */
static bool nothing_to_do(const struct migrate_call *call)
{
	size_t i;

	for (i = 0; i < call->range.nr_pages; i++)
		if (call->pfns[i])
			return false;
	return call->migrator->row->trigger == &trigger_memory_offline;
}

/* Compaction may find nothing to do where much memory is in use. */
static bool is_done(const struct migrate_call *call, size_t moved)
{
	const struct trigger *trigger = call->migrator->row->trigger;

	if (!migrator_moves(call->target->stress, call->migrator))
		return exact(call);
	return moved || trigger->placement == &placement_fragment || nothing_to_do(call);
}

static void fire_until_done(struct stress_target *target, struct migrator *migrator,
			 struct stress_stream *random)
{
	const struct trigger *trigger = migrator->row->trigger;
	size_t nr = stress_target_vm(target)->nr_pages, first, moved;
	bool done = false;
	int tries;

	if (trigger->by_pfn && nr > FRAMES_AT_ONCE)
		nr = FRAMES_AT_ONCE;
	first = stress_draw(random, 0, stress_target_vm(target)->nr_pages - nr);
	for (tries = 1; tries <= TRIES && !done && !stress_over(target->stress); tries++) {
		struct migrate_call call = { .target = target, .migrator = migrator };

		moved = fire_and_look(&call, first, nr, random);
		migrator->moved += moved;
		done = is_done(&call, moved);
		if (!done && tries == TRIES)
			migrate_call_report(&call, migrator_moves(target->stress, migrator) ?
					    "moved no page" : "refused by another answer");
		migrate_call_finish(&call);
	}
}

/* Whether the migrator needs a placement, which must be there. */
static bool needs_placement(const struct stress *stress, const struct migrator *migrator)
{
	const struct trigger *trigger = migrator->row->trigger;

	if (trigger->placement == &placement_fragment)
		return stress->fragment.ready;
	return trigger->partial && stress->placed;
}

static void fire_all(struct stress *stress, struct stress_target *target, uint32_t id, bool first)
{
	struct stress_stream random = stress_random(stress, id);
	int i;

	/* Backwards: compact_node finds nothing after compact. */
	for (i = stress->nr_migrators - 1; i >= 0 && !stress_over(stress); i--)
		if (needs_placement(stress, &stress->migrators[i]) == first &&
		    (first || stress->migrators[i].row->trigger != &trigger_cma_alloc))
			fire_until_done(target, &stress->migrators[i], &random);
}

/* A placement lasts until other migrators move pages. */
void migrators_first(struct stress *stress, struct stress_target *target)
{
	fire_all(stress, target, ~1U, true);
}

void migrators_serial(struct stress *stress, struct stress_target *target)
{
	fire_all(stress, target, ~0U, false);
}

/* ---- The end --------------------------------------------------------------------------- */

/* A trigger that moves no guest_memfd must move shmem, else it proves nothing. */
static bool control_moves(const struct stress *stress, const struct migrator *migrator)
{
	const struct trigger *trigger = migrator->row->trigger;
	int to = trigger->kernel_picks_node ? NUMA_ANY_NODE : stress->nodes[stress->nr_nodes - 1];
	int status[CONTROL_PAGES], tries;
	struct trigger_result result = { .status = status };
	size_t moved = 0;

	for (tries = 0; tries < TRIES && !moved; tries++)
		moved = control_fire(trigger, stress->nodes[0], to, &result);
	return moved;
}

/* Compaction may find nothing to do without a placement. */
static bool proves_nothing(const struct stress *stress, const struct migrator *migrator)
{
	const struct trigger *trigger = migrator->row->trigger;

	if (trigger->partial || migrator_moves(stress, migrator) || control_moves(stress, migrator))
		return false;
	ksft_print_msg("control: %s does not move shmem\n", trigger->call);
	return true;
}

/* Columns of a line of the list, without "# ". */
#define COLUMNS		90

static void print_moved(const struct stress *stress)
{
	const struct migrator *migrator;
	char line[COLUMNS + 64] = "moved alone, in pages:", word[64];

	for (migrator = stress->migrators; migrator < stress->migrators + stress->nr_migrators;
	     migrator++) {
		snprintf(word, sizeof(word), " %s %lu%s", migrator->row->trigger->name,
			 migrator->moved,
			 migrator + 1 < stress->migrators + stress->nr_migrators ? "," : "");
		if (strlen(line) + strlen(word) > COLUMNS) {
			ksft_print_msg("%s\n", line);
			strcpy(line, " ");
		}
		strcat(line, word);
	}
	ksft_print_msg("%s\n", line);
}

bool migrators_all_moved(const struct stress *stress)
{
	const struct migrator *migrator;
	bool good = true;

	print_moved(stress);
	for (migrator = stress->migrators; migrator < stress->migrators + stress->nr_migrators;
	     migrator++) {
		if (stress->suite->options.verbose)
			ksft_print_msg("%s: %lu calls did all, %lu a part, %lu nothing; %lu ms\n",
				       migrator->row->trigger->name, migrator->whole,
				       migrator->part, migrator->refused, migrator->ms);
		if (proves_nothing(stress, migrator))
			good = false;
	}
	return good;
}
