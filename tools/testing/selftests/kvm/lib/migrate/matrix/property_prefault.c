// SPDX-License-Identifier: GPL-2.0-only
/*
 * Property prefault; see migrate/matrix/property_table.h.  Property prefault_race is with the
 * others that punch holes, in property_lifetime.c.
 */
#include <fcntl.h>

#include "kselftest.h"
#include "kvm_util.h"
#include "migrate/matrix/move_thread.h"
#include "migrate/matrix/prefault.h"
#include "migrate/matrix/property.h"

const char *prefault_skip_reason(void)
{
	int kvm_fd = open(KVM_DEV_PATH, O_RDWR | O_CLOEXEC), r;

	r = kvm_fd < 0 ? 0 : ioctl(kvm_fd, KVM_CHECK_EXTENSION, KVM_CAP_PRE_FAULT_MEMORY);
	if (kvm_fd >= 0)
		close(kvm_fd);
	return r > 0 ? NULL : "KVM cannot prefault memory (KVM_PRE_FAULT_MEMORY: needs Linux 6.11 "
			      "and nested paging in hardware)";
}

/* Map all pages.  Returns 0 or an errno, with the number of pages that are not mapped in @left. */
static int prefault(struct gmem_vm *gvm, struct kvm_vcpu *vcpu, size_t *left)
{
	struct kvm_pre_fault_memory range = {
		.gpa = gmem_gpa(gvm, 0), .size = gvm->nr_pages * gvm->page_size,
	};
	int r;

	/* It returns early after a signal, and also where it has mapped only some pages. */
	do {
		r = __vcpu_ioctl(vcpu, KVM_PRE_FAULT_MEMORY, &range) ? errno : 0;
	} while (range.size && (!r || r == EINTR));
	*left = range.size / gvm->page_size;
	return r;
}

static void *prefault_until_stop(void *arg)
{
	struct prefault_thread *prefaulter = arg;
	size_t left;
	int r;

	while (!__atomic_load_n(&prefaulter->stop, __ATOMIC_ACQUIRE)) {
		r = prefault(prefaulter->gvm, prefaulter->vcpu, &left);
		/* A page that is busy for too long ends the call. */
		if (r && r != EAGAIN)
			prefaulter->error = r;
		prefaulter->calls++;
	}
	return NULL;
}

void prefault_thread_start(struct prefault_thread *prefaulter, struct gmem_vm *gvm)
{
	TEST_ASSERT(gvm->nr_vcpus > 1, "no vCPU to prefault by");
	gvm->nr_vcpus--;
	*prefaulter = (struct prefault_thread) {
		.gvm = gvm, .vcpu = gvm->vcpus[gvm->nr_vcpus].vcpu,
	};
	kvm_pthread_create(&prefaulter->thread, NULL, prefault_until_stop, prefaulter);
}

int prefault_thread_stop(struct prefault_thread *prefaulter)
{
	__atomic_store_n(&prefaulter->stop, true, __ATOMIC_RELEASE);
	kvm_pthread_join(prefaulter->thread, NULL);
	prefaulter->gvm->nr_vcpus++;
	if (!prefaulter->error)
		return KSFT_PASS;
	ksft_print_msg("KVM_PRE_FAULT_MEMORY in a thread: %s, wanted success or EAGAIN\n",
		       strerror(prefaulter->error));
	return KSFT_FAIL;
}

static int prefault_all(struct fixture *fx, const char *when)
{
	size_t left;
	int r = prefault(fx->gvm, fx->gvm->vcpus[0].vcpu, &left);

	if (!r && !left)
		return KSFT_PASS;
	ksft_print_msg("KVM_PRE_FAULT_MEMORY %s a move: %s, %zu of %zu pages left, wanted 0; %s\n",
		       when, strerror(r), left, fx->gvm->nr_pages, suite_context(fx->suite));
	return KSFT_FAIL;
}

/* It allocates zeroed pages by the policy of the file, and maps them. */
static int before_move(struct fixture *fx)
{
	size_t nr = fx->gvm->nr_pages;
	int result;

	gmem_punch(fx->gvm, 0, nr);
	result = prefault_all(fx, "before") ?: property_reads_zero(fx, 0, nr);
	if (result)
		return result;
	gmem_guest_fill(fx->gvm);
	fixture_check_host(fx);
	property_fire_all(fx);
	return fixture_judge_content(fx) ?: property_rewrite_and_judge(fx);
}

static int after_move(struct fixture *fx)
{
	if (fx->expected.outcome == OUTCOME_MOVED)
		fixture_swap_nodes(fx);
	else
		verdict_reset(&fx->verdict);
	property_fire_all(fx);
	return prefault_all(fx, "after") ?: fixture_judge_content(fx) ?:
	       property_rewrite_and_judge(fx);
}

/* Move all pages to one node, wherever they are, then to the other one. */
static int move_all(struct fixture *fx)
{
	if (fx->expected.outcome == OUTCOME_MOVED) {
		fixture_fire(fx, 0, fx->gvm->nr_pages, 0);
		fixture_swap_nodes(fx);
	}
	verdict_reset(&fx->verdict);
	property_fire_all(fx);
	return fixture_judge_content(fx);
}

/*
 * A prefault holds a reference for a moment, so pages stay at some moves.  Afterwards all move.
 */
static int against_moves(struct fixture *fx)
{
	unsigned long i, iterations = 2 * fx->suite->options.iterations;
	struct prefault_thread prefaulter;
	struct move_thread mover;
	int thread;

	prefault_thread_start(&prefaulter, fx->gvm);
	gmem_guest_start(fx->gvm);
	move_thread_start(&mover, fx);
	for (i = 0; i < iterations && gmem_guest_iterate(fx->gvm); i++)
		;
	move_thread_stop(&mover);
	thread = prefault_thread_stop(&prefaulter);
	verdict_reset(&fx->verdict);
	return fixture_stop_and_judge(fx) ?: thread ?: move_all(fx) ?:
	       property_rewrite_and_judge(fx);
}

int act_prefault(struct fixture *fx)
{
	return before_move(fx) ?: after_move(fx) ?: against_moves(fx);
}
