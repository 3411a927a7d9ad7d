// SPDX-License-Identifier: GPL-2.0-only
/*
 * Property with_guest; see migrate/movable_ops/ops_property.h.  The trigger also finds the memory
 * of a running guest, which meets the contract of guest_memfd.
 */
#include "kvm_util.h"
#include "kselftest.h"
#include "migrate/matrix/fixture.h"
#include "migrate/mm/numa.h"
#include "migrate/movable_ops/ops_property.h"

static int judge_guest(struct fixture *guest, const struct contract *contract)
{
	fixture_inspect_after(guest);
	ksft_print_msg("guest_memfd: %zu of %zu pages moved, contract %s\n",
		       verdict_count_moved(&guest->verdict, NUMA_ANY_NODE, NUMA_ANY_NODE),
		       guest->gvm->nr_pages, contract_name(contract->id));
	if (contract->id == CONTRACT_UNMOVABLE && contract->source != CONTRACT_PROBED)
		fixture_expect(guest, 0, guest->gvm->nr_pages, OUTCOME_REFUSED);
	return fixture_judge_content(guest);
}

static int move_beside(struct ops_fixture *fx, struct fixture *guest)
{
	int result;

	fixture_fill(guest);
	fixture_inspect_before(guest);
	gmem_guest_start(guest->gvm);
	result = ops_fixture_begin(fx) ?: ops_fixture_move_and_judge(fx);
	gmem_guest_iterate(guest->gvm);
	if (gmem_guest_stop(guest->gvm, stdout))
		return KSFT_FAIL;
	return judge_guest(guest, &fx->suite->contract) ?: result;
}

int ops_act_with_guest(struct ops_fixture *fx)
{
	const struct fixture_config config = { .nr_vcpus = 1 };
	/* No trigger: the one of @fx finds the guest's memory, too. */
	const struct contract_row row = { .vm = &vm_kind_default };
	struct testcase test = *fx->test;
	struct fixture guest;
	int result;

	test.row = &row;
	ops_fixture_add(fx, &ops_balloon);
	if (fixture_open(&guest, fx->suite, &test, &config))
		result = move_beside(fx, &guest);
	else
		result = fixture_skip();
	fixture_close(&guest);
	return result;
}
