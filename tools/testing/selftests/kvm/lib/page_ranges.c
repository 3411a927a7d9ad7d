// SPDX-License-Identifier: GPL-2.0-only
/* A set of page numbers as sorted ranges, see page_ranges.h. */
#include <stdlib.h>
#include <string.h>

#include "page_ranges.h"
#include "test_util.h"

/* Returns the index of the first range whose end is >= @page, or set->nr. */
static size_t find_range(const struct page_ranges *set, u64 page)
{
	size_t low = 0, high = set->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (set->range[mid].end < page)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Replaces @old ranges from index @at by @new ranges, which the caller fills in. */
static void replace_ranges(struct page_ranges *set, size_t at, size_t old, size_t new)
{
	size_t behind = set->nr - at - old;

	if (set->nr - old + new > set->room) {
		set->room = set->room ? set->room * 2 : 8;
		set->range = realloc(set->range, set->room * sizeof(*set->range));
		TEST_ASSERT(set->range, "out of memory");
	}
	memmove(&set->range[at + new], &set->range[at + old], behind * sizeof(*set->range));
	set->nr = set->nr - old + new;
}

void page_ranges_add(struct page_ranges *set, u64 start, u64 nr)
{
	u64 end = start + nr;
	size_t first, last;

	if (!nr)
		return;
	first = find_range(set, start);
	for (last = first; last < set->nr && set->range[last].start <= end; last++) {
		start = min(start, set->range[last].start);
		end = max(end, set->range[last].end);
	}
	replace_ranges(set, first, last - first, 1);
	set->range[first] = (struct page_range){ start, end };
}

void page_ranges_remove(struct page_ranges *set, u64 start, u64 nr)
{
	u64 end = start + nr;
	size_t i = find_range(set, start);

	while (nr && i < set->nr && set->range[i].start < end) {
		struct page_range left = { set->range[i].start, min(set->range[i].end, start) };
		struct page_range right = { max(set->range[i].start, end), set->range[i].end };
		bool has_left = left.start < left.end, has_right = right.start < right.end;

		replace_ranges(set, i, 1, has_left + has_right);
		if (has_left)
			set->range[i++] = left;
		if (has_right)
			set->range[i++] = right;
	}
}

bool page_ranges_has(const struct page_ranges *set, u64 page)
{
	size_t i = find_range(set, page + 1);

	return i < set->nr && set->range[i].start <= page;
}

bool page_ranges_find_gap(const struct page_ranges *set, u64 nr, u64 min, u64 end, u64 *start)
{
	size_t i;

	for (i = find_range(set, min + 1); i < set->nr; i++) {
		if (set->range[i].start >= min && set->range[i].start - min >= nr)
			break;
		min = max(min, set->range[i].end);
	}
	if (min > end || end - min < nr)
		return false;
	*start = min;
	return true;
}

void page_ranges_dump(FILE *stream, const struct page_ranges *set, int indent)
{
	size_t i;

	for (i = 0; i < set->nr; i++)
		fprintf(stream, "%*s%#lx-%#lx\n", indent, "", set->range[i].start,
			set->range[i].end - 1);
}

void page_ranges_free(struct page_ranges *set)
{
	free(set->range);
	memset(set, 0, sizeof(*set));
}
