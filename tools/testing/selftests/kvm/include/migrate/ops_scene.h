/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a case about pages with operations of their own works with: pages of a kind, or of two,
 * allocated where a trigger finds them, the trigger, and a verdict on every page.  Steps in order:
 *
 *	ops_scene_open(), ops_scene_begin(), ops_scene_fire(), ops_scene_judge(),
 *	ops_scene_close()
 */
#ifndef SELFTEST_KVM_MIGRATE_OPS_SCENE_H
#define SELFTEST_KVM_MIGRATE_OPS_SCENE_H

#include "migrate/ballast.h"
#include "migrate/contract.h"
#include "migrate/ops_pages.h"
#include "migrate/suite.h"

#define OPS_KINDS_MAX 2

/* Pages of one kind, and what was known of them before the trigger. */
struct ops_member {
	struct ops_pages pages;
	long long moves_before;		/* of the kernel's own count */
	size_t moved;			/* by frames, and by that count, at the last verdict */
	long long moves;
};

struct ops_scene {
	const struct suite *suite;
	const struct testcase *test;
	const struct ops_row *row;
	struct ops_member members[OPS_KINDS_MAX];
	int nr_members;
	struct ballast ballast;
	bool laid_out, unfit;
	bool agree;			/* the books, at the last ops_scene_look_after() */
	int from;
	long ret;			/* what the trigger answered, and should have */
	long wanted_ret;
	enum outcome outcome;
};

/* What this machine lacks for a row, as a reason to skip; NULL: nothing. */
const char *ops_row_missing(const struct suite *suite, const struct ops_row *row);

/* Get at the owner of pages of the row's kind.  Another kind is added before ops_scene_begin(). */
void ops_scene_open(struct ops_scene *scene, const struct suite *suite,
		    const struct testcase *test, const struct ops_row *row);
void ops_scene_add(struct ops_scene *scene, const struct ops_kind *kind);

/* Have all pages freed.  Returns KSFT_PASS, or KSFT_FAIL where some are left. */
int ops_scene_close(struct ops_scene *scene);

/*
 * Lay out memory, have all pages allocated and note where they are.
 * Returns KSFT_PASS, KSFT_FAIL where the books do not agree, or what suite_skip() returns.
 */
int ops_scene_begin(struct ops_scene *scene);

/* See where they are after the trigger, or note that as where they were before the next. */
bool ops_scene_look_after(struct ops_scene *scene);
void ops_scene_turn_round(struct ops_scene *scene);

/* Fire once, at all pages or at the one in frame @pfn. */
void ops_scene_fire(struct ops_scene *scene);
void ops_scene_fire_at(struct ops_scene *scene, uint64_t pfn);

/*
 * Fire until something has moved, where only some of them are promised to: some more tries, each
 * with memory laid out for it; and look.  Returns as ops_scene_begin().
 */
int ops_scene_move(struct ops_scene *scene);

/*
 * After a look, hold every page against the promise: books, frames, state, the kernel's own count
 * of moves, the trigger's answer, content.  Reports on stdout.  Returns KSFT_PASS, KSFT_FAIL, or
 * what suite_skip() returns where not even shmem moves.
 */
int ops_scene_judge(struct ops_scene *scene);

/* Whether the content of all pages is right; and of new content in all of them. */
bool ops_scene_intact(const struct ops_scene *scene);
int ops_scene_rewrite(struct ops_scene *scene);

#endif /* SELFTEST_KVM_MIGRATE_OPS_SCENE_H */
