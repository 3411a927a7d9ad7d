// SPDX-License-Identifier: GPL-2.0-only
/*
 * Migrators of the stress test, and the concurrent phase.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "kselftest.h"
#include "migrate/mm/memory_block.h"
#include "migrate/runner/test_env.h"
#include "migrate/trigger/placement.h"
#include "migrate/util/ksft_text.h"

#include "migrate_call.h"

const struct expected *migrator_expected(const struct stress *stress,
					 const struct migrator *migrator)
{
	return &migrator->row->expected[stress->suite->contract.id];
}

bool migrator_moves(const struct stress *stress, const struct migrator *migrator)
{
	return outcome_moves(migrator_expected(stress, migrator)->outcome);
}

/* ---- The migrators of a mix ------------------------------------------------------------ */

/* Whether @row is a migrator of @mix. */
static bool belongs_to(const struct stress_mix *mix, const struct contract_row *row)
{
	const struct trigger *trigger = row->trigger;

	if (row->vm != &vm_kind_default || trigger->must_not_touch)
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
	bool moves = outcome_moves(row->expected[stress->suite->contract.id].outcome);
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

const char *migrators_init(struct stress *stress, const struct stress_mix *mix)
{
	const char *reason = NULL, *why;
	size_t i;

	for (i = 0; i < nr_contract_rows; i++) {
		if (!belongs_to(mix, &contract_rows[i]))
			continue;
		why = absence_reason(stress, &contract_rows[i]);
		reason = reason ?: why;
		if (why)
			continue;
		TEST_ASSERT(stress->nr_migrators < STRESS_MIGRATORS_MAX, "more than %d migrators",
			    STRESS_MIGRATORS_MAX);
		stress->migrators[stress->nr_migrators++].row = &contract_rows[i];
	}
	return stress->nr_migrators ? NULL : reason;
}

/* One line for neighbours in the table with the same reason. */
void migrators_print_absent(const struct stress *stress)
{
	const char *why, *before = NULL;
	size_t i;

	for (i = 0; i < nr_contract_rows; i++) {
		if (!belongs_to(stress->mix, &contract_rows[i]))
			continue;
		why = absence_reason(stress, &contract_rows[i]);
		if (before && why != before)
			printf(": %s\n", before);
		if (why)
			printf("%s%s", why == before ? ", " : "# without ",
			       contract_rows[i].trigger->name);
		before = why;
	}
	if (before)
		printf(": %s\n", before);
}

/* ---- One firing ------------------------------------------------------------------------ */

void migrate_call_prepare(struct migrate_call *call, size_t first, size_t nr, int from, int to)
{
	call->first = first;
	call->pfns = calloc(nr, sizeof(*call->pfns));
	call->result.status = calloc(nr, sizeof(*call->result.status));
	TEST_ASSERT(call->pfns && call->result.status, "out of memory");
	call->range = trigger_range_of(gmem_page(stress_target_vm(call->target), first), nr, from,
				       to);
	call->range.pfns = call->pfns;
	call->wanted = expected_return(migrator_expected(call->target->stress, call->migrator), nr);
}

void migrate_call_finish(struct migrate_call *call)
{
	free(call->pfns);
	free(call->result.status);
}

/* move_pages() allocates in ZONE_MOVABLE, whose memory blocks can go offline, while it has room. */
static void move_to_zone_movable(struct migrate_call *call)
{
	trigger_move_pages.fire(&call->range, &call->result);
}

/* Memory offlining gets only the frames in ZONE_MOVABLE. */
static void read_pfns(struct migrate_call *call)
{
	bool blocks = call->migrator->row->trigger == &trigger_memory_offline;
	size_t i;
	int r;

	if (blocks)
		move_to_zone_movable(call);
	stress_target_touch(call->target, call->first, call->range.nr_pages);
	r = pagemap_read(call->range.addr, call->range.nr_pages, call->pfns);
	TEST_ASSERT(!r, "cannot read pagemap: errno %d", -r);
	for (i = 0; i < call->range.nr_pages; i++) {
		call->pfns[i] = pagemap_pfn(call->pfns[i]);
		if (blocks && !memory_block_in_zone_movable(memory_block_of(call->pfns[i])))
			call->pfns[i] = 0;
	}
}

/* Whether the kernel may return this while other threads use the pages. */
static bool ret_is_possible(const struct migrate_call *call)
{
	const struct trigger *trigger = call->migrator->row->trigger;
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
	long ret = call->result.ret;
	bool part = ret > 0 && ret < (long)call->range.nr_pages;

	__atomic_add_fetch(&migrator->calls, 1, __ATOMIC_RELAXED);
	if (!ret)
		__atomic_add_fetch(&migrator->whole, 1, __ATOMIC_RELAXED);
	else
		__atomic_add_fetch(part ? &migrator->part : &migrator->refused, 1,
				   __ATOMIC_RELAXED);
	if (!ret_is_possible(call))
		migrate_call_report(call, "unexpected return value");
}

static unsigned long now_in_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Triggers that rely on frames, change the nodes of the process, or evacuate memory. */
static bool must_be_alone(const struct trigger *trigger)
{
	return trigger->by_pfn || trigger->env || trigger->evacuates;
}

void migrate_call_fire(struct migrate_call *call)
{
	const struct trigger *trigger = call->migrator->row->trigger;
	struct stress *stress = call->target->stress;
	unsigned long begun;

	if (must_be_alone(trigger))
		pthread_rwlock_wrlock(&stress->concurrent);
	else
		pthread_rwlock_rdlock(&stress->concurrent);
	if (trigger->by_pfn)
		read_pfns(call);
	begun = now_in_ms();
	trigger->fire(&call->range, &call->result);
	__atomic_add_fetch(&call->migrator->ms, now_in_ms() - begun, __ATOMIC_RELAXED);
	pthread_rwlock_unlock(&stress->concurrent);
	count(call);
}

void migrate_call_report(const struct migrate_call *call, const char *what)
{
	const struct gmem_vm *gvm = stress_target_vm(call->target);
	const struct trigger_range *range = &call->range;
	char got[32], wanted[32];

	ksft_print_msg("%s, in round %lu: %s = %s, wanted %s: %s\n", call->target->workload->name,
		       call->target->stress->round, call->migrator->row->trigger->call,
		       return_text(call->result.ret, got, sizeof(got)),
		       return_text(call->wanted, wanted, sizeof(wanted)), what);
	printf("#   [%zu-%zu]  offset 0x%zx  gpa 0x%" PRIx64 "  node %d->%d, %s\n", call->first,
	       call->first + range->nr_pages - 1, (size_t)gmem_offset(gvm, call->first),
	       gmem_gpa(gvm, call->first), range->from, range->to,
	       suite_context(call->target->stress->suite));
	stress_fail(call->target->stress);
}

/* ---- The concurrent phase -------------------------------------------------------------- */

/* A trigger by frame must not act on a frame that has left the file since it was read. */
static bool may_fire(const struct stress_target *target, const struct migrator *migrator)
{
	const struct trigger *trigger = migrator->row->trigger;

	return !target->workload->apart &&
	       (target->workload->steady || !(trigger->by_pfn || trigger->no_range));
}

/* Every mix has a steady target. */
static struct stress_target *pick_target(struct stress *stress, const struct migrator *migrator,
					struct stress_stream *random)
{
	struct stress_target *target;

	do {
		int i = stress_draw(random, 0, stress->nr_targets - 1);

		target = &stress->targets[i];
	} while (!may_fire(target, migrator));
	return target;
}

static void fire_once(struct stress *stress, struct migrator *migrator,
		      struct stress_stream *random)
{
	struct migrate_call call = {
		.target = pick_target(stress, migrator, random),
		.migrator = migrator,
	};
	size_t pages = stress_target_vm(call.target)->nr_pages, first, nr;
	int from = stress_pick_node(stress, random, -1);

	stress_pick_range(random, pages, migrator->row->trigger->by_pfn ? FRAMES_AT_ONCE : pages,
			  &first, &nr);
	migrate_call_prepare(&call, first, nr, from, stress_pick_node(stress, random, from));
	migrate_call_fire(&call);
	migrate_call_finish(&call);
}

static void shuffle(int *order, int nr, struct stress_stream *random)
{
	int i, j, kept;

	for (i = 0; i < nr; i++)
		order[i] = i;
	for (i = nr - 1; i > 0; i--) {
		j = stress_draw(random, 0, i);
		kept = order[i];
		order[i] = order[j];
		order[j] = kept;
	}
}

void migrators_concurrent(struct stress *stress, uint32_t id)
{
	struct stress_stream random = stress_random(stress, id);
	int order[STRESS_MIGRATORS_MAX], turn, i;

	for (turn = 0; turn < stress->mix->turns; turn++) {
		shuffle(order, stress->nr_migrators, &random);
		for (i = 0; i < stress->nr_migrators && !stress_over(stress); i++)
			fire_once(stress, &stress->migrators[order[i]], &random);
	}
}
