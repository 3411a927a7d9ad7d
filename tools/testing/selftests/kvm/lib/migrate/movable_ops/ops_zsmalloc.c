// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages of zsmalloc, allocated by a zram device.
 */
#include "kvm_util.h"
#include "migrate/mm/folio.h"
#include "migrate/movable_ops/ops_pages.h"

/* Pages of the disk compress to nine sixteenths on average. */
#define DISK_PAGES(nr_pages) (2 * (nr_pages))

static bool is_page(uint64_t flags)
{
	return (flags & FOLIO_FLAG(UPTODATE)) && !(flags & (OPS_NEVER_SET | FOLIO_FLAG(OFFLINE)));
}

static void open_disk(struct ops_pages *pages)
{
	zram_open(&pages->zram, DISK_PAGES(pages->nr_pages), 0, pages->seed);
}

static void close_disk(struct ops_pages *pages)
{
	zram_close(&pages->zram);
}

static void fill(struct ops_pages *pages)
{
	zram_fill(&pages->zram, pages->node);
}

static void drop(struct ops_pages *pages)
{
	zram_discard(&pages->zram);
}

static size_t count(const struct ops_pages *pages)
{
	return zram_pages(&pages->zram);
}

static bool intact(const struct ops_pages *pages)
{
	return zram_check_all(&pages->zram);
}

static void remove_disk(struct ops_pages *pages)
{
	close_disk(pages);
	open_disk(pages);
}

const struct ops_kind ops_zsmalloc = {
	.name = "zsmalloc",
	.skip_reason = zram_skip_reason,
	.is_page = is_page,
	.flags_on = FOLIO_FLAG(UPTODATE),
	.counter = "nr_zspages",
	.moves = "pgmigrate_success",
	.open = open_disk,
	.close = close_disk,
	.fill = fill,
	.drop = drop,
	.count = count,
	.intact = intact,
	.remove = remove_disk,
};
