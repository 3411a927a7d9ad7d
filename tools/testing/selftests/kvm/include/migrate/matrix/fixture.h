/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fixture of a case: a VM with its guest_memfd on one node, a trigger that targets another
 * node, and the verdict on every page.  A case calls, in this order:
 *
 *	fixture_open()			\ fixture_run()
 *	fixture_begin()			/
 *	fixture_inspect_before()
 *	fixture_fire()
 *	fixture_inspect_after()
 *	fixture_expect() ...
 *	fixture_judge_content()
 *	fixture_close()			  fixture_run()
 */
#ifndef SELFTEST_KVM_MIGRATE_MATRIX_FIXTURE_H
#define SELFTEST_KVM_MIGRATE_MATRIX_FIXTURE_H

#include "migrate/gmem/gmem_vm.h"
#include "migrate/matrix/contract_table.h"
#include "migrate/runner/testcase.h"
#include "migrate/trigger/placement.h"
#include "migrate/verdict/verdict.h"

struct fixture {
	const struct suite *suite;
	const struct testcase *test;
	const struct trigger *trigger;	/* NULL: the pages are only allocated */
	struct expected expected;	/* of the test's row under the suite's contract */
	struct gmem_vm *gvm;
	struct verdict verdict;
	struct placement_state placement;
	bool never_moves;		/* the trigger moved no page, however often it was fired */
	const struct control *control;	/* of triggers with .must_not_touch, else NULL */
	int from;
	int to;				/* .from on a machine with one node; NUMA_ANY_NODE */
};

/* Return what this machine lacks for a case with one node, or two, as a SKIP reason, or NULL. */
const char *fixture_skip_reason_one_node(const struct suite *suite, const struct testcase *test);
const char *fixture_skip_reason_two_nodes(const struct suite *suite, const struct testcase *test);

/*
 * Create the VM of @test, with the guest_memfd bound to node .from.  No page is allocated, except
 * for the first one without .uaddr_is_mapping.
 * @config has the vCPUs and memslots; the rest is of the suite and of the placement.
 * Returns false where this KVM cannot run such a guest: the case must return fixture_skip().
 */
bool fixture_open(struct fixture *fx, const struct suite *suite, const struct testcase *test,
		  const struct gmem_config *config);
int fixture_skip(void);
void fixture_close(struct fixture *fx);

/* Open, begin if the pages must be @filled, call @act, close.  Returns the result of the case. */
int fixture_run(const struct suite *suite, const struct testcase *test,
		const struct gmem_config *config, bool filled, int (*act)(struct fixture *fx));

/*
 * Fill all pages by the guest and map them by the host, if it can.  Where the contract says that
 * nothing moves, the trigger must move a control (migrate/trigger/control.h).  Compaction must do
 * so in any case: on a node with much memory in use it may stop early.
 * Returns KSFT_PASS, or KSFT_FAIL or KSFT_SKIP where the control does not move.
 */
int fixture_begin(struct fixture *fx);

/* Fill all pages by the guest and inspect the host's view. */
void fixture_fill(struct fixture *fx);

/* Initialise .verdict for the pages of .gvm. */
void fixture_open_verdict(struct fixture *fx);

/* Fill all pages where .placement needs them.  Returns as placement_populate() does. */
int fixture_populate(struct fixture *fx, int tries);

/*
 * Note node, frame and flags of all pages.  A mapped page counts once the host has touched it.
 * The first forgets the verdict on the last trigger, if it is good.
 */
void fixture_inspect_before(struct fixture *fx);
void fixture_inspect_after(struct fixture *fx);

/* Fire the trigger at @nr pages from @first on; the call must return @expected_ret. */
void fixture_fire(struct fixture *fx, size_t first, size_t nr, long expected_ret);

/*
 * For cases that fire in another way: how often they may fire again where no page has moved, and
 * whether they must.  The second function inspects the pages and sets up the placement again.
 */
int fixture_fire_tries(const struct fixture *fx);
bool fixture_fire_again(struct fixture *fx, int *tries);

/* The same between two inspections. */
void fixture_fire_inspected(struct fixture *fx, size_t first, size_t nr, long expected_ret);

/* Compare placement, flags and status of @nr pages from @first on with @outcome. */
void fixture_expect(struct fixture *fx, size_t first, size_t nr, enum outcome outcome);

/*
 * Compare the content with the pattern, as host and guest read it.  Where the host must not access
 * the memory, its access must fault; where it finds ciphertext, it only touches each page.
 */
void fixture_check_host(struct fixture *fx);
void fixture_check_guest(struct fixture *fx);

/* The same for the memory that the host maps for the guest's pages, guest_memfd or not. */
void fixture_check_mapping(struct fixture *fx);

/*
 * Report bad pages.  Returns KSFT_PASS or KSFT_FAIL, or KSFT_SKIP where compaction does not move
 * even a control.
 */
int fixture_judge(struct fixture *fx);

/* Check the content by host and guest, then judge. */
int fixture_judge_content(struct fixture *fx);

/* Stop the running guest, then judge the content; a vCPU that died is a failure. */
int fixture_stop_and_judge(struct fixture *fx);

/* Prepare a move in the other direction. */
void fixture_swap_nodes(struct fixture *fx);

#endif /* SELFTEST_KVM_MIGRATE_MATRIX_FIXTURE_H */
