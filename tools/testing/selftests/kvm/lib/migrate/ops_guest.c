// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages of both kinds move beside a guest at work, whose memory the same trigger finds: it moves,
 * or must not, as the contract for guest_memfd says, and the guest notices nothing.
 */
#include "kvm_util.h"
#include "kselftest.h"
#include "migrate/numa.h"
#include "migrate/ops_property.h"
#include "migrate/scene.h"
#include "migrate/trigger.h"

/* Nothing is fired at the guest's memory on its own, and no memory laid out for it. */
static const struct trigger trigger_none = { .name = "none", .any_node = true };

static int judge_guest(struct scene *guest, const struct contract *contract)
{
	scene_look_after(guest);
	ksft_print_msg("guest_memfd: %zu of %zu pages moved, contract %s\n",
		       verdict_count_moved(&guest->verdict, NUMA_ANY_NODE, NUMA_ANY_NODE),
		       guest->gvm->nr_pages, contract_name(contract->id));
	if (contract->id == CONTRACT_UNMOVABLE && contract->source != CONTRACT_OBSERVED)
		scene_want(guest, 0, guest->gvm->nr_pages, OUTCOME_REFUSED);
	return scene_judge_with_content(guest);
}

static int move_beside(struct ops_scene *scene, struct scene *guest)
{
	int result;

	scene_fill(guest);
	scene_look_before(guest);
	gmem_guest_start(guest->gvm);
	result = ops_scene_begin(scene) ?: ops_move_and_judge(scene);
	gmem_guest_lap(guest->gvm);
	if (gmem_guest_stop(guest->gvm, stdout))
		return KSFT_FAIL;
	return judge_guest(guest, &scene->suite->contract) ?: result;
}

int ops_act_beside_guest(struct ops_scene *scene)
{
	const struct scene_config config = { .nr_vcpus = 1 };
	const struct contract_row row = { .trigger = &trigger_none, .vm = &vm_kind_default };
	struct testcase test = *scene->test;
	struct scene guest;
	int result;

	test.row = &row;
	ops_scene_add(scene, &ops_balloon);
	if (scene_open(&guest, scene->suite, &test, &config))
		result = move_beside(scene, &guest);
	else
		result = scene_skip();
	scene_close(&guest);
	return result;
}
