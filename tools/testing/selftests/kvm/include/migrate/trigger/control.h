/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A control: pages of shmem, which every kernel moves.  A trigger that is refused by guest_memfd
 * must move these in the same test, else it did nothing and proves nothing.  Of mechanisms that do
 * nothing to shmem (migrate/matrix/must_not_touch.h) the control is anonymous memory.
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
	bool anonymous;			/* private and anonymous, else shmem */
	bool huge;			/* as many pages as fit into a huge page */
};

struct control {
	struct control_kind kind;
	int fd;				/* -1 where it is anonymous */
	void *mem;
	size_t nr_pages;		/* CONTROL_PAGES, or as .kind wants */
	struct folio_info *before;
	uint64_t *pfns;
	int from;
};

/*
 * Allocate on node @from and note where the pages are; no policy stays behind.  Without a @kind it
 * is CONTROL_PAGES pages of shmem.
 */
void control_open_as(struct control *control, int from, const struct control_kind *kind);
void control_open(struct control *control, int from);
void control_close(struct control *control);

/*
 * How many pages are on node @to by now; where @to is NUMA_ANY_NODE, how many are in another
 * frame than before.
 */
size_t control_moved(const struct control *control, int to);

/*
 * Fire @trigger once at all pages, to @to as above.  Returns how many of them moved, and in @result
 * what the kernel answered.
 */
size_t control_fire(const struct control *control, const struct trigger *trigger, int to,
		    struct trigger_result *result);

/* Where @trigger works in memory laid out for it, and moves none of them: a reason to skip. */
const char *control_skip_reason(const struct trigger *trigger);

/* Where they are now, which the caller frees.  In whatever state: control_moved() waits a bit. */
struct folio_info *control_now(const struct control *control);

#endif /* SELFTEST_KVM_MIGRATE_TRIGGER_CONTROL_H */
