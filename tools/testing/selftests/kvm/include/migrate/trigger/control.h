/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Control pages.  Every kernel migrates shmem: where guest_memfd does not move, the same trigger
 * must move a control, or the case proves nothing.  For mechanisms that ignore shmem the control is
 * anonymous memory (struct must_not_touch).
 */
#ifndef SELFTEST_KVM_MIGRATE_TRIGGER_CONTROL_H
#define SELFTEST_KVM_MIGRATE_TRIGGER_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "migrate/mm/folio.h"

struct trigger;
struct trigger_result;

#define CONTROL_PAGES 16

struct control_kind {
	bool anonymous;			/* private anonymous memory, else shmem */
	bool huge;			/* as many pages as a huge page, else CONTROL_PAGES */
};

struct control {
	struct control_kind kind;
	void *mem;
	size_t nr_pages;
	struct folio_info *before;	/* when it was allocated */
	int from;
};

/* Allocate a control on node @from, without a memory policy afterwards. */
void control_open(struct control *control, int from, const struct control_kind *kind);
void control_close(struct control *control);

/*
 * Returns how many pages are on node @to; for NUMA_ANY_NODE in another frame than at first, for
 * -ENOENT not mapped.
 */
size_t control_moved(const struct control *control, int to);

/* Returns the state of all pages, which the caller frees.  Does not drain LRU batches. */
struct folio_info *control_now(const struct control *control);

/*
 * Fire @trigger once at CONTROL_PAGES new pages of shmem on node @from, to @to as above.  Returns
 * how many of them moved, and in @result what the kernel answered.
 */
size_t control_fire(const struct trigger *trigger, int from, int to,
		    struct trigger_result *result);

/*
 * Returns the result of a case whose trigger does not move a control: KSFT_SKIP where it depends on
 * a placement, else KSFT_FAIL.
 */
int control_not_moved(const struct trigger *trigger);

#endif /* SELFTEST_KVM_MIGRATE_TRIGGER_CONTROL_H */
