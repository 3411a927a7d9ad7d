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
#include "migrate/stress/stress.h"
#include "migrate/util/ksft_text.h"

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

const char *migrators_init(struct stress *stress)
{
	const char *reason = NULL, *why;
	size_t i;

	for (i = 0; i < nr_contract_rows; i++) {
		if (!belongs_to(stress->mix, &contract_rows[i]))
			continue;
		why = absence_reason(stress, &contract_rows[i]);
		reason = reason ?: why;
		if (why)
			continue;
		TEST_ASSERT(stress->nr_migrators < STRESS_MIGRATORS_MAX, "more than %d migrators",
			    STRESS_MIGRATORS_MAX);
		stress->migrators[stress->nr_migrators++] = (struct migrator) {
			.trigger = contract_rows[i].trigger,
			.expected = &contract_rows[i].expected[stress->suite->contract.id],
		};
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
	call->range = trigger_range_of(gmem_page(call->target->fx.gvm, first), nr, from, to);
	call->range.pfns = call->pfns;
	call->wanted = expected_return(call->migrator->expected, nr);
}

void migrate_call_finish(struct migrate_call *call)
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
		trigger_move_pages.fire(&call->range, &call->result);
	stress_target_touch(call->target, call->first, nr);
	stress_target_pfns(call->target, call->first, nr, call->pfns);
	for (i = 0; blocks && i < nr; i++)
		if (!memory_block_in_zone_movable(memory_block_of(call->pfns[i])))
			call->pfns[i] = 0;
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
		migrate_call_report(call, "unexpected return value");
}

void migrate_call_fire(struct migrate_call *call)
{
	const struct trigger *trigger = call->migrator->trigger;
	struct stress *stress = call->target->stress;
	struct timespec time;

	/* Not with others: frames must stay, the process's nodes change, memory is evacuated. */
	if (trigger->by_pfn || trigger->env || trigger->evacuates)
		pthread_rwlock_wrlock(&stress->concurrent);
	else
		pthread_rwlock_rdlock(&stress->concurrent);
	if (trigger->by_pfn)
		read_pfns(call);
	clock_gettime(CLOCK_MONOTONIC, &time);
	trigger->fire(&call->range, &call->result);
	time = timespec_elapsed(time);
	__atomic_add_fetch(&call->migrator->ms, time.tv_sec * 1000 + time.tv_nsec / 1000000,
			   __ATOMIC_RELAXED);
	pthread_rwlock_unlock(&stress->concurrent);
	count(call);
}

void migrate_call_report(const struct migrate_call *call, const char *what)
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

/* ---- The concurrent phase -------------------------------------------------------------- */

/* A trigger by frame must not act on a frame that has left the file since it was read. */
static bool may_fire(const struct stress_target *target, const struct migrator *migrator)
{
	const struct trigger *trigger = migrator->trigger;

	return !target->workload->apart &&
	       (target->workload->steady || !(trigger->by_pfn || trigger->no_range));
}

/* Every mix has a steady target. */
static struct stress_target *pick_target(struct stress *stress, const struct migrator *migrator,
					struct stress_stream *random)
{
	struct stress_target *target;

	do {
		target = &stress->targets[stress_draw(random, 0, stress->nr_targets - 1)];
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
	size_t pages = call.target->fx.gvm->nr_pages, first, nr;
	int from = stress_pick_node(stress, random, -1);

	stress_pick_range(random, pages, migrator->trigger->by_pfn ? FRAMES_AT_ONCE : pages,
			  &first, &nr);
	migrate_call_prepare(&call, first, nr, from, stress_pick_node(stress, random, from));
	migrate_call_fire(&call);
	migrate_call_finish(&call);
}

void *migrators_concurrent(void *arg)
{
	const struct migrator_thread *self = arg;
	struct stress *stress = self->stress;
	struct stress_stream random = stress_random(stress, self->id);
	int order[STRESS_MIGRATORS_MAX], turn, i;

	for (turn = 0; turn < stress->mix->turns; turn++) {
		stress_shuffle(&random, order, stress->nr_migrators);
		for (i = 0; i < stress->nr_migrators && !stress_over(stress); i++)
			fire_once(stress, &stress->migrators[order[i]], &random);
	}
	return NULL;
}
