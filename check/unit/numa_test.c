// SPDX-License-Identifier: GPL-2.0-only
/*
 * Node lists as the kernel prints them, and what is no such list.
 */
#include <errno.h>

#include "migrate/mm/numa.h"
#include "unit.h"

/* The nodes of @mask as text, "0 1 4 ". */
static const char *nodes_of(const struct nodemask *mask)
{
	static char text[256];
	int node, used = 0;

	text[0] = '\0';
	for_each_node_in(node, mask)
		used += snprintf(text + used, sizeof(text) - used, "%d ", node);
	return text;
}

static const char *parsed(const char *list)
{
	struct nodemask mask;

	return nodemask_parse(list, &mask) ? "invalid" : nodes_of(&mask);
}

int main(void)
{
	struct nodemask mask = nodemask_of(64), usable;
	int node;

	ksft_print_header();
	CHECK_TEXT("one node", parsed("0\n"), "0 ");
	CHECK_TEXT("a range", parsed("0-3\n"), "0 1 2 3 ");
	CHECK_TEXT("gaps", parsed("0-1,4,6-7\n"), "0 1 4 6 7 ");
	CHECK_TEXT("no end of line", parsed("2,5"), "2 5 ");
	CHECK_TEXT("an empty list", parsed("\n"), "");
	CHECK_TEXT("nothing at all", parsed(""), "");
	CHECK_TEXT("the highest node", parsed("1023\n"), "1023 ");
	CHECK_TEXT("a node too high", parsed("1024\n"), "invalid");
	CHECK_TEXT("a range too high", parsed("0-4096\n"), "invalid");
	CHECK_TEXT("a range backwards", parsed("3-1\n"), "invalid");
	CHECK_TEXT("words", parsed("none\n"), "invalid");
	CHECK_TEXT("a negative number", parsed("-1\n"), "invalid");
	CHECK_TEXT("an open range", parsed("0-\n"), "invalid");
	CHECK_TEXT("a comma at the end", parsed("0,\n"), "invalid");
	CHECK_TEXT("text behind the list", parsed("0-1 x\n"), "invalid");
	CHECK("a mask holds its node", nodemask_has(&mask, 64) && !nodemask_has(&mask, 0));
	CHECK("no mask holds node -1", !nodemask_has(&mask, -1));
	CHECK("no mask holds node 1024", !nodemask_has(&mask, 1024));
	CHECK("next finds the node", nodemask_next(&mask, -1) == 64);
	CHECK("next finds no further one", nodemask_next(&mask, 64) == -1);
	CHECK("this machine has a usable node",
	      !numa_usable_nodes(&usable) && nodemask_next(&usable, -1) >= 0);
	CHECK("its free memory is known", numa_free_bytes(nodemask_next(&usable, -1)) > 0);
	CHECK("an absent node has none", numa_free_bytes(numa_absent_node()) == -ENOENT);
	CHECK("no node has 1 EiB free", numa_pick_nodes(&node, 1, 1UL << 60) == 0);
	return unit_finish();
}
