// SPDX-License-Identifier: GPL-2.0-only
/*
 * Books that agree, and books that must not.
 */
#include "migrate/books.h"
#include "unit.h"

/* As in migrate/books.c. */
enum { FREE, FILE_PAGES, UNEVICTABLE };

static const struct books_noise noise = { .pages = 100, .quiet = 4 };
static const struct books_noise alike = { .pages = 100, .quiet = 4, .nodes_alike = true };

static struct books before, after;

static void start_over(void)
{
	before = after = (struct books) { .nodes = { 0, 2 }, .nr_nodes = 2, .exact = true };
}

static bool agree_with(const struct books_noise *allowed)
{
	return books_agree(&before, &after, allowed, false, "a check");
}

static void check_nodes(void)
{
	start_over();
	CHECK("nothing differs", agree_with(&noise));
	after.count[1][FREE] = -100;
	CHECK("as much as others may take", agree_with(&noise));
	after.count[1][FREE] = -101;
	CHECK("memory that is missing", !agree_with(&noise));
	after.count[1][FREE] = 5000;
	CHECK("more free than before", agree_with(&noise));
	after.count[1][FILE_PAGES] = 101;
	CHECK("pages of files that stay", !agree_with(&noise));
	start_over();
	after.count[0][UNEVICTABLE] = 5;
	CHECK("a quiet counter is held to less", !agree_with(&noise));
	before.exact = false;
	CHECK("but not where it is not exact", agree_with(&noise));
}

static void check_alike(void)
{
	start_over();
	after.count[0][FILE_PAGES] = 3000;
	after.count[1][FILE_PAGES] = -3000;
	CHECK("pages went to another node", !agree_with(&noise));
	CHECK("where they may", agree_with(&alike));
	after.count[1][FILE_PAGES] = -2800;
	CHECK("and some are left over", !agree_with(&alike));
	start_over();
	after.count[0][UNEVICTABLE] = 5;
	after.count[1][UNEVICTABLE] = -5;
	CHECK("quiet counters are each node's own", !agree_with(&alike));
}

static void check_charges(void)
{
	start_over();
	after.charge[0] = 1 << 20;
	CHECK("what a cgroup is still charged", !agree_with(&noise));
	before.charge[0] = 1 << 20;
	CHECK("as it was before", agree_with(&noise));
}

static void check_numbers(void)
{
	static const char text[] = "nr_free_pages 12\nfree 7\nfree_more 9\nlast 3";

	CHECK("the first number", books_number(text, "nr_free_pages") == 12);
	CHECK("a name is no part of another", books_number(text, "free") == 7);
	CHECK("the last number", books_number(text, "last") == 3);
	CHECK("a number that is not there", !books_number(text, "pages"));
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
