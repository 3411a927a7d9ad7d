// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages of a memory balloon: the host has taken them, so they have no content.
 */
#include "kvm_util.h"
#include "migrate/mm/balloon.h"
#include "migrate/mm/folio.h"
#include "migrate/mm/numa.h"
#include "migrate/movable_ops/ops_pages.h"

static bool is_page(uint64_t flags)
{
	uint64_t wanted = FOLIO_FLAG(UPTODATE) | FOLIO_FLAG(OFFLINE);

	return (flags & wanted) == wanted && !(flags & OPS_NEVER_SET);
}

static bool is_untyped(uint64_t flags)
{
	uint64_t wanted = FOLIO_FLAG(UPTODATE) | FOLIO_FLAG(RECLAIM);

	return (flags & wanted) == wanted && !(flags & (OPS_NEVER_SET | FOLIO_FLAG(OFFLINE)));
}

/* Chosen before this task is pinned to a CPU. */
static void open_balloon(struct ops_pages *pages)
{
	pages->cpu = numa_cpu_of(pages->node);
	/* A case that died may have left pages in the balloon. */
	if (balloon_pages()) {
		balloon_ask(0);
		balloon_wait(0);
	}
	pages->empty = balloon_pages();
}

static void close_balloon(struct ops_pages *pages)
{
	(void)pages;
	balloon_let_go();
}

/* The host sets the size in MiB. */
static size_t size_of(const struct ops_pages *pages)
{
	return (pages->nr_pages * getpagesize() + (1UL << 20) - 1) >> 20;
}

static size_t pages_of(const struct ops_pages *pages)
{
	return (size_of(pages) << 20) / getpagesize();
}

static size_t count(const struct ops_pages *pages)
{
	return balloon_pages() - pages->empty;
}

static void fill(struct ops_pages *pages)
{
	if (!count(pages))
		balloon_steer(pages->cpu);
	balloon_ask(size_of(pages));
	balloon_wait(pages->empty + pages_of(pages));
}

static void drop(struct ops_pages *pages)
{
	balloon_ask(0);
	balloon_wait(pages->empty);
}

static void remove_driver(struct ops_pages *pages)
{
	balloon_rebind(pages->empty + pages_of(pages));
	drop(pages);
}

const struct ops_kind ops_balloon = {
	.name = "balloon",
	.skip_reason = balloon_skip_reason,
	.is_page = is_page,
	.is_untyped = is_untyped,
	.flags_on = FOLIO_FLAG(UPTODATE) | FOLIO_FLAG(OFFLINE),
	.counter = "nr_balloon_pages",
	.counter_stays = true,
	.moves = "balloon_migrate",
	.open = open_balloon,
	.close = close_balloon,
	.fill = fill,
	.drop = drop,
	.count = count,
	.remove = remove_driver,
};
