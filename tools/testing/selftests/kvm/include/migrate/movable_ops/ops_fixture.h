/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a case about pages with operations of their own works with: pages of a kind, or of two,
 * allocated where a trigger finds them, the trigger, and a verdict on every page.  Steps in order:
 *
 *	ops_fixture_open(), ops_fixture_begin(), ops_fixture_fire(), ops_fixture_judge(),
 *	ops_fixture_close()
 */
#ifndef SELFTEST_KVM_MIGRATE_MOVABLE_OPS_OPS_FIXTURE_H
#define SELFTEST_KVM_MIGRATE_MOVABLE_OPS_OPS_FIXTURE_H

#include "migrate/movable_ops/ops_contract.h"
#include "migrate/movable_ops/ops_pages.h"
#include "migrate/runner/suite.h"
#include "migrate/trigger/placement.h"

#define OPS_KINDS_MAX 2

/* Pages of one kind, and what was known of them before the trigger. */
struct ops_member {
	struct ops_pages pages;
	long long moves_before;		/* of the kernel's own count */
	size_t moved;			/* by frames, and by that count, at the last verdict */
	long long moves;
};

struct ops_fixture {
	const struct suite *suite;
	const struct testcase *test;
	const struct ops_row *row;
	struct ops_member members[OPS_KINDS_MAX];
	int nr_members;
	struct placement_state placement;
	bool agree;			/* the books, at the last ops_fixture_look_after() */
	int from;
	long ret;			/* what the trigger answered, and should have */
	long expected_ret;
	enum outcome outcome;
};

/* What this machine lacks for a row, as a reason to skip; NULL: nothing. */
const char *ops_row_skip_reason(const struct suite *suite, const struct ops_row *row);

/*
 * Get at the owner of pages of the row's kind.  Another kind is added before ops_fixture_begin().
 */
void ops_fixture_open(struct ops_fixture *fx, const struct suite *suite,
		      const struct testcase *test, const struct ops_row *row);
void ops_fixture_add(struct ops_fixture *fx, const struct ops_kind *kind);

/* Have all pages freed.  Returns KSFT_PASS, or KSFT_FAIL where some are left. */
int ops_fixture_close(struct ops_fixture *fx);

/*
 * Lay out memory, have all pages allocated and note where they are.
 * Returns KSFT_PASS, KSFT_FAIL where the books do not agree, or what suite_skip() returns.
 */
int ops_fixture_begin(struct ops_fixture *fx);

/* See where they are after the trigger, or note that as where they were before the next. */
bool ops_fixture_look_after(struct ops_fixture *fx);
void ops_fixture_turn_round(struct ops_fixture *fx);

/* Fire once, at all pages or at the one in frame @pfn. */
void ops_fixture_fire(struct ops_fixture *fx);
void ops_fixture_fire_at(struct ops_fixture *fx, uint64_t pfn);

/*
 * Fire until something has moved, where only some of them are promised to: some more tries, each
 * with memory laid out for it; and look.  Returns as ops_fixture_begin().
 */
int ops_fixture_move(struct ops_fixture *fx);

/*
 * After a look, hold every page against the promise: books, frames, state, the kernel's own count
 * of moves, the trigger's answer, content.  Reports on stdout.  Returns KSFT_PASS, KSFT_FAIL, or
 * what suite_skip() returns where not even shmem moves.
 */
int ops_fixture_judge(struct ops_fixture *fx);

/* Whether the content of all pages is right; and of new content in all of them. */
bool ops_fixture_intact(const struct ops_fixture *fx);
int ops_fixture_rewrite(struct ops_fixture *fx);

#endif /* SELFTEST_KVM_MIGRATE_MOVABLE_OPS_OPS_FIXTURE_H */
