// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "kvm_util.h"
#include "kselftest.h"
#include "migrate/mm/folio.h"
#include "migrate/mm/numa.h"
#include "migrate/mm/vmstat.h"
#include "migrate/util/cgroup.h"
#include "migrate/util/sysfile.h"

#define VMSTAT		"/proc/vmstat"
#define VMSTAT_SIZE	16384

#define COUNTER_FREE	0
#define ALL_NODES	(-1)

static const struct {
	const char *name;
	bool strict, may_grow;
} counters[MM_COUNTERS_NR] = {
	[COUNTER_FREE] = { .name = "nr_free_pages", .may_grow = true },
	{ .name = "nr_file_pages" },
	{ .name = "nr_unevictable", .strict = true },
	{ .name = "nr_mlock", .strict = true },
	{ .name = "nr_isolated_anon", .strict = true },
	{ .name = "nr_isolated_file", .strict = true },
};

/* In bytes, from files of the cgroup. */
static const struct {
	const char *file, *name;
	bool strict;
} charges[MM_COUNTERS_NR_MEMCG] = {
	{ .file = "memory.stat", .name = "file" },
	{ .file = "memory.stat", .name = "unevictable", .strict = true },
	{ .file = "memory.current" },
};

/* Returns the text after @name, or NULL. */
static const char *find_value(const char *text, const char *name)
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
	const char *number = find_value(text, name);

	return number ? strtoll(number, NULL, 10) : 0;
}

long long vmstat_read(int node, const char *name)
{
	char path[64] = VMSTAT, text[VMSTAT_SIZE];
	int r;

	if (node != NUMA_ANY_NODE)
		snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/vmstat", node);
	r = sysfile_read(path, text, sizeof(text));
	TEST_ASSERT(r > 0, "cannot read %s: %s", path, strerror(-r));
	return vmstat_value(text, name);
}

bool vmstat_has(const char *name)
{
	char text[VMSTAT_SIZE];

	return sysfile_read(VMSTAT, text, sizeof(text)) > 0 && find_value(text, name);
}

bool vmstat_refresh(void)
{
	char nothing[16];

	return sysfile_read("/proc/sys/vm/stat_refresh", nothing, sizeof(nothing)) >= 0;
}

/* Free pages of @node on the per-CPU lists, which nr_free_pages leaves out. */
static long long pcp_pages(int node)
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

/* Returns 0 without a cgroup of the case, which has no such files. */
static long long read_charge(const char *file, const char *name)
{
	char text[8192];

	if (sysfile_read(cgroup_file(file), text, sizeof(text)) <= 0)
		return 0;
	return (name ? vmstat_value(text, name) : strtoll(text, NULL, 10)) / getpagesize();
}

void mm_counters_read(struct mm_counters *now, const int *nodes, int nr_nodes)
{
	size_t i;
	int n;

	lru_drain();
	now->exact = vmstat_refresh();
	now->nr_nodes = nr_nodes;
	for (n = 0; n < nr_nodes; n++) {
		now->nodes[n] = nodes[n];
		for (i = 0; i < ARRAY_SIZE(counters); i++)
			now->count[n][i] = vmstat_read(nodes[n], counters[i].name);
		now->count[n][COUNTER_FREE] += pcp_pages(nodes[n]);
	}
	for (i = 0; i < ARRAY_SIZE(charges); i++)
		now->charge[i] = read_charge(charges[i].file, charges[i].name);
}

struct comparison {
	const struct mm_counters *before, *after;
	const struct mm_tolerance *tolerance;
	bool all;
	const char *meanwhile;
};

static bool charge_agrees(const struct comparison *c, size_t i)
{
	long long held_back = MEMCG_CHARGE_BATCH * sysconf(_SC_NPROCESSORS_ONLN);
	long long more = c->after->charge[i] - c->before->charge[i];
	bool right = more <= held_back + (charges[i].strict ? c->tolerance->strict :
							      c->tolerance->pages);

	if (c->all || !right)
		ksft_print_msg("cgroup: %s %s %+lld pages after %s\n", charges[i].file,
			       charges[i].name ?: "", more, c->meanwhile);
	return right;
}

/* Counter @i on node number @n, or on all. */
static bool counter_agrees(const struct comparison *c, size_t i, int n)
{
	bool strict = counters[i].strict && c->before->exact, right;
	char where[32] = "all nodes";
	long long more = 0;
	int at;

	for (at = 0; at < c->before->nr_nodes; at++)
		if (n == ALL_NODES || at == n)
			more += c->after->count[at][i] - c->before->count[at][i];
	right = llabs(more) <= (strict ? c->tolerance->strict : c->tolerance->pages) ||
		(counters[i].may_grow && more > 0);
	if (n != ALL_NODES)
		snprintf(where, sizeof(where), "node %d", c->before->nodes[n]);
	if (c->all || !right)
		ksft_print_msg("%s: %s %+lld after %s\n", where, counters[i].name, more,
			       c->meanwhile);
	return right;
}

bool mm_counters_diff(const struct mm_counters *before, const struct mm_counters *after,
		      const struct mm_tolerance *tolerance, bool all, const char *meanwhile)
{
	const struct comparison comparison = { before, after, tolerance, all, meanwhile };
	bool good = true;
	size_t i;
	int n;

	for (i = 0; i < ARRAY_SIZE(charges); i++)
		good &= charge_agrees(&comparison, i);
	for (i = 0; i < ARRAY_SIZE(counters); i++) {
		if (tolerance->sum_nodes && !counters[i].strict) {
			good &= counter_agrees(&comparison, i, ALL_NODES);
			continue;
		}
		for (n = 0; n < before->nr_nodes; n++)
			good &= counter_agrees(&comparison, i, n);
	}
	return good;
}
