// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdlib.h>

#include "kselftest.h"
#include "kvm_util.h"
#include "migrate/gmem/guest_image.h"
#include "migrate/gmem/launch.h"
#include "migrate/matrix/property.h"
#include "migrate/mm/numa.h"
#include "migrate/trigger/trigger.h"

/* The columns of the table. */
#define ALL		.triggers = TRIGGERS_ALL
#define RANGE		.triggers = TRIGGERS_RANGE
#define NODE		.triggers = TRIGGERS_NODE
#define PER_PAGE	.triggers = TRIGGERS_PER_PAGE
#define ONLY(a)		.only = { &trigger_##a }
#define EITHER(a, b)	.only = { &trigger_##a, &trigger_##b }
#define ONE		.two_slots = false
#define UADDR		.uaddr_is_mapping = true
#define TWO		.two_slots = true
#define FAR		.two_slots = true, .large_offset = true
#define MANY		.nr_pages = PROPERTY_MANY_PAGES
#define HOLES		.nr_pages = PROPERTY_SPARSE_PAGES
#define FEW		.few_pages = true
#define LATE		.launch_later = true

#define ROW(_name, _act, _triggers, _pages, _slots, _vcpus, ...)	\
	{								\
		.name = #_name,						\
		.act = act_##_act,					\
		_triggers,						\
		.pages = PAGES_##_pages,				\
		.config = { .nr_vcpus = _vcpus, _slots },		\
		__VA_ARGS__						\
	},

const struct property properties[] = { PROPERTIES(ROW) };
const size_t nr_properties = ARRAY_SIZE(properties);

void case_list_add(struct case_list *list, const struct testcase *test, const char *name, ...)
{
	struct testcase *added;
	va_list args;

	list->cases = realloc(list->cases, (list->nr + 1) * sizeof(*list->cases));
	TEST_ASSERT(list->cases, "out of memory");
	added = &list->cases[list->nr++];
	*added = *test;
	if (test->row && test->row->trigger && test->row->trigger->env)
		added->env = test->row->trigger->env;
	va_start(args, name);
	vsnprintf(added->name, sizeof(added->name), name, args);
	va_end(args);
}

static bool triggers_apply(const struct property *property, const struct trigger *trigger)
{
	if (property->only[0])
		return trigger == property->only[0] || trigger == property->only[1];
	switch (property->triggers) {
	case TRIGGERS_RANGE:
		return !trigger->no_range;
	case TRIGGERS_NODE:
		return !trigger->kernel_picks_node;
	case TRIGGERS_PER_PAGE:
		return !trigger->all_or_nothing;
	default:
		return true;
	}
}

/* Whether the trigger finds folios under at least one contract. */
static bool finds_folios(const struct contract_row *row)
{
	int id;

	for (id = 0; id < NR_FILE_CONTRACTS; id++)
		if (row->expected[id].outcome != OUTCOME_NOT_MAPPED &&
		    row->expected[id].outcome != OUTCOME_NO_FOLIO)
			return true;
	return false;
}

static bool pages_apply(const struct property *property, const struct contract_row *row)
{
	switch (property->pages) {
	case PAGES_FOUND:
		return finds_folios(row);
	case PAGES_MAPPED:
		return vm_kind_host_maps(row->vm);
	case PAGES_PRIVATE:
		return row->vm->private_mem;
	case PAGES_LAUNCHED:
		return row->vm->private_mem && row->vm->launch && row->vm->launch->fill;
	default:
		return true;
	}
}

bool property_applies(const struct property *property, const struct contract_row *row)
{
	bool never = property->triggers == TRIGGERS_NEVER;

	if (never != !!row->trigger->must_not_touch)
		return false;
	return triggers_apply(property, row->trigger) && pages_apply(property, row);
}

/* The kernel does not allocate unmovable folios in ZONE_MOVABLE. */
static const char *target_skip_reason(const struct suite *suite, const struct testcase *test)
{
	const struct expected *expected = &test->row->expected[contract_of_kind(&suite->contract,
										test->row->vm)];

	if (outcome_moves(expected->outcome) ||
	    numa_holds_unmovable(suite->nodes[suite->nr_nodes - 1]))
		return NULL;
	return "all memory of the second node is in ZONE_MOVABLE and the pages are unmovable "
	       "(needs a second node with other memory)";
}

static const char *skip_reason(const struct suite *suite, const struct testcase *test)
{
	const struct property *property = test->data;
	const char *reason = fixture_skip_reason_two_nodes(suite, test);

	if (!reason && property->allocates_on_target)
		reason = target_skip_reason(suite, test);
	if (!reason && property->skip_reason)
		reason = property->skip_reason();
	if (!reason && property->unsafe && !suite->options.unsafe)
		reason = "the machine must be booted again (give -U to run it)";
	return reason;
}

static int run(const struct suite *suite, const struct testcase *test)
{
	const struct property *property = test->data;

	return fixture_run(suite, test, &property->config, !property->unfilled, property->act);
}

void property_add_case(struct case_list *list, const struct contract_row *row,
		       const struct property *property)
{
	const char *prefix = row->trigger->name;
	const struct testcase test = {
		.skip_reason = skip_reason,
		.run = run,
		.row = row,
		.env = property->env,
		.unsafe = property->unsafe,
		.data = property,
	};

	if (property->group)
		prefix = property->group;
	if (property_applies(property, row))
		case_list_add(list, &test, "%s.%s.%s", prefix, row->vm->name, property->name);
}
