/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What runs inside the guest: fills memory, checks it, or keeps working on it while the host
 * moves it, as struct guest_job asks.
 *
 * A page of memory under test looks like this; see migrate/util/pattern.h for the words:
 *
 *	word 0 ............................ GUEST_COUNTER_WORD - 1 | GUEST_COUNTER_WORD
 *	        the pattern, never written by GUEST_RUN         | pattern word + count
 *
 * GUEST_RUN adds one to the live word of its pages again and again and counts the additions in
 * struct guest_page, outside the memory under test.  A write that went to a page's old frame
 * after its content was copied shows as a live word that is behind its count.
 */
#ifndef SELFTEST_KVM_MIGRATE_GMEM_GUEST_H
#define SELFTEST_KVM_MIGRATE_GMEM_GUEST_H

#include <stdint.h>

#include "migrate/util/pattern.h"

enum guest_command {
	GUEST_FILL,	/* write the pattern; counts start at 0 */
	GUEST_CHECK,	/* compare all words of all pages */
	GUEST_RUN,	/* count and compare until told to stop */
	GUEST_PEEK,	/* read the word at .peek_gva */
};

/* The guest's books about one page; the host reads them, and resets .bad_word. */
struct guest_page {
	uint64_t count;		/* additions to the live word since GUEST_FILL */
	uint64_t want, got;	/* at the first bad word found */
	uint64_t bad_word;	/* its number; GUEST_NO_BAD_WORD */
};

#define GUEST_NO_BAD_WORD (~0ULL)

/* One vCPU's orders and answers.  Lives in guest memory that is not under test. */
struct guest_job {
	/* The host writes these two at any time ... */
	uint64_t stop;			/* leave GUEST_RUN */
	uint64_t pause;			/* touch no memory under test in GUEST_RUN, for a while */
	/* ... and these while the vCPU is not running. */
	uint64_t command;
	struct pattern pattern;
	uint64_t gva;			/* of page 0 */
	uint64_t page_size;
	uint64_t first, step, end;	/* pages first, first + step, ... below end ... */
	uint64_t hole, hole_end;	/* ... but for these, which the guest does not have */
	uint64_t peek_gva;
	uint64_t in_gmem;		/* GUEST_RUN: a call and an exception each lap, too */
	struct guest_page *pages;	/* guest pointer; an entry a page */
	/* The guest writes these. */
	uint64_t iterations;			/* how often GUEST_RUN went over all its pages */
	uint64_t pausing;		/* .pause was seen */
	uint64_t peeked;
	uint64_t exceptions;		/* taken, one a lap */
	uint64_t bad_returns;		/* of calls that called themselves */
};

/* Words of a page, and the number of its live word. */
#define GUEST_PAGE_WORDS(page_size)	((page_size) / sizeof(uint64_t))
#define GUEST_COUNTER_WORD(page_size)	(GUEST_PAGE_WORDS(page_size) - 1)

/* The guest's entry point: do @job, GUEST_SYNC(command), and again for ever. */
void guest_main(struct guest_job *job);

/*
 * Of each architecture, in lib/ARCH/guest_exception.c: in the guest, take an exception, whose
 * handler adds one to *@count; on the host, prepare for that.
 */
struct kvm_vm;
void guest_exceptions_prepare(struct kvm_vm *vm);
void guest_exception(uint64_t *count);

#endif /* SELFTEST_KVM_MIGRATE_GMEM_GUEST_H */
