/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A set of page numbers, kept as sorted ranges: which pages of an address space are in use.
 * Its size follows the number of separate ranges, not that of pages.  All zero is the empty set.
 */
#ifndef SELFTEST_KVM_PAGE_RANGES_H
#define SELFTEST_KVM_PAGE_RANGES_H

#include <stdio.h>

#include <linux/types.h>

struct page_range {
	u64 start;
	u64 end;	/* the first page behind the range */
};

struct page_ranges {
	struct page_range *range;	/* sorted; no two touch or overlap */
	size_t nr;
	size_t room;
};

/* Adds @nr pages; some or all of them may be in the set already. */
void page_ranges_add(struct page_ranges *set, u64 start, u64 nr);

/* Removes @nr pages; some or all of them may be missing. */
void page_ranges_remove(struct page_ranges *set, u64 start, u64 nr);

bool page_ranges_has(const struct page_ranges *set, u64 page);

/*
 * Finds the lowest run of @nr pages that are not in the set, within [@min, @end).
 * Returns true and the first page in *@start, or false where there is no such run.
 */
bool page_ranges_find_gap(const struct page_ranges *set, u64 nr, u64 min, u64 end, u64 *start);

/* Writes the ranges to @stream, indented by @indent blanks. */
void page_ranges_dump(FILE *stream, const struct page_ranges *set, int indent);

/* Empties the set. */
void page_ranges_free(struct page_ranges *set);

#endif /* SELFTEST_KVM_PAGE_RANGES_H */
