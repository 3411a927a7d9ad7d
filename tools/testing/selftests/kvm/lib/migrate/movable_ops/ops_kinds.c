// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages of zsmalloc, allocated by a zram device, and of a memory balloon: the host has taken these,
 * so they have no content.
 */
#include "kvm_util.h"
#include "migrate/mm/balloon.h"
#include "migrate/mm/numa.h"
#include "migrate/movable_ops/movable_ops.h"

#define UPTODATE	FOLIO_FLAG(UPTODATE)
#define OFFLINE		FOLIO_FLAG(OFFLINE)

/* Flags that none of these pages has. */
#define NEVER_SET									\
	(FOLIO_FLAG(LRU) | FOLIO_FLAG(MMAP) | FOLIO_FLAG(ANON) | FOLIO_FLAG(SWAPBACKED) |	\
	 FOLIO_FLAG(SWAPCACHE) | FOLIO_FLAG(SLAB) | FOLIO_FLAG(BUDDY) | FOLIO_FLAG(DIRTY) |	\
	 FOLIO_FLAG(REFERENCED) | FOLIO_FLAG(ACTIVE) | FOLIO_FLAG(WRITEBACK) |		\
	 FOLIO_FLAG(UNEVICTABLE) | FOLIO_FLAG(COMPOUND_HEAD) | FOLIO_FLAG(COMPOUND_TAIL) |	\
	 FOLIO_FLAG(HUGE) | FOLIO_FLAG(HWPOISON) | FOLIO_FLAG(NOPAGE) | FOLIO_FLAG(PGTABLE))

static bool has_flags(uint64_t flags, uint64_t on, uint64_t off)
{
	return (flags & (on | off | NEVER_SET)) == on;
}

/* ---- zsmalloc ---------------------------------------------------------------------------- */

/* Pages of the disk compress to nine sixteenths on average. */
#define DISK_PAGES(nr_pages) (2 * (nr_pages))

static bool is_zsmalloc(uint64_t flags)
{
	return has_flags(flags, UPTODATE, OFFLINE);
}

static void open_disk(struct ops_pages *pages)
{
	zram_open(&pages->zram, DISK_PAGES(pages->nr_pages), 0, pages->seed);
}

static void close_disk(struct ops_pages *pages)
{
	zram_close(&pages->zram);
}

static void fill_disk(struct ops_pages *pages)
{
	zram_fill(&pages->zram, pages->node);
}

static void discard_disk(struct ops_pages *pages)
{
	zram_discard(&pages->zram);
}

static size_t count_zsmalloc(const struct ops_pages *pages)
{
	return zram_pages(&pages->zram);
}

static bool check_disk(const struct ops_pages *pages)
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
	.is_page = is_zsmalloc,
	.flags_on = UPTODATE,
	.counter = "nr_zspages",
	.moves = "pgmigrate_success",
	.open = open_disk,
	.close = close_disk,
	.fill = fill_disk,
	.drop = discard_disk,
	.count = count_zsmalloc,
	.intact = check_disk,
	.remove = remove_disk,
};

/* ---- balloon ----------------------------------------------------------------------------- */

static bool is_balloon(uint64_t flags)
{
	return has_flags(flags, UPTODATE | OFFLINE, 0);
}

static bool is_untyped_balloon(uint64_t flags)
{
	return has_flags(flags, UPTODATE | FOLIO_FLAG(RECLAIM), OFFLINE);
}

static size_t count_balloon(const struct ops_pages *pages)
{
	return balloon_pages() - pages->empty;
}

static void deflate(struct ops_pages *pages)
{
	balloon_ask(0);
	balloon_wait(pages->empty);
}

static void open_balloon(struct ops_pages *pages)
{
	const size_t per_mib = (1UL << 20) / getpagesize();

	/* Chosen before this task is pinned to a CPU. */
	pages->cpu = numa_cpu_of(pages->node);
	pages->mib = DIV_ROUND_UP(pages->nr_pages, per_mib);
	pages->nr_pages = pages->mib * per_mib;
	/* A case that died may have left pages in the balloon. */
	if (balloon_pages())
		deflate(pages);
	pages->empty = balloon_pages();
}

static void close_balloon(struct ops_pages *pages)
{
	(void)pages;
	balloon_let_go();
}

static void inflate(struct ops_pages *pages)
{
	if (!count_balloon(pages))
		balloon_steer(pages->cpu);
	balloon_ask(pages->mib);
	balloon_wait(pages->empty + pages->nr_pages);
}

static void rebind_driver(struct ops_pages *pages)
{
	balloon_rebind(pages->empty + pages->nr_pages);
	deflate(pages);
}

const struct ops_kind ops_balloon = {
	.name = "balloon",
	.skip_reason = balloon_skip_reason,
	.is_page = is_balloon,
	.is_untyped = is_untyped_balloon,
	.flags_on = UPTODATE | OFFLINE,
	.counter = "nr_balloon_pages",
	.counter_stays = true,
	.moves = "balloon_migrate",
	.open = open_balloon,
	.close = close_balloon,
	.fill = inflate,
	.drop = deflate,
	.count = count_balloon,
	.remove = rebind_driver,
};
