// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "migrate/mm/numa.h"
#include "migrate/verdict/verdict.h"

int verdict_init(struct verdict *verdict, size_t nr_pages, size_t page_size)
{
	memset(verdict, 0, sizeof(*verdict));
	verdict->pages = calloc(nr_pages, sizeof(*verdict->pages));
	if (!verdict->pages)
		return -ENOMEM;
	verdict->nr_pages = nr_pages;
	verdict->page_size = page_size;
	verdict->flags_on = FOLIO_FLAG(UNEVICTABLE);
	verdict_reset(verdict);
	return 0;
}

void verdict_free(struct verdict *verdict)
{
	free(verdict->pages);
	verdict->pages = NULL;
}

void verdict_reset(struct verdict *verdict)
{
	size_t i;

	verdict->call = NULL;
	verdict->ret = 0;
	verdict->expected_ret = 0;
	verdict->has_status = false;
	verdict->judged = false;
	for (i = 0; i < verdict->nr_pages; i++) {
		verdict->pages[i] = (struct page_verdict) {
			.gpa = verdict->pages[i].gpa,
			.status = STATUS_UNSET,
			.guest_reads = -1,
		};
	}
}

void verdict_before(struct verdict *verdict, const struct folio_info *info)
{
	size_t i;

	for (i = 0; i < verdict->nr_pages; i++)
		verdict->pages[i].before = info[i];
}

void verdict_after(struct verdict *verdict, const struct folio_info *info)
{
	size_t i;

	for (i = 0; i < verdict->nr_pages; i++)
		verdict->pages[i].after = info[i];
}

void verdict_call(struct verdict *verdict, const char *call, long ret, long expected_ret,
		  const int *status, size_t first, size_t nr)
{
	size_t i;

	verdict->call = call;
	verdict->ret = ret;
	verdict->expected_ret = expected_ret;
	verdict->has_status = status;
	for (i = 0; i < nr && status; i++)
		verdict->pages[first + i].status = status[i];
}

void verdict_expect_status(struct verdict *verdict, size_t first, size_t nr, int expected)
{
	struct page_verdict *page;

	for (page = verdict->pages + first; page < verdict->pages + first + nr; page++) {
		page->expected_status = expected;
		if (page->status != expected)
			page->bad |= BAD_STATUS;
	}
}

static bool on_node(const struct folio_info *info, int node)
{
	return node == NUMA_ANY_NODE ? info->node >= 0 : info->node == node;
}

/* Returns @same where PFNs are hidden: then the node decides alone. */
static bool same_pfn(const struct page_verdict *page, bool same)
{
	return page->before.pfn && page->after.pfn ? page->before.pfn == page->after.pfn : same;
}

static bool page_moved(const struct page_verdict *page, int from, int to)
{
	return on_node(&page->before, from) && on_node(&page->after, to) && !same_pfn(page, false);
}

static bool page_stayed(const struct page_verdict *page, int from)
{
	return on_node(&page->before, from) && page->after.node == page->before.node &&
	       same_pfn(page, true);
}

static bool placement_good(const struct page_verdict *page, enum outcome outcome, int from, int to)
{
	if (outcome_moves(outcome) && page_moved(page, from, to))
		return true;
	return outcome != OUTCOME_MOVED && page_stayed(page, from);
}

/*
 * mm/migrate.c must carry UNEVICTABLE over, and neither contract lets guest_memfd lose it.  A folio
 * may get the flag some time after it is mapped, when the kernel puts it on its LRU list.
 */
static bool state_good(const struct verdict *verdict, const struct folio_info *info)
{
	bool final = verdict->lru_drained || (info->flags & FOLIO_FLAG(LRU));

	if (!info->flags || !final)
		return true;
	if (verdict->flags_off & info->flags)
		return false;
	return !(verdict->flags_on & ~info->flags);
}

size_t verdict_count_moved(const struct verdict *verdict, int from, int to)
{
	size_t i, moved = 0;

	for (i = 0; i < verdict->nr_pages; i++)
		moved += page_moved(&verdict->pages[i], from, to);
	return moved;
}

void verdict_expect(struct verdict *verdict, size_t first, size_t nr, enum outcome outcome,
		    int from, int to)
{
	struct page_verdict *page;

	verdict->outcome = outcome;
	verdict->from = from;
	verdict->to = to;
	verdict->judged = true;
	for (page = verdict->pages + first; page < verdict->pages + first + nr; page++) {
		if (!verdict->hidden && !placement_good(page, outcome, from, to))
			page->bad |= BAD_PLACEMENT;
		if (!state_good(verdict, &page->before) || !state_good(verdict, &page->after))
			page->bad |= BAD_STATE;
	}
}

void verdict_bad_word(struct verdict *verdict, unsigned int bad, size_t page, size_t word,
		      uint64_t expected, uint64_t got)
{
	struct page_verdict *judged = &verdict->pages[page];
	const uint8_t *expected_bytes = (const uint8_t *)&expected;
	const uint8_t *got_bytes = (const uint8_t *)&got;
	size_t i = 0;

	if (!(judged->bad & (BAD_CONTENT | BAD_GUEST))) {
		while (i < sizeof(got) - 1 && expected_bytes[i] == got_bytes[i])
			i++;
		judged->bad_offset = word * sizeof(got) + i;
		judged->expected = expected_bytes[i];
		judged->got = got_bytes[i];
	}
	judged->bad |= bad;
}

size_t verdict_bad_pages(const struct verdict *verdict)
{
	size_t i, bad = 0;

	for (i = 0; i < verdict->nr_pages; i++)
		bad += !!verdict->pages[i].bad;
	return bad;
}

bool verdict_good(const struct verdict *verdict)
{
	if (verdict_bad_pages(verdict) || verdict->ret != verdict->expected_ret)
		return false;
	return !verdict->judged || verdict->outcome != OUTCOME_MOVED_SOME ||
	       verdict_count_moved(verdict, verdict->from, verdict->to);
}
