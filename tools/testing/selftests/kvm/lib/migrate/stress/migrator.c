// SPDX-License-Identifier: GPL-2.0-only
/*
 * Migrators of the stress test: from many threads, and one by one while guests run, when each must
 * do what the contract says.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kselftest.h"
#include "migrate/mm/memory_block.h"
#include "migrate/mm/numa.h"
#include "migrate/runner/test_env.h"
#include "migrate/stress/stress.h"
#include "migrate/util/ksft_text.h"

/* Running guests may make a migrator fail some times. */
#define TRIES		10

/* A page of the kernel may have got into the CMA area. */
#define CMA_TRIES	3

/* Soft offlining makes a call for each page, and each call interrupts every CPU. */
#define FRAMES_AT_ONCE	8

/* ---- The migrators of a mix ------------------------------------------------------------ */

static bool belongs_to(const struct stress_mix *mix, const struct contract_row *row)
{
	const struct trigger *trigger = row->trigger;

	if (row->vm != &vm_kind_default || trigger->must_not_touch || trigger->solitary)
		return false;
	switch (mix->migrators) {
	case MIGRATORS_BY_RANGE:
		return !trigger->no_range && !trigger->kernel_picks_node;
	case MIGRATORS_BY_NODE:
		return !trigger->evacuates && (trigger->env || !trigger->kernel_picks_node);
	case MIGRATORS_BY_KERNEL:
		return trigger->evacuates || (trigger->kernel_picks_node && !trigger->env);
	default:
		return !trigger->evacuates && !trigger->env;
	}
}

/* Returns why a trigger cannot be fired, or NULL. */
static const char *absence_reason(const struct stress *stress, const struct contract_row *row)
{
	const struct trigger *trigger = row->trigger;
	bool moves = outcome_moves(row->expected[contract_of_kind(&stress->suite->contract,
								  row->vm)].outcome);
	struct placement_state placement;

	if (stress->nr_nodes < 2 && !trigger->kernel_picks_node)
		return "fewer than two NUMA nodes with enough free memory (boot with "
		       "numa=fake=2, needs CONFIG_NUMA_EMU, or give a smaller -b)";
	if (trigger->skip_reason && trigger->skip_reason())
		return trigger->skip_reason();
	if (trigger->evacuates && !moves)
		return "unmovable pages are never in memory that can be evacuated";
	if (trigger->env && stress->test->env != trigger->env)
		return test_env_skip_reason(trigger->env);
	placement_select_node(&placement, trigger->placement, stress->nodes, stress->nr_nodes,
			      moves);
	return placement_skip_reason(&placement);
}

/* One line for neighbours in the table with the same reason; @trigger is NULL at its end. */
static void print_absent(const struct trigger *trigger, const char *why, const char *before)
{
	if (before && why != before)
		printf(": %s\n", before);
	if (why)
		printf("%s%s", why == before ? ", " : "# without ", trigger->name);
}

const char *migrators_init(struct stress *stress, bool print)
{
	const char *reason = NULL, *before = NULL, *why = NULL;
	const struct contract_row *row;

	for (row = contract_rows; row < contract_rows + nr_contract_rows; row++, before = why) {
		if (!belongs_to(stress->mix, row))
			continue;
		why = absence_reason(stress, row);
		reason = reason ?: why;
		if (print)
			print_absent(row->trigger, why, before);
		if (why)
			continue;
		TEST_ASSERT(stress->nr_migrators < STRESS_MIGRATORS_MAX, "more than %d migrators",
			    STRESS_MIGRATORS_MAX);
		stress->migrators[stress->nr_migrators++] = (struct migrator) {
			.trigger = row->trigger,
			.expected = &row->expected[contract_of_kind(&stress->suite->contract,
								    row->vm)],
		};
	}
	if (print)
		print_absent(NULL, NULL, before);
	return stress->nr_migrators ? NULL : reason;
}

/* ---- One firing ------------------------------------------------------------------------ */

/* A firing of .migrator at some pages of .target. */
struct migrate_call {
	struct stress_target *target;
	struct migrator *migrator;
	size_t first;
	struct trigger_range range;
	struct trigger_result result;
	uint64_t *pfns;
	bool no_frames;		/* memory offlining: no page can go offline */
	long wanted;
};

static void free_call(struct migrate_call *call)
{
	free(call->pfns);
	free(call->result.status);
}

/*
 * Memory offlining gets only the frames in ZONE_MOVABLE, whose memory blocks can go offline;
 * move_pages() allocates there first.
 */
static void read_pfns(struct migrate_call *call)
{
	bool blocks = call->migrator->trigger == &trigger_memory_offline;
	size_t nr = call->range.nr_pages, i;

	if (blocks)
		trigger_fire(&trigger_move_pages, &call->range, &call->result);
	stress_target_touch(call->target, call->first, nr);
	stress_target_pfns(call->target, call->first, nr, call->pfns);
	call->no_frames = blocks;
	for (i = 0; blocks && i < nr; i++) {
		if (memory_block_in_zone_movable(memory_block_of(call->pfns[i])))
			call->no_frames = false;
		else
			call->pfns[i] = 0;
	}
}

/* Report it, and fail. */
static void report(const struct migrate_call *call, const char *what)
{
	const struct gmem_vm *gvm = call->target->fx.gvm;
	const struct trigger_range *range = &call->range;
	char got[32], wanted[32];

	ksft_print_msg("%s, in round %lu: %s = %s, wanted %s: %s\n", call->target->workload->name,
		       call->target->stress->round, call->migrator->trigger->call,
		       return_text(call->result.ret, got, sizeof(got)),
		       return_text(call->wanted, wanted, sizeof(wanted)), what);
	printf("#   [%zu-%zu]  offset 0x%" PRIx64 "  gpa 0x%" PRIx64 "  node %d->%d, %s\n",
	       call->first, call->first + range->nr_pages - 1, gmem_offset(gvm, call->first),
	       gmem_gpa(gvm, call->first), range->from, range->to,
	       suite_context(call->target->stress->suite));
	stress_fail(call->target->stress);
}

/* Whether the kernel may return this while other threads use the pages. */
static bool ret_is_possible(const struct migrate_call *call)
{
	const struct trigger *trigger = call->migrator->trigger;
	long ret = call->result.ret;

	if (!ret || ret == call->wanted)
		return true;
	/* Other pages may be in the evacuated memory. */
	if (trigger->evacuates)
		return ret == -EBUSY || ret == -EAGAIN || ret == -ENOMEM || ret == -EINTR ||
		       ret == -ETIME;
	/* The trigger subtracts two counts, and other pages change in between. */
	if (trigger->no_range && !trigger->env)
		return true;
	if (trigger->has_status)
		return ret > 0 && ret <= (long)call->range.nr_pages;
	return ret == -EIO || ret == -EBUSY || ret == -EAGAIN;
}

static void count(struct migrate_call *call)
{
	struct migrator *migrator = call->migrator;
	unsigned long *counter = &migrator->refused;
	long ret = call->result.ret;

	if (!ret)
		counter = &migrator->whole;
	else if (ret > 0 && ret < (long)call->range.nr_pages)
		counter = &migrator->part;
	__atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
	if (!ret_is_possible(call))
		report(call, "unexpected return value");
}

/* Fire it, concurrently with others if possible, and count the result. */
static void fire(struct migrate_call *call, size_t first, size_t nr, int from, int to)
{
	const struct trigger *trigger = call->migrator->trigger;
	struct stress *stress = call->target->stress;
	struct timespec time;

	call->first = first;
	call->pfns = calloc(nr, sizeof(*call->pfns));
	call->result.status = calloc(nr, sizeof(*call->result.status));
	TEST_ASSERT(call->pfns && call->result.status, "out of memory");
	call->range = trigger_range_of(gmem_page(call->target->fx.gvm, first), nr, from, to);
	call->range.pfns = call->pfns;
	call->wanted = expected_return(call->migrator->expected, nr);
	/* Not with others: frames must stay, the process's nodes change, memory is evacuated. */
	if (trigger->by_pfn || trigger->env || trigger->evacuates)
		pthread_rwlock_wrlock(&stress->concurrent);
	else
		pthread_rwlock_rdlock(&stress->concurrent);
	if (trigger->by_pfn)
		read_pfns(call);
	clock_gettime(CLOCK_MONOTONIC, &time);
	trigger_fire(trigger, &call->range, &call->result);
	time = timespec_elapsed(time);
	__atomic_add_fetch(&call->migrator->ms, time.tv_sec * 1000 + time.tv_nsec / 1000000,
			   __ATOMIC_RELAXED);
	pthread_rwlock_unlock(&stress->concurrent);
	count(call);
}

/* ---- The concurrent phase -------------------------------------------------------------- */

/*
 * A trigger by frame must not act on a frame that has left the file since it was read: it needs a
 * steady target, which every mix has.
 */
static struct stress_target *pick_target(struct stress *stress, const struct trigger *trigger,
					 struct stress_stream *random)
{
	bool steady = trigger->by_pfn || trigger->no_range;
	struct stress_target *target;

	do {
		target = &stress->targets[stress_draw(random, 0, stress->nr_targets - 1)];
	} while (target->workload->apart || (steady && !target->workload->steady));
	return target;
}

static void fire_once(struct stress *stress, struct migrator *migrator,
		      struct stress_stream *random)
{
	struct migrate_call call = {
		.target = pick_target(stress, migrator->trigger, random),
		.migrator = migrator,
	};
	size_t pages = call.target->fx.gvm->nr_pages, first, nr;
	int from = stress_pick_node(stress, random, -1);

	stress_pick_range(random, pages, migrator->trigger->by_pfn ? FRAMES_AT_ONCE : pages,
			  &first, &nr);
	fire(&call, first, nr, from, stress_pick_node(stress, random, from));
	free_call(&call);
}

void *migrators_concurrent(void *arg)
{
	struct stress *stress = arg;
	uint32_t id = __atomic_fetch_add(&stress->next_stream, 1, __ATOMIC_RELAXED);
	struct stress_stream random = stress_random(stress, id);
	int order[STRESS_MIGRATORS_MAX], turn, i;

	for (turn = 0; turn < stress->mix->turns; turn++) {
		stress_shuffle(&random, order, stress->nr_migrators);
		for (i = 0; i < stress->nr_migrators && !stress_over(stress); i++)
			fire_once(stress, &stress->migrators[order[i]], &random);
	}
	return NULL;
}

/* ---- Placements ------------------------------------------------------------------------ */

static bool is_used(const struct stress *stress, const struct placement *placement)
{
	for_each_migrator(stress, migrator)
		if (migrator->trigger->placement == placement)
			return true;
	return false;
}

/* Returns whether pages of @target are in the CMA area. */
static bool fill_cma(const struct stress *stress, struct stress_target *target)
{
	struct placement_state *placement = &target->fx.placement;
	struct gmem_vm *gvm = target->fx.gvm;
	int result, node = placement_select_node(placement, &placement_cma, stress->nodes,
						 stress->nr_nodes, true);

	numa_mbind(gvm->mem, gvm->nr_pages * gvm->page_size, node);
	placement->gvm = gvm;
	result = fixture_populate(&target->fx, CMA_TRIES);
	placement_teardown(placement);
	return result == KSFT_PASS;
}

void migrators_place(struct stress *stress, struct stress_target *target)
{
	if (stress->mix->migrators != MIGRATORS_BY_KERNEL || !target->workload->main)
		return;
	stress->placed = is_used(stress, &placement_cma) && fill_cma(stress, target);
	/* No guest runs: each freed page interrupts the CPUs of one that does. */
	if (is_used(stress, &placement_fragment)) {
		placement_select_node(&stress->fragment, &placement_fragment, stress->nodes,
				      stress->nr_nodes, true);
		placement_setup(&stress->fragment);
		placement_populated(&stress->fragment);
	}
}

/* ---- The serial phase ------------------------------------------------------------------ */

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
	void *mem = gmem_page(call->target->fx.gvm, first);
	size_t moved;
	int from, r;

	TEST_ASSERT(info, "out of memory");
	stress_target_touch(call->target, first, nr);
	r = folio_inspect(mem, nr, info);
	from = info[0].node >= 0 ? info[0].node : stress->nodes[0];
	fire(call, first, nr, from, stress_pick_node(stress, random, from));
	r = r ?: folio_inspect(mem, nr, info + nr);
	TEST_ASSERT(!r, "cannot inspect the pages: %s", strerror(-r));
	moved = count_moved(info, info + nr, nr);
	free(info);
	return moved;
}

/* Compaction may find nothing to do where much memory is in use. */
static bool is_done(const struct migrate_call *call, size_t moved)
{
	const struct trigger *trigger = call->migrator->trigger;

	if (!outcome_moves(call->migrator->expected->outcome))
		return call->result.ret == call->wanted || trigger->no_range;
	return moved || trigger->placement == &placement_fragment || call->no_frames;
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
			report(&call, outcome_moves(migrator->expected->outcome) ?
			       "moved no page" : "refused in another way");
		free_call(&call);
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
