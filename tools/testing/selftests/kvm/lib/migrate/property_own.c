// SPDX-License-Identifier: GPL-2.0-only
/*
 * The property of a guest that lives in what moves: see migrate/property.h.
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
#include "migrate/trigger.h"

#include "property_acts.h"

/* A vCPU that faults on a page holds a reference to it, for that moment. */
#define TRIES_WHILE_RUNNING	8

/* As struct scene, for the guest's own memory. */
struct own_scene {
	struct scene *scene;
	struct gmem_own own;
	struct verdict verdict;
};

static struct folio_info *look(const struct own_scene *os)
{
	struct folio_info *info = calloc(os->own.nr_pages, sizeof(*info));

	TEST_ASSERT(info && !folio_inspect(os->own.mem, os->own.nr_pages, info),
		    "cannot inspect the guest's own memory");
	return info;
}

static void look_before(struct own_scene *os)
{
	struct folio_info *info = look(os);

	verdict_before(&os->verdict, info);
	free(info);
}

static void look_after(struct own_scene *os)
{
	struct folio_info *info = look(os);

	verdict_after(&os->verdict, info);
	free(info);
}

/* Returns whether the move is done, or refused as it should be. */
static bool fire_once(struct own_scene *os)
{
	const struct trigger *trigger = os->scene->trigger;
	struct trigger_range range = {
		.addr = os->own.mem,
		.nr_pages = os->own.nr_pages,
		.from = os->scene->from,
		.to = os->scene->to,
	};
	struct trigger_result result = { .status = calloc(os->own.nr_pages, sizeof(int)) };

	TEST_ASSERT(result.status, "out of memory");
	trigger->fire(&range, &result);
	verdict_call(&os->verdict, trigger->call, result.ret,
		     promised_return(&os->scene->promise, os->own.nr_pages), NULL, 0, 0);
	free(result.status);
	return os->verdict.ret == os->verdict.wanted_ret;
}

/* Returns false where it went wrong, or a vCPU died. */
static bool move_own(struct own_scene *os)
{
	struct scene *scene = os->scene;
	int tries = 0;

	verdict_reset(&os->verdict);
	look_before(os);
	while (!fire_once(os) && ++tries < TRIES_WHILE_RUNNING && gmem_guest_lap(scene->gvm))
		;
	look_after(os);
	verdict_want(&os->verdict, 0, os->own.nr_pages, scene->promise.outcome, scene->from,
		     scene->to);
	return verdict_good(&os->verdict);
}

static int move_often(struct own_scene *os)
{
	unsigned long move, moves = os->scene->suite->options.rounds;
	bool good = true;

	for (move = 0; move < moves && good && gmem_guest_lap(os->scene->gvm); move++) {
		if (move && outcome_moves(os->scene->promise.outcome))
			scene_turn_round(os->scene);
		good = move_own(os);
	}
	gmem_guest_lap(os->scene->gvm);
	return good ? KSFT_PASS : KSFT_FAIL;
}

static int judge_own(struct own_scene *os, int result, int deaths)
{
	if (result)
		verdict_report(&os->verdict, stdout, suite_context(os->scene->suite));
	if (!deaths)
		return scene_judge_with_content(os->scene) ?: result;
	/* A dead guest cannot be asked any more. */
	scene_check_host(os->scene);
	scene_judge(os->scene);
	return KSFT_FAIL;
}

static int calls_and_exceptions(const struct scene *scene)
{
	struct gmem_vm *gvm = scene->gvm;
	int i, result = KSFT_PASS;

	for (i = 0; i < gvm->nr_vcpus; i++) {
		const struct guest_job *job = gvm->vcpus[i].job;

		if (job->exceptions == job->laps && !job->bad_returns)
			continue;
		ksft_print_msg("vCPU %d: %" PRIu64 " exceptions taken of %" PRIu64 ", and %" PRIu64
			       " calls returned what they should not\n", i, job->exceptions,
			       job->laps, job->bad_returns);
		result = KSFT_FAIL;
	}
	return result;
}

int act_own_memory(struct scene *scene)
{
	struct own_scene os = { .scene = scene };
	int result, deaths, i;

	guest_exceptions_prepare(scene->gvm->vm);
	for (i = 0; i < scene->gvm->nr_vcpus; i++) {
		scene->gvm->vcpus[i].job->lives_here = true;
		scene->gvm->vcpus[i].job->exceptions = scene->gvm->vcpus[i].job->laps;
	}
	gmem_own_memory(scene->gvm, scene->from, &os.own);
	TEST_ASSERT(!verdict_init(&os.verdict, os.own.nr_pages, scene->gvm->page_size),
		    "out of memory");
	gmem_guest_start(scene->gvm);
	result = move_often(&os);
	deaths = gmem_guest_stop(scene->gvm, stdout);
	result = judge_own(&os, result, deaths) ?: calls_and_exceptions(scene);
	verdict_free(&os.verdict);
	kvm_close(os.own.fd);
	return result;
}
