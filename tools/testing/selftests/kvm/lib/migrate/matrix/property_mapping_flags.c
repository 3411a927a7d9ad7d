// SPDX-License-Identifier: GPL-2.0-only
/*
 * Properties inaccessible and unmovable; see migrate/matrix/property_table.h.
 *
 * They tell the two flags of a guest_memfd's mapping apart by what each guards.
 *
 *	AS_INACCESSIBLE	the kernel must not touch the content.  It keeps truncation from zeroing the
 *			part of a folio beside a hole (truncate_inode_partial_folio() in
 *			mm/truncate.c); every guest_memfd has it on every kernel
 *	AS_UNMOVABLE	folios are not migrated (move_to_new_folio() in mm/migrate.c) and not
 *			isolated by compaction; a flag of its own since the migration series
 *
 * Up to 7.3 one flag is both.  With two flags, each can be wrong alone:
 *
 *	inaccessible	holes of whole pages beside data, before and after a move; every request for
 *			less than a page is refused and changes no byte.  The same under every
 *			contract
 *	unmovable	the contract decides whether a call, and the kernel, moves pages; holes
 *			beside them make no difference
 *
 * The first flag at work cannot be shown: guest_memfd has no large folios (7.3), and
 * kvm_gmem_fallocate() in virt/kvm/guest_memfd.c refuses partial pages before truncation.  What can
 * be shown is that nothing beside a hole changes.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include <linux/falloc.h>

#include "kvm_util.h"
#include "migrate/matrix/property.h"
#include "migrate/mm/numa.h"
#include "migrate/trigger/trigger.h"

#define PUNCH	(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)

/* Instead of a mode of fallocate(): ftruncate() to the size of the file and .offset. */
#define RESIZE	(-1)

/* Changes of the file that fail as a whole; offset and length in half pages. */
static const struct bad_change {
	const char *call;
	int mode;
	int offset, length;
	int wanted;			/* -errno */
} bad_changes[] = {
	{ "fallocate(PUNCH_HOLE, from the middle of a page)", PUNCH, 9, 2, -EINVAL },
	{ "fallocate(PUNCH_HOLE, to the middle of a page)", PUNCH, 8, 3, -EINVAL },
	{ "fallocate(PUNCH_HOLE, within a page)", PUNCH, 8, 1, -EINVAL },
	{ "fallocate(PUNCH_HOLE, the second half of a page)", PUNCH, 9, 1, -EINVAL },
	{ "fallocate(PUNCH_HOLE) without KEEP_SIZE", FALLOC_FL_PUNCH_HOLE, 8, 2, -EOPNOTSUPP },
	{ "fallocate(ZERO_RANGE)", FALLOC_FL_ZERO_RANGE, 8, 2, -EOPNOTSUPP },
	{ "fallocate(ZERO_RANGE|KEEP_SIZE)", FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, 8, 2,
	  -EOPNOTSUPP },
	{ "fallocate(COLLAPSE_RANGE)", FALLOC_FL_COLLAPSE_RANGE, 8, 2, -EOPNOTSUPP },
	{ "fallocate(INSERT_RANGE)", FALLOC_FL_INSERT_RANGE, 8, 2, -EOPNOTSUPP },
	/* The size of a guest_memfd is fixed. */
	{ "ftruncate()", RESIZE, -4, 0, -EINVAL },
	{ "ftruncate()", RESIZE, -1, 0, -EINVAL },
	{ "ftruncate()", RESIZE, 1, 0, -EINVAL },
	{ "ftruncate()", RESIZE, 2, 0, -EINVAL },
};

/* Every page keeps its frame and its content. */
static int try_change(struct fixture *fx, const struct bad_change *bad)
{
	const struct gmem_vm *gvm = fx->gvm;
	off_t half = gvm->page_size / 2, size = gvm->nr_pages * gvm->page_size;
	int r;

	fixture_inspect_before(fx);
	if (bad->mode == RESIZE)
		r = ftruncate(gvm->fd, size + bad->offset * half);
	else
		r = fallocate(gvm->fd, bad->mode, bad->offset * half % size, bad->length * half);
	verdict_call(&fx->verdict, bad->call, r ? -errno : 0, bad->wanted, NULL, 0, 0);
	fixture_inspect_after(fx);
	verdict_expect(&fx->verdict, 0, gvm->nr_pages, OUTCOME_UNTOUCHED, fx->from, fx->from);
	return fixture_judge_content(fx);
}

static int try_bad_changes(struct fixture *fx)
{
	size_t i;
	int result = KSFT_PASS;

	for (i = 0; i < ARRAY_SIZE(bad_changes) && !result; i++)
		result = try_change(fx, &bad_changes[i]);
	return result;
}

/* By the file, or by an address of its mapping. */
static int punch_page(const struct gmem_vm *gvm, size_t page, bool by_address)
{
	int r = by_address ? madvise(gmem_page(gvm, page), gvm->page_size, MADV_REMOVE) :
		fallocate(gvm->fd, PUNCH, gmem_offset(gvm, page), gvm->page_size);

	return r ? -errno : 0;
}

/*
 * Punch every other page, so that each page that stays is between two holes on node .from.  The
 * holes read zero; then the guest fills them.
 */
static int punch_every_other(struct fixture *fx, bool by_address)
{
	size_t page, nr = fx->gvm->nr_pages;
	int r = 0, result = KSFT_PASS;

	fixture_inspect_before(fx);
	for (page = 1; page < nr && !r; page += 2)
		r = punch_page(fx->gvm, page, by_address);
	verdict_call(&fx->verdict, by_address ? "madvise(REMOVE)" : "fallocate(PUNCH_HOLE)", r,
		     0, NULL, 0, 0);
	fixture_inspect_after(fx);
	for (page = 0; page < nr; page += 2)
		verdict_expect(&fx->verdict, page, 1, OUTCOME_UNTOUCHED, fx->from, fx->from);
	for (page = 1; page < nr; page += 2) {
		result = result ?: property_reads_zero(fx, page, 1);
		property_refill(fx, page, 1);
	}
	return fixture_judge_content(fx) ?: result;
}

int act_inaccessible(struct fixture *fx)
{
	int result = try_bad_changes(fx) ?: punch_every_other(fx, false) ?:
		     punch_every_other(fx, true) ?: property_fire_and_judge(fx);

	if (result || fx->expected.outcome != OUTCOME_MOVED)
		return result;
	/* The policy allocates refilled holes on the first node: only the data is on the second. */
	fixture_swap_nodes(fx);
	return try_bad_changes(fx) ?: punch_every_other(fx, false) ?:
	       property_rewrite_and_judge(fx);
}

/* A trigger that the kernel starts, on machines that have it. */
static int soft_offline(struct fixture *fx)
{
	const struct contract_row *row = contract_row_of(&trigger_soft_offline_phys);

	if (trigger_soft_offline_phys.skip_reason())
		return KSFT_PASS;
	fx->trigger = row->trigger;
	fx->expected = row->expected[contract_of_kind(&fx->suite->contract, fx->gvm->kind)];
	/* The pages are on both nodes by now. */
	fx->from = fx->to = NUMA_ANY_NODE;
	return property_fire_and_judge(fx);
}

int act_unmovable(struct fixture *fx)
{
	int result = punch_every_other(fx, false) ?: property_fire_and_judge(fx);

	if (result)
		return result;
	if (fx->expected.outcome == OUTCOME_MOVED)
		fixture_swap_nodes(fx);
	return punch_every_other(fx, true) ?: soft_offline(fx);
}
