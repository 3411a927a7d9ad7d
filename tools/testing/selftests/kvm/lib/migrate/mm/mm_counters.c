// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "kvm_util.h"
#include "kselftest.h"
#include "migrate/mm/folio.h"
#include "migrate/mm/mm_counters.h"
#include "migrate/mm/vmstat.h"
#include "migrate/util/cgroup.h"
#include "migrate/util/sysfile.h"

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

struct comparison {
	const struct mm_counters *before, *after;
	const struct mm_tolerance *tolerance;
	bool all;
	const char *meanwhile;
};

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

/* Without a cgroup of the case there are no such files. */
static void read_charges(struct mm_counters *now)
{
	char text[8192];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(charges); i++) {
		if (sysfile_read(cgroup_file(charges[i].file), text, sizeof(text)) <= 0)
			text[0] = '\0';
		now->charge[i] = charges[i].name ? vmstat_value(text, charges[i].name) :
						   strtoll(text, NULL, 10);
		now->charge[i] /= getpagesize();
	}
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
	read_charges(now);
}

static bool charges_agree(const struct comparison *c)
{
	long long held_back = MEMCG_CHARGE_BATCH * sysconf(_SC_NPROCESSORS_ONLN), more, most;
	bool good = true, right;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(charges); i++) {
		more = c->after->charge[i] - c->before->charge[i];
		most = held_back + (charges[i].strict ? c->tolerance->strict :
							c->tolerance->pages);
		right = more <= most;
		good &= right;
		if (c->all || !right)
			ksft_print_msg("cgroup: %s %s %+lld pages after %s\n", charges[i].file,
				       charges[i].name ?: "", more, c->meanwhile);
	}
	return good;
}

/* The difference of counter @i on node number @n, or on all. */
static long long difference(const struct comparison *c, size_t i, int n)
{
	long long more = 0;
	int at;

	for (at = 0; at < c->before->nr_nodes; at++)
		if (n == ALL_NODES || at == n)
			more += c->after->count[at][i] - c->before->count[at][i];
	return more;
}

static bool counter_agrees(const struct comparison *c, size_t i, int n)
{
	bool strict = counters[i].strict && c->before->exact;
	long long more = difference(c, i, n);
	bool right = llabs(more) <= (strict ? c->tolerance->strict : c->tolerance->pages) ||
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
	bool good = charges_agree(&comparison);
	size_t i;
	int n;

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
