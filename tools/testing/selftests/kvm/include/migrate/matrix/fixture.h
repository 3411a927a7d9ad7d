/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a case works with: a VM with its guest_memfd on one node, a trigger to fire at another
 * node, and the verdict on every page.  A property is a few of these steps in order:
 *
 *	fixture_open(), fixture_begin(), fixture_look_before(), fixture_fire(),
 *	fixture_look_after(),
 *	fixture_expect() ..., fixture_judge_with_content(), fixture_close()
 */
#ifndef SELFTEST_KVM_MIGRATE_MATRIX_FIXTURE_H
#define SELFTEST_KVM_MIGRATE_MATRIX_FIXTURE_H

#include "migrate/gmem/gmem_vm.h"
#include "migrate/gmem/unmapped_pfns.h"
#include "migrate/matrix/contract_table.h"
#include "migrate/mm/fragment.h"
#include "migrate/runner/suite.h"
#include "migrate/verdict/verdict.h"

struct fixture {
	const struct suite *suite;
	const struct testcase *test;
	const struct trigger *trigger;
	struct expected expected;		/* of the test's row under the suite's contract */
	struct gmem_vm *gvm;
	struct verdict verdict;
	struct fragment fragment;		/* of triggers with .partial */
	/* In use where host user space does not map the guest_memfd, or nobody does as yet. */
	struct unmapped_pfns unmapped;
	const struct control *control;	/* of triggers with .never; NULL */
	bool unfit;			/* no node can be laid out for the trigger */
	int from;
	int to;				/* .from where there is one node only; NUMA_ANY_NODE */
};

struct fixture_config {
	int nr_vcpus;
	bool uaddr_is_mapping;		/* see struct gmem_config ... */
	bool two_slots;			/* ... and the picture in migrate/gmem/gmem_vm.h */
	bool large_offset;
};

/* For .missing of cases that need one node, or two. */
const char *fixture_skip_reason_one_node(const struct suite *suite, const struct testcase *test);
const char *fixture_skip_reason_two_nodes(const struct suite *suite, const struct testcase *test);

/*
 * Set up for @test, the guest_memfd bound to node .from and not touched yet (without
 * .uaddr_is_mapping: but for its first page).
 * Returns false where this KVM cannot run the guest so: return fixture_skip() then.
 */
bool fixture_open(struct fixture *fx, const struct suite *suite, const struct testcase *test,
		  const struct fixture_config *config);
int fixture_skip(void);
void fixture_close(struct fixture *fx);

/*
 * Have the guest fill all pages and the host map them, if it can; where the promise is that
 * nothing moves, see that the trigger moves a control (migrate/trigger/control.h).  For
 * compaction, see to
 * that in any case: in memory that is large and full it may not come to the end of a node.
 * Returns KSFT_PASS, or the case's result, said on stdout, where the control does not move.
 */
int fixture_begin(struct fixture *fx);

/* Just that: have the guest fill all pages, and find out where they are. */
void fixture_fill(struct fixture *fx);

/*
 * Note where all pages are; a page counts as there once the host has touched it, if it may.
 */
void fixture_look_before(struct fixture *fx);
void fixture_look_after(struct fixture *fx);

/* Fire the trigger at @nr pages from @first on, in a call that should return @expected_ret. */
void fixture_fire(struct fixture *fx, size_t first, size_t nr, long expected_ret);

/* Hold placement and state of @nr pages from @first on, and the status of moved ones. */
void fixture_expect(struct fixture *fx, size_t first, size_t nr, enum outcome outcome);

/*
 * Hold content against the pattern, as each of the two reads it.  A host that is kept away from the
 * memory must be kept away.
 */
void fixture_check_host(struct fixture *fx);
void fixture_check_guest(struct fixture *fx);

/* The host's part for whatever it has mapped at the guest's pages, be it the file or not. */
void fixture_check_mapping(struct fixture *fx);

/* Report what is wrong, if anything is.  Returns KSFT_PASS or KSFT_FAIL. */
int fixture_judge(struct fixture *fx);

/* The same after both have checked the content. */
int fixture_judge_with_content(struct fixture *fx);

/* Start over with the pages as they are, for a move in the other direction. */
void fixture_swap_nodes(struct fixture *fx);

#endif /* SELFTEST_KVM_MIGRATE_MATRIX_FIXTURE_H */
