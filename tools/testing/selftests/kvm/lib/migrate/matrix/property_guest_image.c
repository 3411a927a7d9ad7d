// SPDX-License-Identifier: GPL-2.0-only
/*
 * Property guest_image; see migrate/matrix/property_table.h.
 *
 * The guest's program, stacks, page tables, descriptor tables and its struct guest_job are in a
 * guest_memfd that moves as a whole while vCPUs run there, with userspace_addr 0.  The guest counts
 * in the file of the fixture and notes its progress in this one, calls recursive functions and
 * takes exceptions.  A stale frame ends in a wrong count, a wrong return or a dead vCPU.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "kselftest.h"
#include "kvm_util.h"
#include "migrate/gmem/guest_image.h"
#include "migrate/matrix/property.h"
#include "migrate/trigger/trigger.h"

/* A vCPU that faults on a page holds a reference for a moment. */
#define TRIES_WHILE_RUNNING	8

/* The image, and its verdict beside that of the fixture. */
struct image {
	struct fixture *fx;
	struct slot0_gmem slot0;
	struct verdict verdict;
};

static void inspect(struct image *image,
		    void (*note)(struct verdict *verdict, const struct folio_info *info))
{
	struct folio_info *info = calloc(image->slot0.nr_pages, sizeof(*info));

	TEST_ASSERT(info && !folio_inspect(image->slot0.mem, image->slot0.nr_pages, info),
		    "cannot inspect the guest's image");
	note(&image->verdict, info);
	free(info);
}

/* Returns whether the call returned what the contract says. */
static bool fire_once(struct image *image)
{
	const struct trigger *trigger = image->fx->trigger;
	struct trigger_range range = trigger_range_of(image->slot0.mem, image->slot0.nr_pages,
						      image->fx->from, image->fx->to);
	struct trigger_result result = { .status = calloc(image->slot0.nr_pages, sizeof(int)) };

	TEST_ASSERT(result.status, "out of memory");
	trigger_fire(trigger, &range, &result);
	verdict_call(&image->verdict, trigger->call, result.ret,
		     expected_return(&image->fx->expected, image->slot0.nr_pages), NULL, 0, 0);
	free(result.status);
	return image->verdict.ret == image->verdict.expected_ret;
}

/* Returns false where a page is wrong or a vCPU died. */
static bool move_image(struct image *image)
{
	struct fixture *fx = image->fx;
	int tries = 0;

	verdict_reset(&image->verdict);
	inspect(image, verdict_before);
	while (!fire_once(image) && ++tries < TRIES_WHILE_RUNNING && gmem_guest_iterate(fx->gvm))
		;
	inspect(image, verdict_after);
	verdict_expect(&image->verdict, 0, image->slot0.nr_pages, fx->expected.outcome, fx->from,
		       fx->to);
	return verdict_good(&image->verdict);
}

static int check_calls_and_exceptions(const struct gmem_vm *gvm)
{
	int i, result = KSFT_PASS;

	for (i = 0; i < gvm->nr_vcpus; i++) {
		const struct guest_job *job = gvm->vcpus[i].job;

		if (job->exceptions == job->iterations && !job->bad_returns)
			continue;
		ksft_print_msg("vCPU %d took %" PRIu64 " exceptions, wanted %" PRIu64 "; %" PRIu64
			       " calls returned a wrong value\n", i, job->exceptions,
			       job->iterations, job->bad_returns);
		result = KSFT_FAIL;
	}
	return result;
}

int act_guest_image(struct fixture *fx)
{
	struct image image = { .fx = fx };
	unsigned long move;
	bool good = true;
	int result;

	guest_calls_and_exceptions(fx->gvm);
	slot0_gmem_create(fx->gvm, fx->from, &image.slot0);
	TEST_ASSERT(!verdict_init(&image.verdict, image.slot0.nr_pages, fx->gvm->page_size),
		    "out of memory");
	gmem_guest_start(fx->gvm);
	for (move = 0; move < fx->suite->options.iterations && good; move++) {
		if (!gmem_guest_iterate(fx->gvm))
			break;
		if (move && outcome_moves(fx->expected.outcome))
			fixture_swap_nodes(fx);
		good = move_image(&image);
	}
	gmem_guest_iterate(fx->gvm);
	if (!good)
		verdict_report(&image.verdict, stdout, suite_context(fx->suite));
	result = fixture_stop_and_judge(fx) ?: check_calls_and_exceptions(fx->gvm);
	verdict_free(&image.verdict);
	kvm_close(image.slot0.fd);
	return good ? result : KSFT_FAIL;
}
