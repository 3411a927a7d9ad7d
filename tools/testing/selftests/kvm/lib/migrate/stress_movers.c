// SPDX-License-Identifier: GPL-2.0-only
/*
 * Movers of the stress test: a row of the contract each.  Who is there, and what they do in the
 * crowd.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "kselftest.h"
#include "migrate/blocks.h"
#include "migrate/layout.h"
#include "migrate/outside.h"
#include "migrate/tap.h"

#include "stress_push.h"

const struct promise *mover_promise(const struct stress *stress, const struct mover *mover)
{
	return &mover->row->promise[stress->suite->contract.id];
}

bool mover_moves(const struct stress *stress, const struct mover *mover)
{
	return outcome_moves(mover_promise(stress, mover)->outcome);
}

/* ---- Who is there ---------------------------------------------------------------------- */

/* Whether @row is for @mix at all. */
static bool wanted(const struct stress_mix *mix, const struct contract_row *row)
{
	const struct trigger *trigger = row->trigger;

	if (row->vm != &vm_kind_default || trigger->never)
		return false;
	switch (mix->movers) {
	case MOVERS_BY_RANGE:
		return !trigger->no_range && !trigger->any_node;
	case MOVERS_BY_NODE:
		return !trigger->layout && (trigger->outside || !trigger->any_node);
	case MOVERS_BY_KERNEL:
		return trigger->layout || (trigger->any_node && !trigger->outside);
	default:
		return !trigger->layout && !trigger->outside;
	}
}

/* What keeps a trigger out, or NULL. */
static const char *unfit(const struct stress *stress, const struct contract_row *row)
{
	const struct trigger *trigger = row->trigger;
	bool moves = outcome_moves(row->promise[stress->suite->contract.id].outcome);

	if (stress->nr_nodes < 2 && !trigger->any_node)
		return "fewer than two NUMA nodes with enough free memory (boot with "
		       "numa=fake=2, give a smaller -m, or use the lab)";
	if (trigger->missing && trigger->missing())
		return trigger->missing();
	if (trigger->layout && !moves)
		return "what cannot move is not where memory is emptied as a whole";
	if (trigger->outside && stress->test->outside != trigger->outside)
		return outside_missing(trigger->outside);
	if (trigger->layout &&
	    trigger->layout->pick(stress->nodes, stress->nr_nodes, moves) < 0)
		return trigger->layout->unfit;
	return NULL;
}

const char *movers_recruit(struct stress *stress, const struct stress_mix *mix)
{
	const char *missing = NULL, *why;
	size_t i;

	for (i = 0; i < nr_contract_rows; i++) {
		if (!wanted(mix, &contract_rows[i]))
			continue;
		why = unfit(stress, &contract_rows[i]);
		missing = missing ?: why;
		if (why)
			continue;
		TEST_ASSERT(stress->nr_movers < STRESS_MOVERS_MAX, "more than %d movers",
			    STRESS_MOVERS_MAX);
		stress->movers[stress->nr_movers++].row = &contract_rows[i];
	}
	return stress->nr_movers ? NULL : missing;
}

/* A line for all that are missing for the same reason one after the other. */
void movers_name_missing(const struct stress *stress)
{
	const char *why, *before = NULL;
	size_t i;

	for (i = 0; i < nr_contract_rows; i++) {
		if (!wanted(stress->mix, &contract_rows[i]))
			continue;
		why = unfit(stress, &contract_rows[i]);
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

void push_prepare(struct push *push, size_t first, size_t nr, int from, int to)
{
	push->first = first;
	push->pfns = calloc(nr, sizeof(*push->pfns));
	push->result.status = calloc(nr, sizeof(*push->result.status));
	TEST_ASSERT(push->pfns && push->result.status, "out of memory");
	push->range = (struct trigger_range) {
		.addr = gmem_page(party_vm(push->party), first),
		.nr_pages = nr,
		.pfns = push->pfns,
		.from = from,
		.to = to,
	};
	push->wanted = promised_return(mover_promise(push->party->stress, push->mover), nr);
}

void push_finish(struct push *push)
{
	free(push->pfns);
	free(push->result.status);
}

/*
 * Where memory blocks are meant to go, in ZONE_MOVABLE: that is where a move by a call takes pages
 * if there is room.
 */
static void take_to_blocks(struct push *push)
{
	trigger_move_pages.fire(&push->range, &push->result);
}

/* Of pages to go with their memory blocks, only where blocks are meant to go. */
static void read_pfns(struct push *push)
{
	bool blocks = push->mover->row->trigger == &trigger_memory_offline;
	size_t i;
	int r;

	if (blocks)
		take_to_blocks(push);
	party_touch(push->party, push->first, push->range.nr_pages);
	r = pagemap_read(push->range.addr, push->range.nr_pages, push->pfns);
	TEST_ASSERT(!r, "cannot read pagemap: errno %d", -r);
	for (i = 0; i < push->range.nr_pages; i++) {
		push->pfns[i] = pagemap_pfn(push->pfns[i]);
		if (blocks && !block_in_zone_movable(block_of(push->pfns[i])))
			push->pfns[i] = 0;
	}
}

/* What the kernel answers about pages that are not as quiet as the contract assumes. */
static bool answer_possible(const struct push *push)
{
	const struct trigger *trigger = push->mover->row->trigger;
	long ret = push->result.ret;

	if (!ret || ret == push->wanted)
		return true;
	/* What is emptied as a whole may have other pages in it. */
	if (trigger->layout)
		return ret == -EBUSY || ret == -EAGAIN || ret == -ENOMEM || ret == -EINTR ||
		       ret == -ETIME;
	/* Takes the difference of all that stays, and others come and go in between. */
	if (trigger->no_range && !trigger->outside)
		return true;
	if (trigger->has_status)
		return ret > 0 && ret <= (long)push->range.nr_pages;
	return ret == -EIO || ret == -EBUSY || ret == -EAGAIN;
}

static void count(struct push *push)
{
	struct mover *mover = push->mover;
	long ret = push->result.ret;
	bool part = ret > 0 && ret < (long)push->range.nr_pages;

	__atomic_add_fetch(&mover->calls, 1, __ATOMIC_RELAXED);
	if (!ret)
		__atomic_add_fetch(&mover->whole, 1, __ATOMIC_RELAXED);
	else
		__atomic_add_fetch(part ? &mover->part : &mover->refused, 1, __ATOMIC_RELAXED);
	if (!answer_possible(push))
		push_complain(push, "no answer for this");
}

static unsigned long now_in_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*
 * Nobody moves pages while somebody counts on frames, has changed what nodes there are, or has
 * taken a place away that can be taken only once.
 */
static bool must_be_alone(const struct trigger *trigger)
{
	return trigger->by_pfn || trigger->outside || trigger->layout;
}

void push_fire(struct push *push)
{
	const struct trigger *trigger = push->mover->row->trigger;
	struct stress *stress = push->party->stress;
	unsigned long begun;

	if (must_be_alone(trigger))
		pthread_rwlock_wrlock(&stress->crowd);
	else
		pthread_rwlock_rdlock(&stress->crowd);
	if (trigger->by_pfn)
		read_pfns(push);
	begun = now_in_ms();
	trigger->fire(&push->range, &push->result);
	__atomic_add_fetch(&push->mover->ms, now_in_ms() - begun, __ATOMIC_RELAXED);
	pthread_rwlock_unlock(&stress->crowd);
	count(push);
}

void push_complain(const struct push *push, const char *what)
{
	const struct gmem_vm *gvm = party_vm(push->party);
	const struct trigger_range *range = &push->range;
	char got[32], wanted[32];

	ksft_print_msg("%s, in round %lu: %s = %s, wanted %s: %s\n", push->party->job->name,
		       push->party->stress->round, push->mover->row->trigger->call,
		       return_text(push->result.ret, got, sizeof(got)),
		       return_text(push->wanted, wanted, sizeof(wanted)), what);
	printf("#   [%zu-%zu]  offset 0x%zx  gpa 0x%" PRIx64 "  node %d->%d, %s\n", push->first,
	       push->first + range->nr_pages - 1, push->first * gvm->page_size,
	       gmem_gpa(gvm, push->first), range->from, range->to,
	       suite_context(push->party->stress->suite));
	stress_fail(push->party->stress);
}

/* ---- In the crowd ---------------------------------------------------------------------- */

/* Frames must not leave the file, nor holes be filled, by a mover who looked before. */
static bool may_push(const struct party *party, const struct mover *mover)
{
	const struct trigger *trigger = mover->row->trigger;

	return !party->job->apart &&
	       (party->job->steady || !(trigger->by_pfn || trigger->no_range));
}

/* There is always one: every mix has a steady party. */
static struct party *pick_party(struct stress *stress, const struct mover *mover,
				struct stress_stream *random)
{
	struct party *party;

	do {
		int i = stress_draw(random, 0, stress->nr_parties - 1);

		party = &stress->parties[i];
	} while (!may_push(party, mover));
	return party;
}

static void push_once(struct stress *stress, struct mover *mover, struct stress_stream *random)
{
	struct push push = { .party = pick_party(stress, mover, random), .mover = mover };
	size_t pages = party_vm(push.party)->nr_pages, first, nr;
	int from = stress_pick_node(stress, random, -1);

	stress_pick_range(random, pages, mover->row->trigger->by_pfn ? FRAMES_AT_ONCE : pages,
			  &first, &nr);
	push_prepare(&push, first, nr, from, stress_pick_node(stress, random, from));
	push_fire(&push);
	push_finish(&push);
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

void movers_crowd(struct stress *stress, uint32_t who)
{
	struct stress_stream random = stress_random(stress, who);
	int order[STRESS_MOVERS_MAX], turn, i;

	for (turn = 0; turn < stress->mix->turns; turn++) {
		shuffle(order, stress->nr_movers, &random);
		for (i = 0; i < stress->nr_movers && !stress_over(stress); i++)
			push_once(stress, &stress->movers[order[i]], &random);
	}
}
