// SPDX-License-Identifier: GPL-2.0-only
/*
 * Property not_isolated; see migrate/matrix/property_table.h.
 *
 * isolate_migratepages_block() in mm/compaction.c must skip unmovable folios by a look at their
 * mapping, rather than isolate and unmap each and fail then.  The counter of failed migrations
 * counts the whole machine's, so the same compaction without our folios is the comparison.
 */
#include "kselftest.h"
#include "kvm_util.h"
#include "migrate/matrix/property.h"
#include "migrate/mm/numa.h"
#include "migrate/mm/vmstat.h"
#include "migrate/trigger/trigger.h"

#define COMPARISONS 3

/* Fragment memory and compact it, with our folios or without.  Returns the failed migrations. */
static long failures_of_compaction(struct fixture *fx, bool ours)
{
	struct gmem_vm *gvm = fx->gvm;
	long before;

	placement_teardown(&fx->placement);
	placement_setup(&fx->placement);
	if (ours)
		gvm->kind->unmapped->populate(gvm, fx->from);
	else
		gmem_punch(gvm, 0, gvm->nr_pages);
	before = vmstat_read(NUMA_ANY_NODE, "pgmigrate_fail");
	if (ours)
		fixture_inspect_before(fx);
	fixture_fire(fx, 0, gvm->nr_pages, 0);
	return vmstat_read(NUMA_ANY_NODE, "pgmigrate_fail") - before;
}

int act_not_isolated(struct fixture *fx)
{
	long enough = fx->gvm->nr_pages / 2, ours = 0, others = 0;
	int i;

	TEST_ASSERT(vmstat_has("pgmigrate_fail"),
		    "/proc/vmstat does not count failed migrations");
	for (i = 0; i < COMPARISONS; i++) {
		others = failures_of_compaction(fx, false);
		ours = failures_of_compaction(fx, true);
		if (ours < others + enough)
			return KSFT_PASS;
	}
	ksft_print_msg("%zu unmovable folios are isolated: %s fails to migrate %ld with them, "
		       "%ld without; %s\n", fx->gvm->nr_pages, fx->trigger->call, ours,
		       others, suite_context(fx->suite));
	return KSFT_FAIL;
}
