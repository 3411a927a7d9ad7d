/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a case works with: a VM with its guest_memfd on one node, a trigger to fire at another
 * node, and the verdict on every page.  A property is a few of these steps in order:
 *
 *	scene_open(), scene_begin(), scene_look_before(), scene_fire(), scene_look_after(),
 *	scene_want() ..., scene_judge_with_content(), scene_close()
 */
#ifndef SELFTEST_KVM_MIGRATE_SCENE_H
#define SELFTEST_KVM_MIGRATE_SCENE_H

#include "migrate/ballast.h"
#include "migrate/suite.h"
#include "migrate/unmapped.h"
#include "migrate/verdict.h"
#include "migrate/vm.h"

struct scene {
	const struct suite *suite;
	const struct testcase *test;
	const struct trigger *trigger;
	struct promise promise;		/* of the test's row under the suite's contract */
	struct gmem_vm *gvm;
	struct verdict verdict;
	struct ballast ballast;		/* of triggers with .moves_some */
	/* In use where host user space does not map the guest_memfd, or nobody does as yet. */
	struct unmapped unmapped;
	const struct control *control;	/* of triggers with .never; NULL */
	bool unfit;			/* no node can be laid out for the trigger */
	int from;
	int to;				/* .from where there is one node only; NUMA_ANY_NODE */
};

struct scene_config {
	int nr_vcpus;
	bool hva_is_mapping;		/* see struct gmem_config ... */
	bool two_slots;			/* ... and the picture in migrate/vm.h */
	bool far;
};

/* For .missing of cases that need one node, or two. */
const char *scene_missing_one_node(const struct suite *suite, const struct testcase *test);
const char *scene_missing_two_nodes(const struct suite *suite, const struct testcase *test);

/*
 * Set up for @test, the guest_memfd bound to node .from and not touched yet (without
 * .hva_is_mapping: but for its first page).
 * Returns false where this KVM cannot run the guest so: return scene_skip() then.
 */
bool scene_open(struct scene *scene, const struct suite *suite, const struct testcase *test,
		const struct scene_config *config);
int scene_skip(void);
void scene_close(struct scene *scene);

/*
 * Have the guest fill all pages and the host map them, if it can; where the promise is that
 * nothing moves, see that the trigger moves a control (migrate/control.h).  For compaction, see to
 * that in any case: in memory that is large and full it may not come to the end of a node.
 * Returns KSFT_PASS, or the case's result, said on stdout, where the control does not move.
 */
int scene_begin(struct scene *scene);

/* Just that: have the guest fill all pages, and find out where they are. */
void scene_fill(struct scene *scene);

/*
 * Note where all pages are; a page counts as there once the host has touched it, if it may.
 */
void scene_look_before(struct scene *scene);
void scene_look_after(struct scene *scene);

/* Fire the trigger at @nr pages from @first on, in a call that should return @wanted_ret. */
void scene_fire(struct scene *scene, size_t first, size_t nr, long wanted_ret);

/* Hold placement and state of @nr pages from @first on, and the status of moved ones. */
void scene_want(struct scene *scene, size_t first, size_t nr, enum outcome outcome);

/*
 * Hold content against the pattern, as each of the two reads it.  A host that is kept away from the
 * memory must be kept away.
 */
void scene_check_host(struct scene *scene);
void scene_check_guest(struct scene *scene);

/* The host's part for whatever it has mapped at the guest's pages, be it the file or not. */
void scene_check_mapping(struct scene *scene);

/* Report what is wrong, if anything is.  Returns KSFT_PASS or KSFT_FAIL. */
int scene_judge(struct scene *scene);

/* The same after both have checked the content. */
int scene_judge_with_content(struct scene *scene);

/* Start over with the pages as they are, for a move in the other direction. */
void scene_turn_round(struct scene *scene);

#endif /* SELFTEST_KVM_MIGRATE_SCENE_H */
