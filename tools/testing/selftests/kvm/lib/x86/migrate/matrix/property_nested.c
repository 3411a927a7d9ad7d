// SPDX-License-Identifier: GPL-2.0-only
/*
 * Property nested; see migrate/matrix/x86_property_table.h.
 *
 * KVM maps the memory of a nested guest by page tables that shadow those of L1, not by the TDP MMU.
 */
#include "kvm_util.h"
#include "migrate/gmem/svm.h"
#include "migrate/matrix/x86_property_table.h"

/* What L1 wrote is read, written, counted and written again by L2. */
int act_nested(struct fixture *fx)
{
	int result;

	svm_enter_l2(fx->gvm);
	result = fixture_judge_content(fx) ?: act_running(fx);
	if (result || fx->expected.outcome != OUTCOME_MOVED)
		return result;
	fixture_swap_nodes(fx);
	property_fire_all(fx);
	return fixture_judge_content(fx) ?: property_rewrite_and_judge(fx);
}

/* KVM shadows the page tables that L1 has for L2, and maps neighbors of a page with it. */
int act_nested_uaddr_unused(struct fixture *fx)
{
	return property_uaddr_unused(fx, act_nested);
}
