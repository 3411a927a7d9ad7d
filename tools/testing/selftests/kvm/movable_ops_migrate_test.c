// SPDX-License-Identifier: GPL-2.0-only
/*
 * Do pages that move by operations of their own move when the kernel wants to have them elsewhere,
 * and with nothing lost?
 *
 * Property: pages of zsmalloc and of a memory balloon are no folios, and nobody has them mapped:
 * compaction, memory offlining, soft offlining and CMA allocation isolate them, have their owner
 * migrate them and, where that fails, put them back (mm/migrate.c).  The promise is in
 * MOVABLE_OPS_CONTRACT of migrate/movable_ops/ops_contract.h, and whatever comes of a page, none
 * is lost, none
 * stays isolated, none loses its type, and what is in it is what was written last.
 *
 * Algorithm, for each row of the contract and each property of migrate/movable_ops/ops_property.h:
 * have pages
 * allocated where the trigger finds them, find their frames, fire, find them again, judge once.
 * That they moved is proven by the kernel's own evidence, which has to agree: the flags of all
 * frames, the owner's count of its pages, the counter of each node, and the kernel's count of pages
 * that it migrated.  Where nothing moved, the same trigger must not move shmem either.
 *
 * Contract by kernel: such pages are typed until they are freed, and told by their type instead of
 * their mapping, since Linux 6.17.
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
	/* Nothing to observe: the promise is the same under both contracts. */
	vm_keep_one_open();
	return suite_main(&suite, argc, argv, cases, next - cases, NULL);
}
