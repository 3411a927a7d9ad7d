/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The verdict on a trigger: compares each page before and after it with what is expected, and
 * reports all bad pages at once.
 *
 *	verdict_init() -> verdict_before() -> the trigger -> verdict_call() -> verdict_after()
 *	-> verdict_expect(), verdict_bad_word() ... -> verdict_report()
 *
 * A line of the report names a run of pages that failed alike:
 *
 *	# 2 of 512 pages wrong: wanted MOVED 0->1, move_pages(MOVE) = 2 (wanted 0), contract ...
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

/* What can be wrong with a page. */
#define BAD_PLACEMENT		0x1	/* node or PFN */
#define BAD_CONTENT		0x2	/* bytes that the host read */
#define BAD_GUEST		0x4	/* bytes that the guest read */
#define BAD_STATE		0x8	/* page flags */
#define BAD_STATUS		0x10	/* the page's entry in the status array of the call */

/* Initial value of status entries: the kernel leaves some unwritten. */
#define STATUS_UNSET INT_MIN

struct page_verdict {
	uint64_t gpa;			/* 0: not memory of a VM */
	unsigned int bad;		/* BAD_* */
	struct folio_info before, after;
	int status, expected_status;
	/* The first bad byte that was noted; .guest_reads is the guest's view, -1: unknown. */
	uint32_t bad_offset;
	uint8_t expected, got;
	int guest_reads;
};

struct verdict {
	size_t nr_pages, page_size;
	uint64_t start;			/* offset of the first page in the file */
	struct page_verdict *pages;
	const char *call;		/* NULL: no call yet */
	long ret, expected_ret;
	bool has_status;
	/* From the latest verdict_expect(), for the report's first line. */
	enum outcome outcome;
	int from, to;
	bool judged;
	bool hidden;			/* nodes and frames are unknown: not compared */
	bool lru_drained;		/* lru_drain() precedes each look: flags are final */
	uint64_t flags_on, flags_off;	/* flags that each page must have, and must not have */
};

/* Print the names of BAD_* in @bad to @text, joined by '+'.  Returns @text. */
char *bad_names(unsigned int bad, char *text, size_t size);

/* Returns 0 or -ENOMEM.  The caller sets .gpa of the pages and .start afterwards. */
int verdict_init(struct verdict *verdict, size_t nr_pages, size_t page_size);
void verdict_free(struct verdict *verdict);

/* Forget the call and what was wrong, for the next round. */
void verdict_reset(struct verdict *verdict);

/* Note where each page is; @info has an entry for each. */
void verdict_before(struct verdict *verdict, const struct folio_info *info);
void verdict_after(struct verdict *verdict, const struct folio_info *info);

/*
 * Note the result of @call: @ret and @expected_ret are a result or -errno; @status has @nr entries
 * for the pages from @first on, or is NULL.
 */
void verdict_call(struct verdict *verdict, const char *call, long ret, long expected_ret,
		  const int *status, size_t first, size_t nr);

/* Compare the status of @nr pages from @first on with @expected. */
void verdict_expect_status(struct verdict *verdict, size_t first, size_t nr, int expected);

/*
 * Compare placement and flags of @nr pages from @first on with @outcome of a move from node @from
 * to node @to, both of which may be NUMA_ANY_NODE.  Hidden PFNs and flags are not compared.
 */
void verdict_expect(struct verdict *verdict, size_t first, size_t nr, enum outcome outcome,
		    int from, int to);

/* Returns the number of pages that moved from node @from to @to; both may be NUMA_ANY_NODE. */
size_t verdict_count_moved(const struct verdict *verdict, int from, int to);

/*
 * Note a wrong word of @page: number @word is @got instead of @expected; @bad is BAD_CONTENT or
 * BAD_GUEST.  The report shows the first one of a page.
 */
void verdict_bad_word(struct verdict *verdict, unsigned int bad, size_t page, size_t word,
		      uint64_t expected, uint64_t got);

/* Returns the number of bad pages. */
size_t verdict_bad_pages(const struct verdict *verdict);

/* Returns whether no page is bad and the call's result is the expected one. */
bool verdict_good(const struct verdict *verdict);

/* Print the report to @out; @context (contract, seed) ends its first line. */
void verdict_report(const struct verdict *verdict, FILE *out, const char *context);

#endif /* SELFTEST_KVM_MIGRATE_VERDICT_VERDICT_H */
