// SPDX-License-Identifier: GPL-2.0-only
/*
 * Property zap_exact; see migrate/matrix/property_table.h.
 *
 * KVM counts the 4K mappings of a VM (pages_4k of its statistics).  The guest is idle, so it does
 * not fault any of them back in.
 */
#include <stdlib.h>

#include "kselftest.h"
#include "kvm_util.h"
#include "migrate/matrix/property.h"
#include "migrate/util/sysfile.h"

#define KVM_STATS "/sys/kernel/debug/kvm/"

/* Returns how many pages the VM maps, or -1. */
static long pages_mapped(const struct gmem_vm *gvm)
{
	char path[96], text[32];

	snprintf(path, sizeof(path), KVM_STATS "%d-%d/pages_4k", getpid(), gvm->vm->fd);
	return sysfile_read(path, text, sizeof(text)) < 0 ? -1 : strtol(text, NULL, 10);
}

/* Returns how many of @nr pages from @first on the guest maps and a move must zap. */
static long pages_to_zap(const struct fixture *fx, size_t first, size_t nr)
{
	size_t page;
	long zapped = 0;

	if (fx->expected.outcome != OUTCOME_MOVED)
		return 0;
	for (page = first; page < first + nr; page++)
		zapped += !gmem_in_hole(fx->gvm, page);
	return zapped;
}

static int move_and_count(struct fixture *fx, size_t first, size_t nr)
{
	size_t all = fx->gvm->nr_pages, behind = first + nr;
	long wanted = pages_to_zap(fx, first, nr), before, zapped;
	int result;

	gmem_guest_check(fx->gvm);
	before = pages_mapped(fx->gvm);
	fixture_fire_inspected(fx, first, nr, expected_return(&fx->expected, nr));
	zapped = before - pages_mapped(fx->gvm);
	verdict_expect(&fx->verdict, 0, first, OUTCOME_UNTOUCHED, fx->from, fx->from);
	verdict_expect(&fx->verdict, behind, all - behind, OUTCOME_UNTOUCHED, fx->from, fx->from);
	fixture_expect(fx, first, nr, fx->expected.outcome);
	result = fixture_judge_content(fx);
	if (zapped == wanted)
		return result;
	ksft_print_msg("pages [%zu-%zu] were moved or refused: the VM mapped %ld pages and lost "
		       "%ld of them, wanted %ld\n", first, behind - 1, before, zapped, wanted);
	return KSFT_FAIL;
}

/* Allocate all pages on the first node again. */
static int start_over(struct fixture *fx)
{
	if (fx->expected.outcome != OUTCOME_MOVED)
		return KSFT_PASS;
	gmem_punch(fx->gvm, 0, fx->gvm->nr_pages);
	gmem_guest_fill(fx->gvm);
	fixture_check_host(fx);
	return fixture_judge(fx);
}

/* Pages that are in no memslot move; then these and pages of the memslots on both sides. */
int act_zap_exact(struct fixture *fx)
{
	size_t hole = fx->gvm->hole, nr = fx->gvm->split - hole;

	if (pages_mapped(fx->gvm) < 0)
		return suite_skip("no statistics of KVM (mount debugfs, be root)");
	return move_and_count(fx, hole, nr) ?: start_over(fx) ?:
	       move_and_count(fx, hole - nr, 3 * nr) ?:
	       property_rewrite_and_judge(fx);
}
