// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test that movable_ops pages, of zsmalloc and of a memory balloon, migrate without loss.
 *
 * Property: compaction, memory offlining, soft offlining and CMA allocation isolate such pages,
 * have their owner migrate them and put them back where that fails (mm/migrate.c), as
 * MOVABLE_OPS_CONTRACT in migrate/movable_ops/ops_contract.h says.  No page is lost, stays isolated
 * or loses its type, and each holds what was written last.
 *
 * Algorithm, for each row of the contract and each property of migrate/movable_ops/ops_property.h:
 * allocate pages where the trigger finds them, find their frames, fire, find them again, judge
 * once.  Four observations must agree: the flags of all frames, the owner's count of its pages, the
 * counter of each node, and the kernel's count of migrated pages.  Where nothing moved, the same
 * trigger must not move shmem either.
 *
 * Contract by kernel: since Linux 6.17 such pages keep their type until they are freed, and the
 * type identifies them.
 */
#include <stdio.h>

#include "kvm_util.h"
#include "migrate/gmem/gmem_vm.h"
#include "migrate/mm/balloon.h"
#include "migrate/mm/zram.h"
#include "migrate/movable_ops/ops_property.h"
#include "migrate/runner/suite.h"
#include "migrate/trigger/trigger.h"

struct ops_case {
	const struct ops_row *row;
	const struct ops_property *property;
};

static const char *reason(const struct suite *suite, const struct testcase *test)
{
	const struct ops_case *of_test = test->data;
	const char *reason = ops_row_skip_reason(suite, of_test->row);

	if (!reason && of_test->property->skip_reason)
		reason = of_test->property->skip_reason(suite);
	return reason;
}

static int run(const struct suite *suite, const struct testcase *test)
{
	const struct ops_case *of_test = test->data;
	struct ops_fixture fx;
	int result;

	ops_fixture_open(&fx, suite, test, of_test->row);
	result = of_test->property->act(&fx);
	return ops_fixture_close(&fx) ?: result;
}

static void add_cases(struct testcase **next, struct ops_case **data, const struct ops_row *row)
{
	size_t i;

	for (i = 0; i < nr_ops_properties; i++) {
		const struct ops_property *property = &ops_properties[i];

		if (!ops_property_applies(property, row))
			continue;
		**data = (struct ops_case) { .row = row, .property = property };
		**next = (struct testcase) {
			.skip_reason = reason,
			.run = run,
			.data = *data,
		};
		snprintf((*next)->name, sizeof((*next)->name), "%s.%s.%s", row->trigger->name,
			 row->kind->name, property->name);
		(*next)++;
		(*data)++;
	}
}

int main(int argc, char **argv)
{
	struct suite suite = {
		.program = "movable_ops_migrate_test",
		.options = { .contract = -1, .pages = 64, .iterations = 2 },
	};
	size_t most = nr_ops_rows * nr_ops_properties, i;
	struct testcase cases[most], *next = cases;
	struct ops_case data[most], *next_data = data;

	for (i = 0; i < nr_ops_rows; i++)
		add_cases(&next, &next_data, &ops_rows[i]);
	/* No probe: both contracts are the same for these pages. */
	vm_keep_one_open();
	return suite_main(&suite, argc, argv, cases, next - cases, NULL);
}
