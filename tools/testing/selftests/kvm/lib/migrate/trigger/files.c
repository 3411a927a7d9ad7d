// SPDX-License-Identifier: GPL-2.0-only
/*
 * Triggers that user space starts through files: soft offlining (mm/memory-failure.c), compaction
 * (mm/compaction.c), memory offlining (offline_pages() in mm/memory_hotplug.c), allocation of a CMA
 * area (cma_alloc() in mm/cma.c), cpusets.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm_util.h"
#include "migrate/mm/cma.h"
#include "migrate/mm/folio.h"
#include "migrate/mm/hwpoison.h"
#include "migrate/mm/memory_block.h"
#include "migrate/runner/test_env.h"
#include "migrate/trigger/placement.h"
#include "migrate/trigger/trigger.h"
#include "migrate/util/cgroup.h"
#include "migrate/util/sysfile.h"
#include "migrate/util/undo.h"

#define COMPACT		"/proc/sys/vm/compact_memory"

/* Give up offlining a block after this many failed migrations per page. */
#define FAILURES_A_PAGE 10
#define GIVE_UP_MS	20000

/* A short-lived kernel page in the block fails the attempt at once. */
#define BUSY_TRIES	20
#define BUSY_US		10000

static int soft_offline(const struct trigger_range *range, size_t i)
{
	if (range->trigger == &trigger_soft_offline_phys)
		return soft_offline_phys(range->pfns[i]);
	return madvise(trigger_page(range, i), getpagesize(), MADV_SOFT_OFFLINE) ? -errno : 0;
}

/* Soft offline each page that has not moved; the result is the first error. */
static void fire_soft_offline(const struct trigger_range *range, struct trigger_result *result)
{
	size_t i;
	int r;

	for (i = 0; i < range->nr_pages; i++) {
		if (!trigger_page_in_frame(range, i))
			continue;
		r = soft_offline(range, i);
		if (r && !result->ret)
			result->ret = r;
		if (trigger_page_in_frame(range, i))
			continue;
		if (range->moved)
			range->moved[i] = true;
		unpoison_memory(range->pfns[i]);
	}
}

const struct trigger trigger_soft_offline_mapped = {
	.name = "soft_offline_mapped", .call = "madvise(SOFT_OFFLINE)",
	.reason = "MR_MEMORY_FAILURE",
	.by_pfn = true, .kernel_picks_node = true,
	.skip_reason = soft_offline_skip_reason, .fire = fire_soft_offline,
};

const struct trigger trigger_soft_offline_phys = {
	.name = "soft_offline_phys", .call = "soft_offline_page", .reason = "MR_MEMORY_FAILURE",
	.by_pfn = true, .kernel_picks_node = true,
	.skip_reason = soft_offline_skip_reason, .fire = fire_soft_offline,
};

static void fire_compact(const struct trigger_range *range, struct trigger_result *result)
{
	char path[64] = COMPACT;

	if (range->trigger == &trigger_compact_node)
		snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/compact",
			 range->from);
	result->ret = sysfile_write(path, "1");
}

static const char *compaction_skip_reason(void)
{
	if (!folio_pfns_visible())
		return "page frames are hidden (be root)";
	if (access(COMPACT, W_OK))
		return "no compaction on demand (needs CONFIG_COMPACTION)";
	return NULL;
}

const struct trigger trigger_compact = {
	.name = "compact", .call = "compact_memory", .reason = "MR_COMPACTION",
	.no_range = true, .kernel_picks_node = true, .partial = true,
	.placement = &placement_fragment, .skip_reason = compaction_skip_reason,
	.fire = fire_compact,
};

const struct trigger trigger_compact_node = {
	.name = "compact_node", .call = "node/compact", .reason = "MR_COMPACTION",
	.no_range = true, .kernel_picks_node = true, .partial = true,
	.placement = &placement_fragment, .skip_reason = compaction_skip_reason,
	.fire = fire_compact,
};

/* Write the blocks of pages that have not moved to @blocks.  Returns how many. */
static size_t blocks_of(const struct trigger_range *range, unsigned long *blocks)
{
	size_t i, j, nr = 0;

	for (i = 0; i < range->nr_pages; i++) {
		if (!trigger_page_in_frame(range, i))
			continue;
		for (j = 0; j < nr && blocks[j] != memory_block_of(range->pfns[i]); j++)
			;
		if (j == nr)
			blocks[nr++] = memory_block_of(range->pfns[i]);
	}
	return nr;
}

static int take_offline(unsigned long block, size_t nr_pages)
{
	int tries, r = -EBUSY;

	for (tries = 0; r == -EBUSY && tries < BUSY_TRIES; tries++) {
		if (tries)
			usleep(BUSY_US);
		r = memory_block_offline(block, FAILURES_A_PAGE * nr_pages, GIVE_UP_MS);
	}
	return r;
}

/* All blocks go offline before one returns: no page moves from one to another. */
static void fire_offline(const struct trigger_range *range, struct trigger_result *result)
{
	unsigned long *blocks = calloc(range->nr_pages, sizeof(*blocks));
	size_t i, nr, offline = 0;
	int r;

	TEST_ASSERT(blocks, "out of memory");
	nr = blocks_of(range, blocks);
	for (i = 0; i < nr; i++) {
		r = take_offline(blocks[i], range->nr_pages);
		if (!r)
			blocks[offline++] = blocks[i];
		else if (!result->ret)
			result->ret = r;
	}
	trigger_note_moved(range);
	for (i = 0; i < offline; i++)
		memory_block_online(blocks[i]);
	free(blocks);
}

const struct trigger trigger_memory_offline = {
	.name = "memory_offline", .call = "memory/state", .reason = "MR_MEMORY_HOTPLUG",
	.no_range = true, .by_pfn = true, .kernel_picks_node = true, .evacuates = true,
	.placement = &placement_offline, .skip_reason = memory_block_skip_reason,
	.fire = fire_offline,
};

/* Allocate the largest free piece, after the pages in it have moved out, and free it. */
static void fire_cma(const struct trigger_range *range, struct trigger_result *result)
{
	char path[192], free_path[192], pages[32];
	struct cma_area area;

	result->ret = -ENODEV;
	if (!cma_find(&area))
		return;
	snprintf(path, sizeof(path), "%s/maxchunk", area.dir);
	if (sysfile_read(path, pages, sizeof(pages)) < 0)
		return;
	snprintf(path, sizeof(path), "%s/alloc", area.dir);
	snprintf(free_path, sizeof(free_path), "%s/free", area.dir);
	undo_add(free_path, pages);
	result->ret = sysfile_write(path, pages);
	trigger_note_moved(range);
	if (result->ret)
		undo_cancel(free_path, NULL);
	else
		undo_run(free_path, NULL);
}

const struct trigger trigger_cma_alloc = {
	.name = "cma_alloc", .call = "cma/alloc", .reason = "MR_CONTIG_RANGE",
	.no_range = true, .kernel_picks_node = true, .partial = true, .evacuates = true,
	.all_or_nothing = true,
	.placement = &placement_cma, .skip_reason = cma_skip_reason, .fire = fire_cma,
};

/*
 * A cgroup that gets other nodes moves the memory of its processes there (cpuset.mems in
 * Documentation/admin-guide/cgroup-v2.rst).  Kernel workers move it, and the write returns when
 * they are done (kernel/cgroup/cpuset.c).
 */
static void fire_cpuset(const struct trigger_range *range, struct trigger_result *result)
{
	const char *mems = cgroup_file("cpuset.mems");
	char node[16];

	snprintf(node, sizeof(node), "%d", range->to);
	result->ret = sysfile_write(mems, node);
	/* Back to the nodes of the parent, which include this one: nothing moves. */
	if (!result->ret)
		result->ret = sysfile_write(mems, "\n");
}

const struct trigger trigger_cpuset = {
	.name = "cpuset", .call = "cpuset.mems", .reason = "MR_SYSCALL",
	.no_range = true,
	.env = &(const struct test_env) { .cgroup = "cpuset" }, .fire = fire_cpuset,
};
