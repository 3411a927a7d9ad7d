// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test that movable_ops pages, of zsmalloc and of a memory balloon, migrate without loss.
 *
 * Property: compaction, memory offlining, soft offlining and CMA allocation isolate such pages,
 * have their owner migrate them and put them back where that fails (mm/migrate.c), as
 * MOVABLE_OPS_CONTRACT in migrate/movable_ops/movable_ops.h says.  No page is lost, stays isolated
 * or loses its type, and each holds what was written last.
 *
 * Algorithm, for each row of the contract and each property of migrate/movable_ops/movable_ops.h:
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
#include "migrate/movable_ops/movable_ops.h"
#include "migrate/runner/testcase.h"
#include "migrate/trigger/trigger.h"

struct ops_case {
	const struct ops_row *row;
	const struct ops_property *property;
};

static const char *skip_reason(const struct suite *suite, const struct testcase *test)
{
	const struct ops_case *of_test = test->data;
	const struct ops_property *property = of_test->property;
	const char *reason = ops_skip_reason(of_test->row->kind) ?:
			     trigger_skip_reason(suite, of_test->row->trigger);

	if (!reason && property->second)
		reason = ops_skip_reason(property->second);
	if (!reason && property->skip_reason)
		reason = property->skip_reason(suite);
	return reason;
}

static int run(const struct suite *suite, const struct testcase *test)
{
	const struct ops_case *of_test = test->data;
	struct ops_fixture fx;
	int result;

	ops_fixture_open(&fx, suite, of_test->row, of_test->property->second);
	result = of_test->property->act(&fx);
	return ops_fixture_close(&fx) ?: result;
}

int main(int argc, char **argv)
{
	struct suite suite = {
		.program = "movable_ops_migrate_test",
		.options = { .contract = -1, .pages = 64, .iterations = 2 },
	};
	struct testcase cases[nr_ops_rows * nr_ops_properties];
	struct ops_case data[nr_ops_rows * nr_ops_properties];
	size_t nr = 0, i, j;

	for (i = 0; i < nr_ops_rows; i++) {
		for (j = 0; j < nr_ops_properties; j++) {
			if (!ops_property_applies(&ops_properties[j], &ops_rows[i]))
				continue;
			data[nr] = (struct ops_case) { &ops_rows[i], &ops_properties[j] };
			cases[nr] = (struct testcase) {
				.skip_reason = skip_reason,
				.run = run,
				.slow = ops_properties[j].slow,
				.data = &data[nr],
			};
			snprintf(cases[nr].name, sizeof(cases[nr].name), "%s.%s.%s",
				 ops_rows[i].trigger->name, ops_rows[i].kind->name,
				 ops_properties[j].name);
			nr++;
		}
	}
	vm_keep_one_open();
	/* No probe: both contracts expect the same. */
	return suite_main(&suite, argc, argv, cases, nr, NULL);
}
