// SPDX-License-Identifier: GPL-2.0-only
#include "kselftest.h"
#include "kvm_util.h"
#include "migrate/gmem/gmem_vm.h"
#include "migrate/matrix/absent_kinds.h"

static const char *kind_skip_reason(const struct suite *suite, const struct testcase *test)
{
	(void)suite;
	return vm_kind_skip_reason(test->row->vm);
}

/* The launch of these kinds is not implemented: their skip reason is never NULL. */
static int run_nothing(const struct suite *suite, const struct testcase *test)
{
	return suite_skip(kind_skip_reason(suite, test));
}

static void add_case(struct case_list *list, const struct vm_kind *kind)
{
	const struct testcase test = {
		.skip_reason = kind_skip_reason,
		.run = run_nothing,
		.row = contract_rows_for(kind, private_memory_rows, 1),
	};

	case_list_add(list, &test, "");
	snprintf(list->cases[list->nr - 1].name, sizeof(test.name), "all.%s", kind->name);
}

void absent_kinds_add_cases(struct case_list *list, const struct vm_kind * const *kinds)
{
	for (; *kinds; kinds++)
		add_case(list, *kinds);
}
