// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "kvm_util.h"
#include "migrate/gmem/gmem_vm.h"
#include "migrate/matrix/alloc_zone.h"
#include "migrate/matrix/case_list.h"
#include "migrate/trigger/trigger.h"

void case_list_add_named(struct case_list *list, const struct testcase *test, const char *what,
			 const char *property)
{
	const struct contract_row *row = test->row;
	struct testcase *added;

	list->cases = realloc(list->cases, (list->nr + 1) * sizeof(*list->cases));
	TEST_ASSERT(list->cases, "out of memory");
	added = &list->cases[list->nr++];
	*added = *test;
	if (row->trigger && row->trigger->env)
		added->env = row->trigger->env;
	snprintf(added->name, sizeof(added->name), "%s.%s.%s", what, row->vm->name, property);
}

void case_list_add(struct case_list *list, const struct testcase *test, const char *property)
{
	const struct contract_row *row = test->row;
	const char *what = row->trigger ? row->trigger->name : row->zone->name;

	case_list_add_named(list, test, what, property);
}
