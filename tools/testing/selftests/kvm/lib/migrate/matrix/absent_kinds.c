// SPDX-License-Identifier: GPL-2.0-only
#include "migrate/matrix/more_cases.h"

static const char *skip_reason(const struct suite *suite, const struct testcase *test)
{
	(void)suite;
	return vm_kind_skip_reason(test->data);
}

/* The launch of these kinds is not implemented: their skip reason is never NULL. */
static int run(const struct suite *suite, const struct testcase *test)
{
	return suite_skip(skip_reason(suite, test));
}

void absent_kinds_add_cases(struct case_list *list, const struct vm_kind * const *kinds)
{
	struct testcase test = { .skip_reason = skip_reason, .run = run };

	for (; *kinds; kinds++) {
		test.data = *kinds;
		case_list_add(list, &test, "all.%s", (*kinds)->name);
	}
}
