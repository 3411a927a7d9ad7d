// SPDX-License-Identifier: GPL-2.0-only
/*
 * Migrators of the stress test one by one, while guests run: each must do what the contract says.
 */
#include <stdlib.h>
#include <string.h>

#include "kselftest.h"
#include "migrate/mm/numa.h"
#include "migrate/stress/stress.h"

/* Running guests may make a migrator fail some times. */
#define TRIES		10

/* A page of the kernel may have got into the CMA area. */
#define CMA_TRIES	3

/* ---- Placements ------------------------------------------------------------------------ */

static bool is_used(const struct stress *stress, const struct placement *placement)
{
	const struct migrator *migrator;

	for_each_migrator(stress, migrator)
		if (migrator->trigger->placement == placement)
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
	struct gmem_vm *gvm = placed->target->fx.gvm;
	uint64_t *pfns = calloc(gvm->nr_pages, sizeof(*pfns));
	bool good;

	TEST_ASSERT(pfns, "out of memory");
	gmem_guest_fill(gvm);
	stress_target_touch(placed->target, 0, gvm->nr_pages);
	stress_target_pfns(placed->target, 0, gvm->nr_pages, pfns);
	good = placement_verify(&placed->placement, pfns, gvm->nr_pages);
	free(pfns);
	return good ? KSFT_PASS : PLACEMENT_RETRY;
}

/* Returns whether pages of @target are in the CMA area. */
static bool fill_cma(const struct stress *stress, struct stress_target *target)
{
	struct placed_target placed = { .target = target };
	struct gmem_vm *gvm = target->fx.gvm;
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

/* ---- One firing ------------------------------------------------------------------------ */

static void look(const struct migrate_call *call, struct folio_info *info)
{
	int r = folio_inspect(call->range.addr, call->range.nr_pages, info);

	TEST_ASSERT(!r, "cannot inspect the pages: %s", strerror(-r));
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

/* No page is in a memory block that can go offline. */
static bool nothing_to_do(const struct migrate_call *call)
{
	size_t i;

	for (i = 0; i < call->range.nr_pages; i++)
		if (call->pfns[i])
			return false;
	return call->migrator->trigger == &trigger_memory_offline;
}

/* Compaction may find nothing to do where much memory is in use. */
static bool is_done(const struct migrate_call *call, size_t moved)
{
	const struct trigger *trigger = call->migrator->trigger;

	if (!outcome_moves(call->migrator->expected->outcome))
		return call->result.ret == call->wanted || trigger->no_range;
	return moved || trigger->placement == &placement_fragment || nothing_to_do(call);
}

static void fire_until_done(struct stress_target *target, struct migrator *migrator,
			 struct stress_stream *random)
{
	const struct trigger *trigger = migrator->trigger;
	size_t nr = target->fx.gvm->nr_pages, first;
	bool done = false;
	int tries;

	if (trigger->by_pfn && nr > FRAMES_AT_ONCE)
		nr = FRAMES_AT_ONCE;
	first = stress_draw(random, 0, target->fx.gvm->nr_pages - nr);
	for (tries = 1; tries <= TRIES && !done && !stress_over(target->stress); tries++) {
		struct migrate_call call = { .target = target, .migrator = migrator };
		size_t moved = fire_and_look(&call, first, nr, random);

		migrator->moved += moved;
		done = is_done(&call, moved);
		if (!done && tries == TRIES)
			migrate_call_report(&call, outcome_moves(migrator->expected->outcome) ?
					    "moved no page" : "refused in another way");
		migrate_call_finish(&call);
	}
}

/* Whether the migrator needs a placement, which must be there. */
static bool needs_placement(const struct stress *stress, const struct migrator *migrator)
{
	const struct trigger *trigger = migrator->trigger;

	if (trigger->placement == &placement_fragment)
		return stress->fragment.ready;
	return trigger->partial && stress->placed;
}

/* A placement lasts until other migrators move pages. */
void migrators_serial(struct stress *stress, struct stress_target *target, bool first)
{
	struct stress_stream random = stress_random(stress, first ? ~1U : ~0U);
	int i;

	/* Backwards: compact_node finds nothing after compact. */
	for (i = stress->nr_migrators - 1; i >= 0 && !stress_over(stress); i--)
		if (needs_placement(stress, &stress->migrators[i]) == first &&
		    (first || stress->migrators[i].trigger != &trigger_cma_alloc))
			fire_until_done(target, &stress->migrators[i], &random);
}

/* ---- The end --------------------------------------------------------------------------- */

/* A trigger that moves no guest_memfd must move shmem, else it proves nothing. */
static bool control_moves(const struct stress *stress, const struct trigger *trigger)
{
	int to = trigger->kernel_picks_node ? NUMA_ANY_NODE : stress->nodes[stress->nr_nodes - 1];
	int status[CONTROL_PAGES], tries;
	struct trigger_result result = { .status = status };
	size_t moved = 0;

	for (tries = 0; tries < TRIES && !moved; tries++)
		moved = control_fire(trigger, stress->nodes[0], to, &result);
	if (!moved)
		ksft_print_msg("control: %s does not move shmem\n", trigger->call);
	return moved;
}

static void print_moved(const struct stress *stress)
{
	const struct migrator *migrator = stress->migrators;
	int i;

	printf("# pages moved in the serial phase:");
	for (i = 0; i < stress->nr_migrators; i++, migrator++)
		printf("%s %s %lu", !i ? "" : i % 4 ? "," : ",\n#  ", migrator->trigger->name,
		       migrator->moved);
	printf("\n");
}

bool migrators_all_moved(const struct stress *stress)
{
	const struct migrator *migrator;
	bool good = true;

	print_moved(stress);
	for_each_migrator(stress, migrator) {
		if (stress->suite->options.verbose)
			ksft_print_msg("%s: %lu calls did all, %lu a part, %lu nothing; %lu ms\n",
				       migrator->trigger->name, migrator->whole,
				       migrator->part, migrator->refused, migrator->ms);
		/* Compaction may find nothing to do without a placement. */
		if (!migrator->trigger->partial && !outcome_moves(migrator->expected->outcome))
			good &= control_moves(stress, migrator->trigger);
	}
	return good;
}
