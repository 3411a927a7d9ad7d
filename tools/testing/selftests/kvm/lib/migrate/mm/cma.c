// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "kvm_util.h"
#include "migrate/mm/cma.h"
#include "migrate/mm/fill_nodes.h"
#include "migrate/mm/folio.h"
#include "migrate/mm/pageflags_scan.h"
#include "migrate/util/sysfile.h"
#include "migrate/util/undo.h"

#define CMA "/sys/kernel/debug/cma"

/* A CPU's list of free pages has room for about so many, even in a small zone. */
#define OFFER 256

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
		/* Others cannot be freed page by page. */
		if (found.nr_pages > area->nr_pages && found.first &&
		    !read_number(&found, "order_per_bit"))
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

size_t cma_largest_piece(const struct cma_area *area)
{
	return read_number(area, "maxchunk");
}

static char *area_file(const struct cma_area *area, const char *file, char *path, size_t size)
{
	snprintf(path, size, "%s/%s", area->dir, file);
	return path;
}

int cma_take(const struct cma_area *area, size_t nr)
{
	char path[192], text[32];
	int r;

	snprintf(text, sizeof(text), "%zu", nr);
	undo_add(area_file(area, "free", path, sizeof(path)), text);
	r = sysfile_write(area_file(area, "alloc", path, sizeof(path)), text);
	if (r)
		undo_cancel(area_file(area, "free", path, sizeof(path)), NULL);
	return r;
}

void cma_give_back(const struct cma_area *area)
{
	char path[192];

	undo_run(area_file(area, "free", path, sizeof(path)), NULL);
}

void cma_offer(const struct cma_area *area)
{
	int cpu, nr_cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t each = area->nr_pages / 2 / nr_cpus, i;
	cpu_set_t before, one;
	char path[192];

	if (each > OFFER)
		each = OFFER;
	if (cma_take(area, each * nr_cpus))
		return;
	area_file(area, "free", path, sizeof(path));
	kvm_sched_getaffinity(0, sizeof(before), &before);
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		if (sched_setaffinity(0, sizeof(one), &one))
			continue;
		for (i = 0; i < each; i++)
			sysfile_write(path, "1");
	}
	kvm_sched_setaffinity(0, sizeof(before), &before);
	cma_give_back(area);
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
