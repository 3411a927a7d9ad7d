// SPDX-License-Identifier: GPL-2.0-only
/*
 * The property of a guest that lives in what moves: see migrate/matrix/property.h.
 *
 * The guest's program, stacks, page tables, descriptor tables and the host's orders to it are in a
 * guest_memfd that moves as a whole while vCPUs run there, with userspace_addr 0.  They count in
 * memory of another file, and note in this one how far they are; they call functions that call
 * themselves, and take exceptions.  A frame that is left behind anywhere ends in a wrong count, a
 * wrong return or a dead vCPU.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "kvm_util.h"
#include "kselftest.h"
#include "migrate/trigger/trigger.h"

#include "property_acts.h"

/* A vCPU that faults on a page holds a reference to it, for that moment. */
#define TRIES_WHILE_RUNNING	8

/* As struct fixture, for the guest's own memory. */
struct image_fixture {
	struct fixture *fx;
	struct slot0_gmem own;
	struct verdict verdict;
};

static struct folio_info *look(const struct image_fixture *os)
{
	struct folio_info *info = calloc(os->own.nr_pages, sizeof(*info));

	TEST_ASSERT(info && !folio_inspect(os->own.mem, os->own.nr_pages, info),
		    "cannot inspect the guest's own memory");
	return info;
}

static void look_before(struct image_fixture *os)
{
	struct folio_info *info = look(os);

	verdict_before(&os->verdict, info);
	free(info);
}

static void look_after(struct image_fixture *os)
{
	struct folio_info *info = look(os);

	verdict_after(&os->verdict, info);
	free(info);
}

/* Returns whether the move is done, or refused as it should be. */
static bool fire_once(struct image_fixture *os)
{
	const struct trigger *trigger = os->fx->trigger;
	struct trigger_range range = {
		.addr = os->own.mem,
		.nr_pages = os->own.nr_pages,
		.from = os->fx->from,
		.to = os->fx->to,
	};
	struct trigger_result result = { .status = calloc(os->own.nr_pages, sizeof(int)) };

	TEST_ASSERT(result.status, "out of memory");
	trigger->fire(&range, &result);
	verdict_call(&os->verdict, trigger->call, result.ret,
		     expected_return(&os->fx->expected, os->own.nr_pages), NULL, 0, 0);
	free(result.status);
	return os->verdict.ret == os->verdict.expected_ret;
}

/* Returns false where it went wrong, or a vCPU died. */
static bool move_own(struct image_fixture *os)
{
	struct fixture *fx = os->fx;
	int tries = 0;

	verdict_reset(&os->verdict);
	look_before(os);
	while (!fire_once(os) && ++tries < TRIES_WHILE_RUNNING && gmem_guest_iterate(fx->gvm))
		;
	look_after(os);
	verdict_expect(&os->verdict, 0, os->own.nr_pages, fx->expected.outcome, fx->from,
		       fx->to);
	return verdict_good(&os->verdict);
}

static int move_often(struct image_fixture *os)
{
	unsigned long move, moves = os->fx->suite->options.rounds;
	bool good = true;

	for (move = 0; move < moves && good && gmem_guest_iterate(os->fx->gvm); move++) {
		if (move && outcome_moves(os->fx->expected.outcome))
			fixture_swap_nodes(os->fx);
		good = move_own(os);
	}
	gmem_guest_iterate(os->fx->gvm);
	return good ? KSFT_PASS : KSFT_FAIL;
}

static int judge_own(struct image_fixture *os, int result, int deaths)
{
	if (result)
		verdict_report(&os->verdict, stdout, suite_context(os->fx->suite));
	if (!deaths)
		return fixture_judge_with_content(os->fx) ?: result;
	/* A dead guest cannot be asked any more. */
	fixture_check_host(os->fx);
	fixture_judge(os->fx);
	return KSFT_FAIL;
}

static int calls_and_exceptions(const struct fixture *fx)
{
	struct gmem_vm *gvm = fx->gvm;
	int i, result = KSFT_PASS;

	for (i = 0; i < gvm->nr_vcpus; i++) {
		const struct guest_job *job = gvm->vcpus[i].job;

		if (job->exceptions == job->iterations && !job->bad_returns)
			continue;
		ksft_print_msg("vCPU %d: %" PRIu64 " exceptions taken of %" PRIu64 ", and %" PRIu64
			       " calls returned what they should not\n", i, job->exceptions,
			       job->iterations, job->bad_returns);
		result = KSFT_FAIL;
	}
	return result;
}

int act_guest_image(struct fixture *fx)
{
	struct image_fixture os = { .fx = fx };
	int result, deaths, i;

	guest_exceptions_prepare(fx->gvm->vm);
	for (i = 0; i < fx->gvm->nr_vcpus; i++) {
		fx->gvm->vcpus[i].job->in_gmem = true;
		fx->gvm->vcpus[i].job->exceptions = fx->gvm->vcpus[i].job->iterations;
	}
	slot0_gmem_create(fx->gvm, fx->from, &os.own);
	TEST_ASSERT(!verdict_init(&os.verdict, os.own.nr_pages, fx->gvm->page_size),
		    "out of memory");
	gmem_guest_start(fx->gvm);
	result = move_often(&os);
	deaths = gmem_guest_stop(fx->gvm, stdout);
	result = judge_own(&os, result, deaths) ?: calls_and_exceptions(fx);
	verdict_free(&os.verdict);
	kvm_close(os.own.fd);
	return result;
}
