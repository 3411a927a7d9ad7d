// SPDX-License-Identifier: GPL-2.0-only
#include "kselftest.h"
#include "migrate/matrix/property.h"
#include "migrate/mm/numa.h"
#include "migrate/runner/test_env.h"
#include "migrate/trigger/trigger.h"

#include "property_acts.h"

const struct property properties[] = {
	{ .name = "idle", .act = act_idle, .config = { .nr_vcpus = 1 } },
	{
		.name = "running",
		.act = act_running,
		.needs_folios = true,
		.config = { .nr_vcpus = 2 },
	},
	{
		.name = "running_uaddr",
		.act = act_running,
		.only = { &trigger_move_pages },
		.needs_mapping = true,
		.config = { .nr_vcpus = 2, .uaddr_is_mapping = true },
	},
	{
		.name = "running_two_slots",
		.act = act_running,
		.only = { &trigger_move_pages },
		.needs_mapping = true,
		.config = { .nr_vcpus = 2, .two_slots = true },
	},
	{
		.name = "running_large_offset",
		.act = act_running,
		.only = { &trigger_move_pages },
		.needs_mapping = true,
		.config = { .nr_vcpus = 2, .two_slots = true, .large_offset = true },
	},
	{
		.name = "partial",
		.act = act_partial,
		.needs_range = true,
		.needs_folios = true,
		.config = { .nr_vcpus = 1 },
	},
	{
		.name = "no_leak",
		.act = act_no_leak,
		.only = { &trigger_move_pages, &trigger_compact },
		.needs_folios = true,
		.config = { .nr_vcpus = 1 },
	},
	{
		.name = "memcg_charge",
		.act = act_memcg_charge,
		.only = { &trigger_move_pages },
		.needs_mapping = true,
		.env = &env_memcg,
		.config = { .nr_vcpus = 1 },
	},
	{
		.name = "shared_mapping",
		.act = act_shared_mapping,
		.needs_mapping = true,
		.config = { .nr_vcpus = 1 },
	},
	{
		.name = "already_on_node",
		.act = act_already_on_node,
		.needs_target = true,
		.needs_folios = true,
		.config = { .nr_vcpus = 1 },
	},
	{
		.name = "pinned",
		.act = act_pinned,
		.needs_parts = true,
		.needs_mapping = true,
		.config = { .nr_vcpus = 1 },
	},
	{
		.name = "pinned_longterm",
		.act = act_pinned_longterm,
		.only = { &trigger_move_pages, &trigger_mbind_strict },
		.needs_mapping = true,
		.skip_reason = longterm_pin_skip_reason,
		.config = { .nr_vcpus = 1 },
	},
	{
		.name = "punch_refault",
		.act = act_punch_refault,
		.only = { &trigger_move_pages, &trigger_mbind_strict },
		.needs_mapping = true,
		.fills_target = true,
		.config = { .nr_vcpus = 1 },
	},
	{
		.name = "punch_race",
		.act = act_punch_race,
		.only = { &trigger_move_pages },
		.needs_mapping = true,
		.config = { .nr_vcpus = 1 },
	},
	{
		.name = "not_uptodate",
		.act = act_not_uptodate,
		.only = { &trigger_compact },
		.config = { .nr_vcpus = 1 },
	},
	{
		.name = "zap_exact",
		.act = act_zap_exact,
		.only = { &trigger_move_pages },
		.needs_mapping = true,
		.config = { .nr_vcpus = 1, .two_slots = true },
	},
	{
		.name = "guest_image",
		.act = act_guest_image,
		.only = { &trigger_move_pages },
		.needs_mapping = true,
		.skip_reason = slot0_gmem_skip_reason,
		.config = { .nr_vcpus = 1 },
	},
	{
		.name = "policy_bind",
		.act = act_policy_bind,
		.only = { &trigger_mbind_strict },
		.needs_mapping = true,
		.fills_target = true,
		.config = { .nr_vcpus = 1 },
	},
	{
		.name = "policy_preferred",
		.act = act_policy_preferred,
		.only = { &trigger_mbind_strict },
		.needs_mapping = true,
		.fills_target = true,
		.config = { .nr_vcpus = 1 },
	},
	{
		.name = "policy_interleave",
		.act = act_policy_interleave,
		.only = { &trigger_mbind_strict },
		.needs_mapping = true,
		.fills_target = true,
		.config = { .nr_vcpus = 1 },
	},
	{
		.name = "policy_weighted",
		.act = act_policy_weighted,
		.only = { &trigger_mbind_strict },
		.needs_mapping = true,
		.fills_target = true,
		.skip_reason = weighted_interleave_skip_reason,
		.env = &env_weighted_interleave,
		.config = { .nr_vcpus = 1 },
	},
	{
		.name = "policy_local",
		.act = act_policy_local,
		.only = { &trigger_mbind_strict },
		.needs_mapping = true,
		.fills_target = true,
		.config = { .nr_vcpus = 1 },
	},
};

const size_t nr_properties = ARRAY_SIZE(properties);

/* A list of none is one of all. */
static bool is_among(const struct trigger *trigger, const struct trigger * const *list)
{
	size_t i;

	for (i = 0; i < PROPERTY_TRIGGERS_MAX && list[i]; i++)
		if (list[i] == trigger)
			return true;
	return !list[0];
}

bool property_applies(const struct property *property, const struct contract_row *row)
{
	return !row->trigger->must_not_touch &&
	       is_among(row->trigger, property->only) &&
	       !(property->needs_range && row->trigger->no_range) &&
	       !(property->needs_target && row->trigger->kernel_picks_node) &&
	       !(property->needs_parts && row->trigger->all_or_nothing) &&
	       !(property->needs_mapping && !vm_kind_host_maps(row->vm)) &&
	       !(property->needs_folios && !contract_row_finds_folios(row));
}

/* Where the kernel does not move folios, it does not allocate them in ZONE_MOVABLE either. */
static const char *target_skip_reason(const struct suite *suite, const struct testcase *test)
{
	const struct expected *expected = &test->row->expected[suite->contract.id];

	if (outcome_moves(expected->outcome) ||
	    numa_holds_unmovable(suite->nodes[suite->nr_nodes - 1]))
		return NULL;
	return "all memory of the second node is in ZONE_MOVABLE, and the pages do not move "
	       "(use a node with other memory, or the lab's two-node machine)";
}

const char *property_skip_reason(const struct suite *suite, const struct testcase *test)
{
	const struct property *property = test->data;
	const char *reason = fixture_skip_reason_two_nodes(suite, test);

	if (!reason && property->fills_target)
		reason = target_skip_reason(suite, test);
	if (!reason && property->skip_reason)
		reason = property->skip_reason();
	if (!reason)
		reason = test_env_skip_reason(property->env);
	return reason;
}

int property_run(const struct suite *suite, const struct testcase *test)
{
	const struct property *property = test->data;
	struct fixture fx;
	int result;

	if (!fixture_open(&fx, suite, test, &property->config))
		return fixture_skip();
	result = fixture_begin(&fx) ?: property->act(&fx);
	fixture_close(&fx);
	return result;
}
