/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fixture of a case about movable_ops pages: pages of one or two kinds, allocated where the
 * trigger finds them, the trigger, and a verdict on every page.  A case calls, in this order:
 *
 *	ops_fixture_open(), ops_fixture_begin(), ops_fixture_fire(), ops_fixture_look_after(),
 *	ops_fixture_judge(), ops_fixture_close()
 */
#ifndef SELFTEST_KVM_MIGRATE_MOVABLE_OPS_OPS_FIXTURE_H
#define SELFTEST_KVM_MIGRATE_MOVABLE_OPS_OPS_FIXTURE_H

#include "migrate/movable_ops/ops_contract.h"
#include "migrate/movable_ops/ops_pages.h"
#include "migrate/runner/testcase.h"
#include "migrate/trigger/placement.h"

#define OPS_KINDS_MAX 2

struct ops_fixture {
	const struct suite *suite;
	const struct testcase *test;
	const struct ops_row *row;
	struct ops_pages pages[OPS_KINDS_MAX];	/* the first are of the row's kind */
	int nr_kinds;
	struct placement_state placement;
	bool agree;			/* all counts agree, at the last ops_fixture_look_after() */
	int from;
	long ret;			/* of the trigger */
};

/* Open the owner of the row's pages.  A second kind is added before ops_fixture_begin(). */
void ops_fixture_open(struct ops_fixture *fx, const struct suite *suite,
		      const struct testcase *test, const struct ops_row *row);
void ops_fixture_add(struct ops_fixture *fx, const struct ops_kind *kind);

/* Free all pages.  Returns KSFT_PASS, or KSFT_FAIL where some are left. */
int ops_fixture_close(struct ops_fixture *fx);

/*
 * Set up the placement, allocate all pages and note their frames.
 * Returns KSFT_PASS, KSFT_FAIL where counts disagree, or KSFT_SKIP.
 */
int ops_fixture_begin(struct ops_fixture *fx);

/* Find the frames after the trigger; note them as those before the next one. */
bool ops_fixture_look_after(struct ops_fixture *fx);
void ops_fixture_note(struct ops_fixture *fx);

/* Fire once, at all pages or at the one in frame @pfn. */
void ops_fixture_fire(struct ops_fixture *fx);
void ops_fixture_fire_at(struct ops_fixture *fx, uint64_t pfn);

/*
 * Compare every page with the contract: counts, frames, state, event counter, return value,
 * content.  The second function fires before.
 * Returns KSFT_PASS, KSFT_FAIL, or KSFT_SKIP where the trigger does not move shmem either.
 */
int ops_fixture_judge(struct ops_fixture *fx);
int ops_fixture_move_and_judge(struct ops_fixture *fx);

/* Check the content of all pages; write new content to all of them and check it. */
bool ops_fixture_intact(const struct ops_fixture *fx);
int ops_fixture_rewrite(struct ops_fixture *fx);

#endif /* SELFTEST_KVM_MIGRATE_MOVABLE_OPS_OPS_FIXTURE_H */
