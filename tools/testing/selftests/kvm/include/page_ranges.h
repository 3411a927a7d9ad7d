/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A set of page numbers in sorted ranges: the pages of an address space that are in use.  Its
 * memory grows with the number of ranges, not of pages.  An all-zero struct is the empty set.
 */
#ifndef SELFTEST_KVM_PAGE_RANGES_H
#define SELFTEST_KVM_PAGE_RANGES_H

#include <stdio.h>

#include <linux/types.h>

struct page_range {
	u64 start;
	u64 end;	/* the first page after the range */
};

struct page_ranges {
	struct page_range *range;	/* sorted; a gap separates any two */
	size_t nr;
	size_t room;			/* capacity */
};

/* Adds @nr pages from @start; the set may contain some of them already. */
void page_ranges_add(struct page_ranges *set, u64 start, u64 nr);

/* Removes @nr pages from @start; the set may lack some of them. */
void page_ranges_remove(struct page_ranges *set, u64 start, u64 nr);

bool page_ranges_has(const struct page_ranges *set, u64 page);

/*
 * Finds the lowest @nr adjacent pages in [@min, @end) that are not in the set.
 * Returns true and the first page in *@start, or false if there are none.
 */
bool page_ranges_find_gap(const struct page_ranges *set, u64 nr, u64 min, u64 end, u64 *start);

/* Prints the ranges to @stream, indented by @indent blanks. */
void page_ranges_dump(FILE *stream, const struct page_ranges *set, int indent);

/* Frees the memory of the set, which is empty afterwards. */
void page_ranges_free(struct page_ranges *set);

#endif /* SELFTEST_KVM_PAGE_RANGES_H */
