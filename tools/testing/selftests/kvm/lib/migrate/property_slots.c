// SPDX-License-Identifier: GPL-2.0-only
/*
 * The property that nothing is taken from a guest but what moves: see migrate/property.h.
 *
 * Of pages that move, the guests' page table entries go, and no others: whatever a VM has mapped
 * beside them, it need not fault in again.  KVM counts the entries of a VM (pages_4k of its
 * statistics); the guest is idle, so none come back by themselves.
 */
#include <stdlib.h>

#include "kvm_util.h"
#include "kselftest.h"
#include "migrate/sysfile.h"

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
static long pages_to_lose(const struct scene *scene, size_t first, size_t nr)
{
	size_t page;
	long lost = 0;

	if (scene->promise.outcome != OUTCOME_MOVED)
		return 0;
	for (page = first; page < first + nr; page++)
		lost += !gmem_in_gap(scene->gvm, page);
	return lost;
}

static int move_and_count(struct scene *scene, size_t first, size_t nr)
{
	size_t all = scene->gvm->nr_pages, behind = first + nr;
	long wanted = pages_to_lose(scene, first, nr), before, lost;

	verdict_reset(&scene->verdict);
	gmem_guest_check(scene->gvm);
	scene_look_before(scene);
	before = pages_mapped(scene->gvm);
	scene_fire(scene, first, nr, promised_return(&scene->promise, nr));
	lost = before - pages_mapped(scene->gvm);
	scene_look_after(scene);
	verdict_want(&scene->verdict, 0, first, OUTCOME_UNTOUCHED, scene->from, scene->from);
	verdict_want(&scene->verdict, behind, all - behind, OUTCOME_UNTOUCHED, scene->from,
		     scene->from);
	scene_want(scene, first, nr, scene->promise.outcome);
	if (lost == wanted)
		return scene_judge_with_content(scene);
	ksft_print_msg("pages [%zu-%zu] were moved or refused: the VM had %ld pages mapped, and "
		       "lost %ld of them, wanted %ld\n", first, behind - 1, before, lost, wanted);
	scene_judge_with_content(scene);
	return KSFT_FAIL;
}

/* Put all pages back to where they were. */
static int start_over(struct scene *scene)
{
	if (scene->promise.outcome != OUTCOME_MOVED)
		return KSFT_PASS;
	gmem_punch(scene->gvm, 0, scene->gvm->nr_pages);
	gmem_guest_fill(scene->gvm);
	scene_check_host(scene);
	return scene_judge(scene);
}

/* What no slot has; then that and some pages of the slots on either side. */
int act_only_its_range(struct scene *scene)
{
	size_t gap = scene->gvm->gap, nr = scene->gvm->split - gap, more = nr;

	if (pages_mapped(scene->gvm) < 0)
		return suite_skip("KVM does not say how many pages a VM has mapped (mount "
				  "debugfs, be root)");
	return move_and_count(scene, gap, nr) ?: start_over(scene) ?:
	       move_and_count(scene, gap - more, nr + 2 * more) ?:
	       property_rewrite_and_judge(scene);
}
