/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Judging pages: note what each was before a trigger and is after it, hold every one against
 * what was wanted, and report all that are wrong at once.
 *
 *	verdict_init() -> verdict_before() -> the trigger -> verdict_call() -> verdict_after()
 *	-> verdict_expect(), verdict_bad_byte() ... -> verdict_report()
 *
 * The report names the bad pages in runs of neighbours that failed alike:
 *
 *	# 3 of 512 pages: wanted MOVED 0->1, move_pages(MOVE) = 3 (wanted 0), contract ...
 *	#   [17-18]  offset 0x11000  gpa 0x100011000  PLACEMENT  node 0->0  pfn ...
 */
#ifndef SELFTEST_KVM_MIGRATE_VERDICT_VERDICT_H
#define SELFTEST_KVM_MIGRATE_VERDICT_VERDICT_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "migrate/mm/folio.h"
#include "migrate/verdict/contract.h"

/* The questions that a page can fail. */
#define BAD_PLACEMENT		0x1	/* node or page frame */
#define BAD_CONTENT		0x2	/* bytes, as the host reads them */
#define BAD_GUEST		0x4	/* bytes, as the guest reads or read them */
#define BAD_STATE		0x8	/* the folio's flags */
#define BAD_STATUS		0x10	/* the call's own status of the page */

/* What a status entry holds before the call: the kernel leaves some unwritten. */
#define STATUS_UNSET INT_MIN

struct page_verdict {
	uint64_t gpa;
	unsigned int bad;
	struct folio_info before, after;
	int status, expected_status;
	/* The first bad byte, from the first reader that noticed; the other's view is .guest. */
	uint32_t bad_offset;
	uint8_t want, got;
	int guest_reads;		/* -1: not asked */
};

struct verdict {
	size_t nr_pages, page_size;
	uint64_t start;			/* offset of the first page in the file */
	struct page_verdict *pages;
	const char *call;		/* NULL: none was made yet */
	long ret, expected_ret;
	bool has_status;
	/* Of the latest verdict_expect(); the report's first line. */
	enum outcome outcome;
	int from, to;
	bool judged;
	bool lru_drained;		/* flags are final: lru_drain() came before each look */
	uint64_t flags_on, flags_off;	/* which flags a page must have, and must not */
};

/* Of FAULT_* in @faults, the names, joined by '+'.  Returns @text. */
char *bad_names(unsigned int bad, char *text, size_t size);

/* Returns 0 or -ENOMEM.  Set .gpa of the pages after it, and .start. */
int verdict_init(struct verdict *verdict, size_t nr_pages, size_t page_size);
void verdict_free(struct verdict *verdict);

/* Forget faults and the call: for the next round. */
void verdict_reset(struct verdict *verdict);

/* Note where the pages are, as @info says: an entry a page. */
void verdict_before(struct verdict *verdict, const struct folio_info *info);
void verdict_after(struct verdict *verdict, const struct folio_info *info);

/*
 * Note what @call answered: @ret, @expected_ret as -errno or a result, and for pages from @first on
 * the @nr entries of @status (NULL: the call gives none).
 */
void verdict_call(struct verdict *verdict, const char *call, long ret, long expected_ret,
		  const int *status, size_t first, size_t nr);

/* Hold the status of @nr pages from @first on against @wanted. */
void verdict_expect_status(struct verdict *verdict, size_t first, size_t nr, int wanted);

/*
 * Hold placement and state of @nr pages from @first on against @outcome of a move from node @from
 * to node @to, which may be NUMA_ANY_NODE.  Where PFNs and flags are hidden only the node is
 * judged.
 */
void verdict_expect(struct verdict *verdict, size_t first, size_t nr, enum outcome outcome,
		    int from, int to);

/* How many pages moved from node @from to node @to; either may be NUMA_ANY_NODE. */
size_t verdict_count_moved(const struct verdict *verdict, int from, int to);

/*
 * @fault is BAD_CONTENT or BAD_GUEST: word number @word of @page should be @want and was read
 * as @got.  The first word noted for a page is the one reported.
 */
void verdict_bad_word(struct verdict *verdict, unsigned int fault, size_t page, size_t word,
		      uint64_t want, uint64_t got);

/* Pages with a fault, and whether the whole verdict is good: no such page, no wrong result. */
size_t verdict_bad_pages(const struct verdict *verdict);
bool verdict_good(const struct verdict *verdict);

/* Write the report to @out; @context (contract, seed) ends its first line. */
void verdict_report(const struct verdict *verdict, FILE *out, const char *context);

#endif /* SELFTEST_KVM_MIGRATE_VERDICT_VERDICT_H */
