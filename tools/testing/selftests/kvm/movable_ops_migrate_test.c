// SPDX-License-Identifier: GPL-2.0-only
/*
 * Do pages that move by operations of their own move when the kernel wants to have them elsewhere,
 * and with nothing lost?
 *
 * Property: pages of zsmalloc and of a memory balloon are no folios, and nobody has them mapped:
 * compaction, memory offlining, soft offlining and CMA allocation isolate them, have their owner
 * migrate them and, where that fails, put them back (mm/migrate.c).  The promise is in
 * MOVABLE_OPS_CONTRACT of migrate/contract.h, and whatever comes of a page, none is lost, none
 * stays isolated, none loses its type, and what is in it is what was written last.
 *
 * Algorithm, for each row of the contract and each property of migrate/ops_property.h: have pages
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
#include "migrate/balloon.h"
#include "migrate/ops_property.h"
#include "migrate/trigger.h"
#include "migrate/zram.h"

struct ops_case {
	const struct ops_row *row;
	const struct ops_property *property;
};

static const char *missing(const struct suite *suite, const struct testcase *test)
{
	const struct ops_case *of_test = test->data;
	const char *missing = ops_row_missing(suite, of_test->row);

	if (!missing && of_test->property->missing)
		missing = of_test->property->missing(suite);
	return missing;
}

static int run(const struct suite *suite, const struct testcase *test)
{
	const struct ops_case *of_test = test->data;
	struct ops_scene scene;
	int result;

	ops_scene_open(&scene, suite, test, of_test->row);
	result = of_test->property->act(&scene);
	return ops_scene_close(&scene) ?: result;
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
			.missing = missing,
			.run = run,
			.outside = property->outside ?: row->kind->outside,
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
		.options = { .contract = -1, .pages = 64, .rounds = 2 },
	};
	size_t most = nr_ops_rows * nr_ops_properties, i;
	struct testcase cases[most], *next = cases;
	struct ops_case data[most], *next_data = data;

	zram_share();
	balloon_share();
	for (i = 0; i < nr_ops_rows; i++)
		add_cases(&next, &next_data, &ops_rows[i]);
	/* Nothing to observe: the promise is the same under both contracts. */
	return suite_main(&suite, argc, argv, cases, next - cases, NULL);
}
