// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#include "migrate/mm/cma.h"
#include "migrate/mm/fill_nodes.h"
#include "migrate/mm/folio.h"
#include "migrate/mm/pageflags_scan.h"
#include "migrate/util/sysfile.h"

#define CMA "/sys/kernel/debug/cma/"

static char largest[65];
static uint64_t first_pfn, end_pfn;

static uint64_t read_number(const char *area, const char *file)
{
	char path[192];

	snprintf(path, sizeof(path), CMA "%.64s/%s", area, file);
	return sysfile_read_number(path, 10);
}

static bool find_largest(void)
{
	struct dirent *entry;
	DIR *dir = opendir(CMA);
	uint64_t first, nr;

	while (dir && (entry = readdir(dir))) {
		first = read_number(entry->d_name, "base_pfn");
		nr = read_number(entry->d_name, "count");
		if (!first || nr <= end_pfn - first_pfn)
			continue;
		snprintf(largest, sizeof(largest), "%.64s", entry->d_name);
		first_pfn = first;
		end_pfn = first + nr;
	}
	if (dir)
		closedir(dir);
	return end_pfn;
}

int cma_node(void)
{
	return find_largest() ? pfn_to_node(first_pfn) : -1;
}

bool cma_has(uint64_t pfn)
{
	return pfn >= first_pfn && pfn < end_pfn;
}

char *cma_file(const char *file, char *path, size_t size)
{
	snprintf(path, size, CMA "%s/%s", largest, file);
	return path;
}

const char *cma_skip_reason(void)
{
	if (!folio_pfns_visible())
		return "PFNs are hidden (be root)";
	if (access("/proc/pagetypeinfo", R_OK))
		return "free memory by type is hidden (be root, mount /proc)";
	if (!find_largest())
		return "no CMA area (boot with cma=64M, mount debugfs, needs CONFIG_CMA and "
		       "CONFIG_CMA_DEBUGFS)";
	if (!hugetlb_usable(cma_node()))
		return "no huge pages to fill memory with (be root, CONFIG_HUGETLBFS)";
	return NULL;
}
