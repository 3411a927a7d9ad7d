// SPDX-License-Identifier: GPL-2.0-only
/*
 * The property that nothing is taken from a guest but what moves: see migrate/matrix/property.h.
 *
 * Of pages that move, the guests' page table entries go, and no others: whatever a VM has mapped
 * beside them, it need not fault in again.  KVM counts the entries of a VM (pages_4k of its
 * statistics); the guest is idle, so none come back by themselves.
 */
#include <stdlib.h>

#include "kvm_util.h"
#include "kselftest.h"
#include "migrate/util/sysfile.h"

#include "property_acts.h"

#define KVM_STATS "/sys/kernel/debug/kvm/"

/* How many pages the VM has mapped, or -1. */
static long pages_mapped(const struct gmem_vm *gvm)
{
	char path[96], text[32];

	snprintf(path, sizeof(path), KVM_STATS "%d-%d/pages_4k", getpid(), gvm->vm->fd);
	return sysfile_read(path, text, sizeof(text)) < 0 ? -1 : strtol(text, NULL, 10);
}

/* Of @nr pages from @first on, those that the guest has and loses to a move. */
static long pages_to_lose(const struct fixture *fx, size_t first, size_t nr)
{
	size_t page;
	long lost = 0;

	if (fx->expected.outcome != OUTCOME_MOVED)
		return 0;
	for (page = first; page < first + nr; page++)
		lost += !gmem_in_hole(fx->gvm, page);
	return lost;
}

static int move_and_count(struct fixture *fx, size_t first, size_t nr)
{
	size_t all = fx->gvm->nr_pages, behind = first + nr;
	long wanted = pages_to_lose(fx, first, nr), before, lost;

	verdict_reset(&fx->verdict);
	gmem_guest_check(fx->gvm);
	fixture_look_before(fx);
	before = pages_mapped(fx->gvm);
	fixture_fire(fx, first, nr, expected_return(&fx->expected, nr));
	lost = before - pages_mapped(fx->gvm);
	fixture_look_after(fx);
	verdict_expect(&fx->verdict, 0, first, OUTCOME_UNTOUCHED, fx->from, fx->from);
	verdict_expect(&fx->verdict, behind, all - behind, OUTCOME_UNTOUCHED, fx->from,
		       fx->from);
	fixture_expect(fx, first, nr, fx->expected.outcome);
	if (lost == wanted)
		return fixture_judge_with_content(fx);
	ksft_print_msg("pages [%zu-%zu] were moved or refused: the VM had %ld pages mapped, and "
		       "lost %ld of them, wanted %ld\n", first, behind - 1, before, lost, wanted);
	fixture_judge_with_content(fx);
	return KSFT_FAIL;
}

/* Put all pages back to where they were. */
static int start_over(struct fixture *fx)
{
	if (fx->expected.outcome != OUTCOME_MOVED)
		return KSFT_PASS;
	gmem_punch(fx->gvm, 0, fx->gvm->nr_pages);
	gmem_guest_fill(fx->gvm);
	fixture_check_host(fx);
	return fixture_judge(fx);
}

/* What no slot has; then that and some pages of the slots on either side. */
int act_zap_exact(struct fixture *fx)
{
	size_t hole = fx->gvm->hole, nr = fx->gvm->split - hole, more = nr;

	if (pages_mapped(fx->gvm) < 0)
		return suite_skip("KVM does not say how many pages a VM has mapped (mount "
				  "debugfs, be root)");
	return move_and_count(fx, hole, nr) ?: start_over(fx) ?:
	       move_and_count(fx, hole - more, nr + 2 * more) ?:
	       property_rewrite_and_judge(fx);
}
