// SPDX-License-Identifier: GPL-2.0-only
/*
 * Properties many_pinned, target_full, signals and mover_killed; see
 * migrate/matrix/property_table.h.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "kselftest.h"
#include "kvm_util.h"
#include "numaif.h"
#include "migrate/matrix/property.h"
#include "migrate/mm/fill_nodes.h"
#include "migrate/mm/gup_pin.h"
#include "migrate/mm/numa.h"
#include "migrate/trigger/trigger.h"
#include "migrate/util/child.h"

/* Pages that are pinned in the first batch of migrate_pages(), and in one before the last. */
#define PINNED		4

/* The call counts the pinned pages of all batches, and only those stay. */
int act_many_pinned(struct fixture *fx)
{
	const struct expected *refused = &fx->test->row->expected[CONTRACT_UNMOVABLE];
	size_t nr = fx->gvm->nr_pages, first[] = { nr / 20, nr - nr / 10 }, i, done = 0;
	bool moves = outcome_moves(fx->expected.outcome);
	struct gup_pin pins[ARRAY_SIZE(first)];
	int result;

	for (i = 0; i < ARRAY_SIZE(first); i++)
		gup_pin_pipe.hold(&pins[i], gmem_page(fx->gvm, first[i]), PINNED);
	fixture_inspect_before(fx);
	fixture_fire(fx, 0, nr,
		     expected_return(refused, moves ? ARRAY_SIZE(first) * PINNED : nr));
	fixture_inspect_after(fx);
	for (i = 0; i < ARRAY_SIZE(first); i++) {
		verdict_expect(&fx->verdict, done, first[i] - done, fx->expected.outcome, fx->from,
			       fx->to);
		done = first[i] + PINNED;
	}
	verdict_expect(&fx->verdict, done, nr - done, fx->expected.outcome, fx->from, fx->to);
	for (i = 0; i < ARRAY_SIZE(first); i++) {
		verdict_expect(&fx->verdict, first[i], PINNED, OUTCOME_REFUSED, fx->from, fx->to);
		gup_pin_pipe.release(&pins[i]);
	}
	result = fixture_judge_content(fx);
	return result ?: property_rewrite_and_judge(fx);
}

/*
 * Free pages on the full target, fewer than a batch of migrate_pages().  Folios that are refused
 * free the memory that they were to move to, and memory must run out all the same.
 */
#define FREE_PAGES	300

/* What the call returns once it finds no memory: mbind() without MPOL_MF_STRICT says nothing. */
static long nomem_return(const struct fixture *fx)
{
	return fx->trigger->has_status ? -ENOMEM : -EIO;
}

/* With memory again, the pages that stayed move, and the others are there. */
static int move_the_rest(struct fixture *fx)
{
	size_t nr = fx->gvm->nr_pages, i;
	int node;

	verdict_reset(&fx->verdict);
	fixture_inspect_before(fx);
	fixture_fire(fx, 0, nr, expected_return(&fx->expected, nr));
	fixture_inspect_after(fx);
	for (i = 0; i < nr; i++) {
		node = fx->verdict.pages[i].before.node;
		verdict_expect(&fx->verdict, i, 1,
			       node == fx->to ? OUTCOME_UNTOUCHED : fx->expected.outcome, node,
			       fx->to);
	}
	return fixture_judge_content(fx) ?: property_rewrite_and_judge(fx);
}

int act_target_full(struct fixture *fx)
{
	const char *reason = fill_nodes_skip_reason(fx->from);
	size_t nr = fx->gvm->nr_pages;
	struct fill_nodes filled;

	if (reason)
		return suite_skip(reason);
	fill_nodes_open(&filled, fx->from);
	kvm_madvise(filled.mem, FREE_PAGES * getpagesize(), MADV_DONTNEED);
	fixture_inspect_before(fx);
	fixture_fire(fx, 0, nr, nomem_return(fx));
	fixture_inspect_after(fx);
	fill_nodes_close(&filled);
	if (!fx->verdict.ret && verdict_count_moved(&fx->verdict, fx->from, fx->to) == nr)
		return suite_skip("other programs free the memory of the target (stop them)");
	if (outcome_moves(fx->expected.outcome))
		verdict_expect(&fx->verdict, 0, nr, OUTCOME_MOVED_SOME, fx->from, fx->to);
	else
		verdict_expect(&fx->verdict, 0, nr, OUTCOME_REFUSED, fx->from, fx->to);
	if (fx->trigger->has_status)
		verdict_expect_status(&fx->verdict, 0, nr, STATUS_UNSET);
	/* How many pages moved is undefined; it may be none. */
	verdict_expect(&fx->verdict, 0, 0, OUTCOME_REFUSED, fx->from, fx->to);
	return fixture_judge_content(fx) ?: move_the_rest(fx);
}

static volatile sig_atomic_t signals;

static void count_signal(int sig)
{
	(void)sig;
	signals++;
}

/* Signals do not end the call early, and do not change its answer. */
int act_signals(struct fixture *fx)
{
	const struct itimerval often = { .it_interval.tv_usec = 500, .it_value.tv_usec = 500 };
	const struct itimerval never = {};
	struct sigaction action = { .sa_handler = count_signal };
	size_t nr = fx->gvm->nr_pages;

	fixture_inspect_before(fx);
	sigaction(SIGALRM, &action, NULL);
	TEST_ASSERT(!setitimer(ITIMER_REAL, &often, NULL), "setitimer: %s", strerror(errno));
	fixture_fire(fx, 0, nr, expected_return(&fx->expected, nr));
	setitimer(ITIMER_REAL, &never, NULL);
	fixture_inspect_after(fx);
	fixture_expect(fx, 0, nr, fx->expected.outcome);
	if (fx->suite->options.verbose)
		ksft_print_msg("%d signals\n", (int)signals);
	return fixture_judge_content(fx) ?: property_rewrite_and_judge(fx);
}

/* Calls that another process completes until it is killed in the next one. */
#define CALLS		50

struct mover {
	size_t nr;
	void **pages;
	int *nodes[2], *status;
	unsigned int *calls;		/* shared */
};

static void mover_init(const struct fixture *fx, struct mover *mover)
{
	size_t nr = fx->gvm->nr_pages, i;

	mover->nr = nr;
	mover->pages = calloc(nr, sizeof(*mover->pages));
	mover->nodes[0] = calloc(nr, sizeof(int));
	mover->nodes[1] = calloc(nr, sizeof(int));
	mover->status = calloc(nr, sizeof(int));
	mover->calls = shared_alloc(sizeof(*mover->calls));
	TEST_ASSERT(mover->pages && mover->nodes[0] && mover->nodes[1] && mover->status,
		    "out of memory");
	for (i = 0; i < nr; i++) {
		mover->pages[i] = gmem_page(fx->gvm, i);
		mover->nodes[0][i] = fx->to;
		mover->nodes[1][i] = fx->from;
	}
}

static void mover_free(struct mover *mover)
{
	free(mover->pages);
	free(mover->nodes[0]);
	free(mover->nodes[1]);
	free(mover->status);
	kvm_munmap(mover->calls, sizeof(*mover->calls));
}

static void move_forever(const struct mover *mover, pid_t parent)
{
	unsigned int i;

	for (i = 0; ; i++) {
		move_pages(parent, mover->nr, mover->pages, mover->nodes[i % 2], mover->status,
			   MPOL_MF_MOVE);
		__atomic_store_n(mover->calls, i + 1, __ATOMIC_RELEASE);
	}
}

static void kill_after_calls(const struct mover *mover)
{
	pid_t parent = getpid(), pid = child_fork();
	int status;

	if (!pid)
		move_forever(mover, parent);
	while (__atomic_load_n(mover->calls, __ATOMIC_ACQUIRE) < CALLS)
		sched_yield();
	TEST_ASSERT(!kill(pid, SIGKILL), "kill: %s", strerror(errno));
	TEST_ASSERT_EQ(waitpid(pid, &status, 0), pid);
	TEST_ASSERT(WIFSIGNALED(status), "the process that moves pages ended with status 0x%x",
		    status);
}

int act_mover_killed(struct fixture *fx)
{
	struct mover mover;
	int result;

	fixture_inspect_before(fx);
	mover_init(fx, &mover);
	kill_after_calls(&mover);
	mover_free(&mover);
	property_gather(fx);
	result = fixture_judge_content(fx);
	property_fire_all(fx);
	return fixture_judge_content(fx) ?: result ?: property_rewrite_and_judge(fx);
}
