// SPDX-License-Identifier: GPL-2.0-only
/*
 * Triggers by page frame or zone: soft offlining (mm/memory-failure.c), compaction
 * (mm/compaction.c).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm_syscalls.h"
#include "migrate/mm/folio.h"
#include "migrate/trigger/placement.h"
#include "migrate/trigger/trigger.h"
#include "migrate/util/sysfile.h"

#define SOFT_OFFLINE	"/sys/devices/system/memory/soft_offline_page"
#define UNPOISON	"/sys/kernel/debug/hwpoison/unpoison-pfn"
#define COMPACT		"/proc/sys/vm/compact_memory"

static int write_number(const char *path, uint64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%" PRIx64, number);
	return sysfile_write(path, text);
}

static int soft_offline(const struct trigger_range *range, size_t i)
{
	if (range->trigger == &trigger_soft_offline_phys)
		return write_number(SOFT_OFFLINE, range->pfns[i] * getpagesize());
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
		write_number(UNPOISON, range->pfns[i]);
	}
}

static const char *soft_offline_skip_reason(void)
{
	if (!folio_pfns_visible())
		return "page frames are hidden (be root)";
	if (access(SOFT_OFFLINE, W_OK))
		return "no soft offlining (needs CONFIG_MEMORY_FAILURE)";
	if (access(UNPOISON, W_OK))
		return "frames cannot be given back (needs CONFIG_HWPOISON_INJECT, mount debugfs)";
	return NULL;
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
