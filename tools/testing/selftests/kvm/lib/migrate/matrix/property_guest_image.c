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

#include "kselftest.h"
#include "kvm_util.h"
#include "migrate/gmem/guest_image.h"
#include "migrate/matrix/property.h"

/* A vCPU that faults on a page holds a reference for a moment. */
#define TRIES_WHILE_RUNNING	8

/* Returns false where a page of the image is wrong or a vCPU of @gvm died. */
static bool move_image(struct fixture *image, struct gmem_vm *gvm)
{
	size_t nr = image->gvm->nr_pages;
	int tries = 0;

	fixture_inspect_before(image);
	do {
		fixture_fire(image, 0, nr, expected_return(&image->expected, nr));
	} while (image->verdict.ret != image->verdict.expected_ret &&
		 ++tries < TRIES_WHILE_RUNNING && gmem_guest_iterate(gvm));
	fixture_inspect_after(image);
	fixture_expect(image, 0, nr, image->expected.outcome);
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
	struct fixture image = *fx;
	struct gmem_vm image_gvm;
	struct slot0_gmem slot0;
	unsigned long move;
	bool good = true;
	int result;

	guest_calls_and_exceptions(fx->gvm);
	slot0_gmem_create(fx->gvm, fx->from, &slot0);
	TEST_ASSERT(!verdict_init(&image.verdict, slot0.nr_pages, fx->gvm->page_size),
		    "out of memory");
	gmem_guest_start(fx->gvm);
	/* The image and its verdict are a second fixture of the same VM. */
	image_gvm = *fx->gvm;
	image_gvm.mem = slot0.mem;
	image_gvm.nr_pages = slot0.nr_pages;
	image.gvm = &image_gvm;
	for (move = 0; move < fx->suite->options.iterations && good; move++) {
		if (!gmem_guest_iterate(fx->gvm))
			break;
		if (move && outcome_moves(fx->expected.outcome))
			fixture_swap_nodes(&image);
		good = move_image(&image, fx->gvm);
	}
	gmem_guest_iterate(fx->gvm);
	if (!good)
		verdict_report(&image.verdict, stdout, suite_context(fx->suite));
	result = fixture_stop_and_judge(fx) ?: check_calls_and_exceptions(fx->gvm);
	verdict_free(&image.verdict);
	kvm_close(slot0.fd);
	return good ? result : KSFT_FAIL;
}
