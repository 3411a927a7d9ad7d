// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters that agree and counters that differ.
 */
#include "migrate/mm/vmstat.h"
#include "unit.h"

/* As in lib/migrate/mm/vmstat.c. */
enum { FREE, FILE_PAGES, UNEVICTABLE };

static const struct mm_tolerance tolerance = { .pages = 100, .strict = 4 };
static const struct mm_tolerance alike = { .pages = 100, .strict = 4, .sum_nodes = true };

static struct mm_counters before, after;

static void start_over(void)
{
	before = after = (struct mm_counters) { .nodes = { 0, 2 }, .nr_nodes = 2, .exact = true };
}

static bool agree_with(const struct mm_tolerance *allowed)
{
	return mm_counters_diff(&before, &after, allowed, false, "a check");
}

static void check_nodes(void)
{
	start_over();
	CHECK("nothing differs", agree_with(&tolerance));
	after.count[1][FREE] = -100;
	CHECK("as much as others may take", agree_with(&tolerance));
	after.count[1][FREE] = -101;
	CHECK("memory that is missing", !agree_with(&tolerance));
	after.count[1][FREE] = 5000;
	CHECK("more free than before", agree_with(&tolerance));
	after.count[1][FILE_PAGES] = 101;
	CHECK("pages of files that stay", !agree_with(&tolerance));
	start_over();
	after.count[0][UNEVICTABLE] = 5;
	CHECK("a strict counter is held to less", !agree_with(&tolerance));
	before.exact = false;
	CHECK("but not where it is not exact", agree_with(&tolerance));
}

static void check_alike(void)
{
	start_over();
	after.count[0][FILE_PAGES] = 3000;
	after.count[1][FILE_PAGES] = -3000;
	CHECK("pages went to another node", !agree_with(&tolerance));
	CHECK("where they may", agree_with(&alike));
	after.count[1][FILE_PAGES] = -2800;
	CHECK("and some are left over", !agree_with(&alike));
	start_over();
	after.count[0][UNEVICTABLE] = 5;
	after.count[1][UNEVICTABLE] = -5;
	CHECK("strict counters are each node's own", !agree_with(&alike));
}

static void check_charges(void)
{
	start_over();
	after.charge[0] = 1 << 20;
	CHECK("what a cgroup is still charged", !agree_with(&tolerance));
	before.charge[0] = 1 << 20;
	CHECK("as it was before", agree_with(&tolerance));
}

static void check_numbers(void)
{
	static const char text[] = "nr_free_pages 12\nfree 7\nfree_more 9\nlast 3";

	CHECK("the first number", vmstat_value(text, "nr_free_pages") == 12);
	CHECK("a name is no part of another", vmstat_value(text, "free") == 7);
	CHECK("the last number", vmstat_value(text, "last") == 3);
	CHECK("a number that is not there", !vmstat_value(text, "pages"));
}

int main(void)
{
	ksft_print_header();
	check_nodes();
	check_alike();
	check_charges();
	check_numbers();
	return unit_finish();
}
