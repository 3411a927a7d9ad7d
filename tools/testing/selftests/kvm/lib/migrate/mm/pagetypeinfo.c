// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kvm_util.h"
#include "migrate/mm/pagetypeinfo.h"

/* Sums the end of a line, a column per order; ">100000" is at least that many. */
static size_t pages_in(char *columns, int min_order)
{
	char *word, *rest = columns;
	size_t pages = 0;
	int order = 0;

	while ((word = strsep(&rest, " \n"))) {
		if (!*word)
			continue;
		if (order >= min_order)
			pages += strtoul(word + (*word == '>'), NULL, 10) << order;
		order++;
	}
	return pages;
}

size_t pagetypeinfo_free_pages(int node, bool zone_movable, const char *type, int min_order)
{
	FILE *file = fopen("/proc/pagetypeinfo", "re");
	char line[512], zone[32], name[32];
	int its_node, length;
	size_t pages = 0;

	TEST_ASSERT(file, "cannot read /proc/pagetypeinfo: %s", strerror(errno));
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Node %d, zone %31[^,], type %31s%n", &its_node, zone, name,
			   &length) == 3 &&
		    its_node == node && !strcmp(zone, "Movable") == zone_movable &&
		    strcmp(name, "Isolate") && (!type || !strcmp(name, type)))
			pages += pages_in(line + length, min_order);
	}
	fclose(file);
	return pages;
}
