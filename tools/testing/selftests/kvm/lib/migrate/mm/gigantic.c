// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#include "kvm_util.h"
#include "migrate/mm/folio.h"
#include "migrate/mm/gigantic.h"
#include "migrate/mm/numa.h"
#include "migrate/mm/pageflags_scan.h"
#include "migrate/util/sysfile.h"
#include "migrate/util/undo.h"

#define POOLS "/sys/devices/system/node/node%d/hugepages"

/* The next size above that of a transparent huge page. */
size_t gigantic_bytes(int node)
{
	size_t kib, found = 0;
	struct dirent *entry;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), POOLS, node);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (sscanf(entry->d_name, "hugepages-%zukB", &kib) == 1 &&
		    kib * 1024 > get_trans_hugepagesz() && (!found || kib < found))
			found = kib;
	if (dir)
		closedir(dir);
	return found * 1024;
}

static const char *pool_of(int node)
{
	static char pool[128];

	snprintf(pool, sizeof(pool), POOLS "/hugepages-%zukB/nr_hugepages", node,
		 gigantic_bytes(node) / 1024);
	return pool;
}

const char *gigantic_skip_reason(void)
{
	struct nodemask nodes;
	int node;

	if (access("/proc/pagetypeinfo", R_OK) || numa_usable_nodes(&nodes))
		return "free memory by type is hidden (be root, mount /proc)";
	for_each_node_in(node, &nodes)
		if (!access(pool_of(node), W_OK))
			return pageflags_skip_reason();
	return "no gigantic pages (be root, needs CONFIG_HUGETLBFS, CONFIG_CONTIG_ALLOC and a CPU "
	       "that has such pages, on x86 pdpe1gb)";
}

long gigantic_resize(int node, long more)
{
	const char *pool = pool_of(node);
	long before = sysfile_read_number(pool, 10);
	char text[32];
	int r;

	snprintf(text, sizeof(text), "%ld\n", before + more);
	r = setting_write(pool, text);
	return r ?: (long)sysfile_read_number(pool, 10) - before;
}

long gigantic_take_all(int node)
{
	size_t bytes = gigantic_bytes(node);
	long added = bytes ? gigantic_resize(node, numa_free_bytes(node) / bytes) : 0;

	return added < 0 ? added : (long)sysfile_read_number(pool_of(node), 10);
}

static bool is_huge_head(uint64_t flags)
{
	return (flags & FOLIO_FLAG(HUGE)) && (flags & FOLIO_FLAG(COMPOUND_HEAD));
}

uint64_t gigantic_free_one(int node)
{
	struct pfn_set before = {}, after = {};
	uint64_t pfn = 0;

	pageflags_scan(&(struct pageflags_query) { is_huge_head, &before }, 1);
	if (gigantic_resize(node, -1) == -1) {
		pageflags_scan(&(struct pageflags_query) { is_huge_head, &after }, 1);
		pfn_set_subtract(&before, &after);
		pfn = before.nr == 1 ? before.pfns[0] : 0;
	}
	pfn_set_free(&before);
	pfn_set_free(&after);
	return pfn;
}

void gigantic_release(int node)
{
	undo_run(pool_of(node), NULL);
}
