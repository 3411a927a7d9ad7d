/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest code fills memory, checks it, or keeps using it while the host migrates it, as struct
 * guest_job says.  A page under test, with the words of migrate/util/pattern.h:
 *
 *	word 0 ............................ GUEST_COUNTER_WORD - 1 | GUEST_COUNTER_WORD
 *	        the pattern, never written by GUEST_RUN         | pattern word + count
 *
 * In each iteration GUEST_RUN adds one to the counter word of its pages and counts the additions
 * in struct guest_page, outside the memory under test.  A counter word that is behind its count
 * shows a write to the old frame after migration copied it.
 */
#ifndef SELFTEST_KVM_MIGRATE_GMEM_GUEST_H
#define SELFTEST_KVM_MIGRATE_GMEM_GUEST_H

#include <stdint.h>

#include "migrate/util/pattern.h"

enum guest_command {
	GUEST_FILL,	/* write the pattern; counts start at 0 */
	GUEST_CHECK,	/* compare all words of all pages */
	GUEST_RUN,	/* count and compare until .stop */
	GUEST_PEEK,	/* read the word at .peek_gva */
	GUEST_WATCH,	/* read until .stop: pattern or zero; zero with .is_hole */
};

/* The guest's counters of one page; the host reads them, and resets .bad_word. */
struct guest_page {
	uint64_t count;		/* additions to the counter word since GUEST_FILL */
	uint64_t expected, got;	/* at the first bad word */
	uint64_t bad_word;	/* its number; GUEST_NO_BAD_WORD */
};

#define GUEST_NO_BAD_WORD (~0ULL)

/* A vCPU's command and its results, in guest memory that is not under test. */
struct guest_job {
	/* The host writes these at any time ... */
	uint64_t stop;			/* leave GUEST_RUN or GUEST_WATCH */
	uint64_t pause;			/* access no memory under test there */
	uint64_t is_hole;		/* GUEST_WATCH: all pages have become a hole */
	/* ... and these while the vCPU is not running. */
	uint64_t command;
	struct pattern pattern;
	uint64_t gva;			/* of page 0 */
	uint64_t page_size;
	uint64_t first, step, end;	/* pages first, first + step, ... below end ... */
	uint64_t hole, hole_end;	/* ... except these, which the guest does not map */
	uint64_t peek_gva;
	void (*also)(struct guest_job *job);	/* GUEST_RUN: called in each iteration, or NULL */
	/*
	 * Called before GUEST_FILL and GUEST_PEEK access a page, or NULL: the CPU refuses private
	 * memory that the guest has not accepted.  Returns 0, or an error for .not_accepted.
	 */
	uint64_t (*accept)(uint64_t gva);
	void (*guest_done)(void);	/* ends a command instead of GUEST_SYNC(), or NULL */
	struct guest_page *pages;	/* guest pointer; an entry a page */
	/* The guest writes these. */
	uint64_t iterations;		/* of GUEST_RUN or GUEST_WATCH over all its pages */
	uint64_t pausing;		/* .pause was seen */
	uint64_t peeked;
	uint64_t not_accepted;		/* the last error of .accept */
	uint64_t exceptions;		/* .also: taken, one per iteration */
	uint64_t bad_returns;		/* .also: of calls that called themselves */
};

/* Words of a page, and the number of its counter word. */
#define GUEST_PAGE_WORDS(page_size)	((page_size) / sizeof(uint64_t))
#define GUEST_COUNTER_WORD(page_size)	(GUEST_PAGE_WORDS(page_size) - 1)

/* The guest's entry point: a loop of the command in @job and GUEST_SYNC(command) or .guest_done. */
void guest_main(struct guest_job *job);

#endif /* SELFTEST_KVM_MIGRATE_GMEM_GUEST_H */
