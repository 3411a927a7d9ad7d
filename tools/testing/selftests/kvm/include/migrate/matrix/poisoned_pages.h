/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages of a fixture that have a simulated memory error.  The kernel keeps the folio in the file,
 * so that nothing replaces the lost data unnoticed: the guest's access ends in EHWPOISON, that of
 * the host in SIGBUS.  Once a hole is punched, the page reads zero, in another frame.
 */
#ifndef SELFTEST_KVM_MIGRATE_MATRIX_POISONED_PAGES_H
#define SELFTEST_KVM_MIGRATE_MATRIX_POISONED_PAGES_H

#include "migrate/matrix/fixture.h"

#define POISONED_PAGES_MAX 8

struct poisoned_pages {
	size_t first, nr;
	uint64_t pfns[POISONED_PAGES_MAX];
	long kib;			/* hwpoison_kib() before */
};

/* Prepare to poison pages from @first on. */
void poisoned_pages_init(struct poisoned_pages *poisoned, size_t first);

/* Returns how many pages to poison at once. */
size_t poisoned_pages_few(const struct fixture *fx);

/*
 * Poison the next @nr pages, in the frames of the last fixture_inspect_before(): where they are
 * mapped, or by frame.  Returns a case's result.
 */
int poison_pages(struct fixture *fx, struct poisoned_pages *poisoned, size_t nr, bool mapped);

/* Expect the frames to be marked and off the LRU lists, and SIGBUS for the host. */
int poisoned_pages_check(struct fixture *fx, const struct poisoned_pages *poisoned);

/* Punch @nr pages from @first on, and unmap them from the host. */
void poisoned_pages_punch(struct fixture *fx, size_t first, size_t nr);

/* Expect EHWPOISON for the guest's access to @page; punch a hole, and expect zeros. */
int poisoned_page_replace(struct fixture *fx, size_t page, uint64_t pfn);

/* The same for all pages, and then what the two functions below do. */
int poisoned_pages_recover(struct fixture *fx, const struct poisoned_pages *poisoned);

/* No file has the frames any more: unpoison them. */
int poisoned_pages_unpoison(struct fixture *fx, const struct poisoned_pages *poisoned);

/* Have the guest fill the pages again.  Judges the content of all pages. */
int poisoned_pages_refill(struct fixture *fx, const struct poisoned_pages *poisoned);

#endif /* SELFTEST_KVM_MIGRATE_MATRIX_POISONED_PAGES_H */
