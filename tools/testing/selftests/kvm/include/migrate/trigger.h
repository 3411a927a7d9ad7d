/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What makes the kernel try to migrate folios: one struct trigger each, by the name the
 * contract's table uses.  A trigger reports what the kernel answered and judges nothing.
 *
 * The target of a trigger is mapped shared (a guest_memfd or a memfd), page by page touched:
 * the calls of user space find folios through page table entries.
 */
#ifndef SELFTEST_KVM_MIGRATE_TRIGGER_H
#define SELFTEST_KVM_MIGRATE_TRIGGER_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct trigger_range {
	void *addr;
	size_t nr_pages;
	int from;		/* node the folios are on */
	int to;			/* node they should go to */
};

/* What a status entry holds before the call: the kernel leaves some unwritten. */
#define TRIGGER_UNSET INT_MIN

struct trigger_result {
	long ret;		/* what the call returned, or -errno */
	int *status;		/* an entry a page, of triggers with .has_status; the caller's */
};

struct trigger {
	const char *name;
	const char *call;	/* for reports: "move_pages()" */
	bool has_status;	/* the kernel answers page by page */
	bool whole_process;	/* acts on all of this process: no ranges, no bad addresses */
	/* What this task lacks to fire it, as a reason to skip; NULL or absent: nothing. */
	const char *(*missing)(void);
	void (*fire)(const struct trigger_range *range, struct trigger_result *result);
};

/* move_pages(MPOL_MF_MOVE): each page by its address. */
extern const struct trigger trigger_move_pages;

/* mbind(MPOL_BIND): set the policy and have misplaced pages moved, with MPOL_MF_MOVE ... */
extern const struct trigger trigger_mbind_move;
/* ... with MPOL_MF_MOVE | MPOL_MF_STRICT: say so where one could not be moved ... */
extern const struct trigger trigger_mbind_strict;
/* ... and with MPOL_MF_MOVE_ALL, also what others map (CAP_SYS_NICE). */
extern const struct trigger trigger_mbind_move_all;

/*
 * migrate_pages() of this process.  It counts every folio left on the source node, the
 * process's own among them, so the trigger calls it once before with the range's page table
 * entries taken away and reports only the difference: pages of the range.
 */
extern const struct trigger trigger_migrate_pages;

#endif /* SELFTEST_KVM_MIGRATE_TRIGGER_H */
