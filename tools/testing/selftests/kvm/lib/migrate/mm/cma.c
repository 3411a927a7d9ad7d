// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#include "migrate/mm/cma.h"
#include "migrate/mm/fill_nodes.h"
#include "migrate/mm/folio.h"
#include "migrate/mm/pageflags_scan.h"
#include "migrate/util/sysfile.h"

#define CMA "/sys/kernel/debug/cma"

static uint64_t read_number(const struct cma_area *area, const char *file)
{
	char path[192];

	snprintf(path, sizeof(path), "%s/%s", area->dir, file);
	return sysfile_read_number(path, 10);
}

bool cma_find(struct cma_area *area)
{
	struct cma_area found;
	struct dirent *entry;
	DIR *dir = opendir(CMA);

	area->nr_pages = 0;
	while (dir && (entry = readdir(dir))) {
		snprintf(found.dir, sizeof(found.dir), CMA "/%.64s", entry->d_name);
		found.nr_pages = read_number(&found, "count");
		found.first = read_number(&found, "base_pfn");
		if (found.nr_pages > area->nr_pages && found.first)
			*area = found;
	}
	if (dir)
		closedir(dir);
	return area->nr_pages;
}

bool cma_has(const struct cma_area *area, uint64_t pfn)
{
	return pfn >= area->first && pfn - area->first < area->nr_pages;
}

const char *cma_skip_reason(void)
{
	struct cma_area area;

	if (!folio_pfns_visible())
		return "PFNs are hidden (be root)";
	if (access("/proc/pagetypeinfo", R_OK))
		return "free memory by type is hidden (be root, mount /proc)";
	if (!cma_find(&area))
		return "no CMA area (boot with cma=64M, mount debugfs, needs CONFIG_CMA and "
		       "CONFIG_CMA_DEBUGFS)";
	if (!hugetlb_usable(pfn_to_node(area.first)))
		return "no huge pages to fill memory with (be root, CONFIG_HUGETLBFS)";
	return NULL;
}
