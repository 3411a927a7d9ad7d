// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "kvm_util.h"
#include "kselftest.h"
#include "migrate/mm/folio.h"
#include "migrate/mm/mm_counters.h"
#include "migrate/mm/numa.h"
#include "migrate/util/cgroup.h"
#include "migrate/util/sysfile.h"

/* The first one. */
#define COUNTER_FREE	0

static const struct {
	const char *name;
	bool quiet, may_grow;
} counters[MM_COUNTERS_NR] = {
	[COUNTER_FREE] = { .name = "nr_free_pages", .may_grow = true },
	{ .name = "nr_file_pages" },
	{ .name = "nr_unevictable", .quiet = true },
	{ .name = "nr_mlock", .quiet = true },
	{ .name = "nr_isolated_anon", .quiet = true },
	{ .name = "nr_isolated_file", .quiet = true },
};

#define ALL_NODES	(-1)

/* In bytes, of files of the cgroup. */
static const struct {
	const char *file, *name;
	bool quiet;
} charges[MM_COUNTERS_NR_MEMCG] = {
	{ .file = "memory.stat", .name = "file" },
	{ .file = "memory.stat", .name = "unevictable", .quiet = true },
	{ .file = "memory.current" },
};

#define VMSTAT		"/proc/vmstat"
#define VMSTAT_SIZE	16384

/* What is behind @name in @text, or NULL. */
static const char *behind(const char *text, const char *name)
{
	size_t length = strlen(name);
	const char *line;

	for (line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, length) && line[length] == ' ')
			return line + length;
	}
	return NULL;
}

long long vmstat_value(const char *text, const char *name)
{
	const char *number = behind(text, name);

	return number ? strtoll(number, NULL, 10) : 0;
}

static void read_vmstat(int node, char *text)
{
	char path[64] = VMSTAT;
	int r;

	if (node != NUMA_ANY_NODE)
		snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/vmstat", node);
	r = sysfile_read(path, text, VMSTAT_SIZE);
	TEST_ASSERT(r > 0, "cannot read %s: %s", path, strerror(-r));
}

long long vmstat_read(int node, const char *name)
{
	char text[VMSTAT_SIZE];

	read_vmstat(node, text);
	return vmstat_value(text, name);
}

bool vmstat_has(const char *name)
{
	char text[VMSTAT_SIZE];

	return sysfile_read(VMSTAT, text, sizeof(text)) > 0 && behind(text, name);
}

bool vmstat_refresh(void)
{
	char nothing[16];

	return sysfile_read("/proc/sys/vm/stat_refresh", nothing, sizeof(nothing)) >= 0;
}

/* Free pages of @node that CPUs have on lists of their own: as free as others, but not counted. */
static long long free_on_lists(int node)
{
	FILE *file = fopen("/proc/zoneinfo", "re");
	long long pages = 0, count;
	int its_node = -1;
	char line[256];

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Node %d,", &its_node) == 1)
			continue;
		if (its_node == node && sscanf(line, " count: %lld", &count) == 1)
			pages += count;
	}
	if (file)
		fclose(file);
	return pages;
}

/* A case in no cgroup of its own has no such files. */
static void take_charges(struct mm_counters *books)
{
	char path[128], text[8192];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(charges); i++) {
		cgroup_file(charges[i].file, path, sizeof(path));
		if (sysfile_read(path, text, sizeof(text)) <= 0)
			text[0] = '\0';
		books->charge[i] = charges[i].name ? vmstat_value(text, charges[i].name) :
						     strtoll(text, NULL, 10);
		books->charge[i] /= getpagesize();
	}
}

void mm_counters_read(struct mm_counters *books, const int *nodes, int nr_nodes)
{
	char text[VMSTAT_SIZE];
	size_t i;
	int n;

	lru_drain();
	books->exact = vmstat_refresh();
	books->nr_nodes = nr_nodes;
	for (n = 0; n < nr_nodes; n++) {
		books->nodes[n] = nodes[n];
		read_vmstat(nodes[n], text);
		for (i = 0; i < ARRAY_SIZE(counters); i++)
			books->count[n][i] = vmstat_value(text, counters[i].name);
		books->count[n][COUNTER_FREE] += free_on_lists(nodes[n]);
	}
	take_charges(books);
}

static bool charges_agree(const struct mm_counters *before, const struct mm_counters *after,
			  const struct mm_tolerance *tolerance, bool all, const char *meanwhile)
{
	long long kept = MEMCG_CHARGE_BATCH * sysconf(_SC_NPROCESSORS_ONLN), more, most;
	bool good = true, right;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(charges); i++) {
		more = after->charge[i] - before->charge[i];
		most = kept + (charges[i].quiet ? tolerance->quiet : tolerance->pages);
		right = more <= most;
		good &= right;
		if (all || !right)
			ksft_print_msg("cgroup: %s %s %+lld pages after %s\n", charges[i].file,
				       charges[i].name ?: "", more, meanwhile);
	}
	return good;
}

/* Of node number @n, or of all of them together. */
static long long more_of(const struct mm_counters *before, const struct mm_counters *after,
			 size_t i, int n)
{
	long long more = 0;
	int at;

	for (at = 0; at < before->nr_nodes; at++)
		if (n == ALL_NODES || at == n)
			more += after->count[at][i] - before->count[at][i];
	return more;
}

struct comparison {
	const struct mm_counters *before, *after;
	const struct mm_tolerance *tolerance;
	bool all;
	const char *meanwhile;
};

static bool counter_agrees(const struct comparison *c, size_t i, int n)
{
	bool quiet = counters[i].quiet && c->before->exact;
	long long more = more_of(c->before, c->after, i, n);
	bool right = llabs(more) <= (quiet ? c->tolerance->quiet : c->tolerance->pages) ||
		     (counters[i].may_grow && more > 0);

	if ((c->all || !right) && n == ALL_NODES)
		ksft_print_msg("all nodes: %s %+lld after %s\n", counters[i].name, more,
			       c->meanwhile);
	else if (c->all || !right)
		ksft_print_msg("node %d: %s %+lld after %s\n", c->before->nodes[n],
			       counters[i].name, more, c->meanwhile);
	return right;
}

bool mm_counters_diff(const struct mm_counters *before, const struct mm_counters *after,
		      const struct mm_tolerance *tolerance, bool all, const char *meanwhile)
{
	const struct comparison comparison = { before, after, tolerance, all, meanwhile };
	bool good = true;
	size_t i;
	int n;

	for (i = 0; i < ARRAY_SIZE(counters); i++) {
		if (tolerance->nodes_alike && !counters[i].quiet) {
			good &= counter_agrees(&comparison, i, ALL_NODES);
			continue;
		}
		for (n = 0; n < before->nr_nodes; n++)
			good &= counter_agrees(&comparison, i, n);
	}
	return charges_agree(before, after, tolerance, all, meanwhile) && good;
}
