// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "kvm_util.h"
#include "kselftest.h"
#include "migrate/books.h"
#include "migrate/folio.h"
#include "migrate/sysfile.h"

static const struct {
	const char *name;
	bool quiet, may_grow;
} counters[BOOKS_COUNTERS] = {
	{ .name = "nr_free_pages", .may_grow = true },
	{ .name = "nr_file_pages" },
	{ .name = "nr_unevictable", .quiet = true },
	{ .name = "nr_mlock", .quiet = true },
	{ .name = "nr_isolated_anon", .quiet = true },
	{ .name = "nr_isolated_file", .quiet = true },
};

long long books_number(const char *text, const char *name)
{
	size_t length = strlen(name);
	const char *line;

	for (line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, length) && line[length] == ' ')
			return strtoll(line + length, NULL, 10);
	}
	return 0;
}

/* Reading stat_refresh has all CPUs add up (Documentation/admin-guide/sysctl/vm.rst). */
void books_take(struct books *books, const int *nodes, int nr_nodes)
{
	char path[64], text[16384];
	size_t i;
	int n;

	folio_settle();
	books->exact = sysfile_read("/proc/sys/vm/stat_refresh", text, sizeof(text)) >= 0;
	books->nr_nodes = nr_nodes;
	for (n = 0; n < nr_nodes; n++) {
		books->nodes[n] = nodes[n];
		snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/vmstat", nodes[n]);
		TEST_ASSERT(sysfile_read(path, text, sizeof(text)) > 0, "cannot read %s", path);
		for (i = 0; i < ARRAY_SIZE(counters); i++)
			books->count[n][i] = books_number(text, counters[i].name);
	}
}

bool books_agree(const struct books *before, const struct books *after,
		 const struct books_noise *noise, bool all, const char *meanwhile)
{
	bool good = true, right;
	long long more, most;
	size_t i;
	int n;

	for (n = 0; n < before->nr_nodes; n++) {
		for (i = 0; i < ARRAY_SIZE(counters); i++) {
			more = after->count[n][i] - before->count[n][i];
			most = counters[i].quiet && before->exact ? noise->quiet : noise->pages;
			right = llabs(more) <= most || (counters[i].may_grow && more > 0);
			good &= right;
			if (all || !right)
				ksft_print_msg("node %d: %s %+lld after %s\n", before->nodes[n],
					       counters[i].name, more, meanwhile);
		}
	}
	return good;
}
