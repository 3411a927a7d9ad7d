// SPDX-License-Identifier: GPL-2.0-only
/*
 * Property unevictable_disallowed; see migrate/matrix/property_table.h.
 */
#include <string.h>
#include <unistd.h>

#include "kselftest.h"
#include "kvm_util.h"
#include "migrate/matrix/property.h"
#include "migrate/runner/test_env.h"
#include "migrate/util/sysfile.h"

/* Without it isolate_migratepages() in mm/compaction.c leaves unevictable folios alone. */
#define ALLOWED	"/proc/sys/vm/compact_unevictable_allowed"

static const struct setting settings[] = {
	{ .path = ALLOWED, .value = "0\n" },
	{},
};

const struct test_env env_unevictable_disallowed = { .settings = settings };

const char *unevictable_disallowed_skip_reason(void)
{
	if (access(ALLOWED, W_OK))
		return "vm.compact_unevictable_allowed cannot be set (be root, needs "
		       "CONFIG_COMPACTION)";
	return NULL;
}

/* Fire at all pages, which must meet @expected, and judge their content. */
static int fire_and_judge(struct fixture *fx, const struct expected *expected)
{
	verdict_reset(&fx->verdict);
	fx->expected = *expected;
	property_fire_all(fx);
	return fixture_judge_content(fx);
}

/* The second compaction shows that the pages were in the way of the first one. */
int act_unevictable_disallowed(struct fixture *fx)
{
	const struct expected contract = fx->expected;
	const struct expected refused = { OUTCOME_REFUSED, RET_0 };
	int result = fire_and_judge(fx, &refused), r;

	if (result)
		return result;
	r = sysfile_write(ALLOWED, "1\n");
	TEST_ASSERT(!r, "cannot change " ALLOWED ": %s", strerror(-r));
	return fire_and_judge(fx, &contract) ?: property_rewrite_and_judge(fx);
}
