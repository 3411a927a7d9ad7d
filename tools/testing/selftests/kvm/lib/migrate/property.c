// SPDX-License-Identifier: GPL-2.0-only
#include "kselftest.h"
#include "migrate/numa.h"
#include "migrate/outside.h"
#include "migrate/property.h"
#include "migrate/trigger.h"

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
		.name = "running_hva",
		.act = act_running,
		.only = { &trigger_move_pages },
		.needs_mapping = true,
		.config = { .nr_vcpus = 2, .hva_is_mapping = true },
	},
	{
		.name = "running_slots",
		.act = act_running,
		.only = { &trigger_move_pages },
		.needs_mapping = true,
		.config = { .nr_vcpus = 2, .two_slots = true },
	},
	{
		.name = "running_far",
		.act = act_running,
		.only = { &trigger_move_pages },
		.needs_mapping = true,
		.config = { .nr_vcpus = 2, .two_slots = true, .far = true },
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
		.name = "charged",
		.act = act_charged,
		.only = { &trigger_move_pages },
		.needs_mapping = true,
		.outside = &outside_charged,
		.config = { .nr_vcpus = 1 },
	},
	{
		.name = "two_processes",
		.act = act_two_processes,
		.needs_mapping = true,
		.config = { .nr_vcpus = 1 },
	},
	{
		.name = "already_there",
		.act = act_already_there,
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
		.missing = missing_longterm_pin,
		.config = { .nr_vcpus = 1 },
	},
	{
		.name = "refilled",
		.act = act_refilled,
		.only = { &trigger_move_pages, &trigger_mbind_strict },
		.needs_mapping = true,
		.fills_target = true,
		.config = { .nr_vcpus = 1 },
	},
	{
		.name = "punched",
		.act = act_punched,
		.only = { &trigger_move_pages },
		.needs_mapping = true,
		.config = { .nr_vcpus = 1 },
	},
	{
		.name = "unused",
		.act = act_unused,
		.only = { &trigger_compact },
		.config = { .nr_vcpus = 1 },
	},
	{
		.name = "only_its_range",
		.act = act_only_its_range,
		.only = { &trigger_move_pages },
		.needs_mapping = true,
		.config = { .nr_vcpus = 1, .two_slots = true },
	},
	{
		.name = "own_memory",
		.act = act_own_memory,
		.only = { &trigger_move_pages },
		.needs_mapping = true,
		.missing = gmem_own_missing,
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
		.missing = missing_weighted_interleave,
		.outside = &outside_weighted_interleave,
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
	return !row->trigger->never &&
	       is_among(row->trigger, property->only) &&
	       !(property->needs_range && row->trigger->no_range) &&
	       !(property->needs_target && row->trigger->any_node) &&
	       !(property->needs_parts && row->trigger->whole) &&
	       !(property->needs_mapping && !vm_kind_host_maps(row->vm)) &&
	       !(property->needs_folios && !contract_row_finds_folios(row));
}

/* Where the kernel does not move folios, it does not allocate them in ZONE_MOVABLE either. */
static const char *missing_target(const struct suite *suite, const struct testcase *test)
{
	const struct promise *promise = &test->row->promise[suite->contract.id];

	if (outcome_moves(promise->outcome) ||
	    numa_holds_unmovable(suite->nodes[suite->nr_nodes - 1]))
		return NULL;
	return "all memory of the second node is in ZONE_MOVABLE, and the pages do not move "
	       "(use a node with other memory, or the lab's two-node machine)";
}

const char *property_missing(const struct suite *suite, const struct testcase *test)
{
	const struct property *property = test->data;
	const char *missing = scene_missing_two_nodes(suite, test);

	if (!missing && property->fills_target)
		missing = missing_target(suite, test);
	if (!missing && property->missing)
		missing = property->missing();
	if (!missing)
		missing = outside_missing(property->outside);
	return missing;
}

int property_run(const struct suite *suite, const struct testcase *test)
{
	const struct property *property = test->data;
	struct scene scene;
	int result;

	if (!scene_open(&scene, suite, test, &property->config))
		return scene_skip();
	result = scene_begin(&scene) ?: property->act(&scene);
	scene_close(&scene);
	return result;
}
