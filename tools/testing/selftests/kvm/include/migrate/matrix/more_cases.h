/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cases that are no property of a move.  Each function appends some of them to @list.
 */
#ifndef SELFTEST_KVM_MIGRATE_MATRIX_MORE_CASES_H
#define SELFTEST_KVM_MIGRATE_MATRIX_MORE_CASES_H

#include "migrate/matrix/property.h"

/*
 * Zones that the kernel allocates guest_memfd folios from: ALL of them, at least SOME, or NONE.
 * Movable folios may be in ZONE_MOVABLE and in a CMA area, unmovable ones must never be.
 *
 *	    zone		   VM			unmovable		movable
 */
#define ALLOCATION_CONTRACT(ROW)								\
	ROW(zone_movable,	   default,		NONE,			ALL)		\
	ROW(zone_movable,	   default_unshared,	NONE,			ALL)		\
	ROW(cma,		   default,		NONE,			SOME)		\
	ROW(cma,		   default_unshared,	NONE,			SOME)

/*	    zone		   unmovable		movable					*/
#define PRIVATE_ALLOCATION_CONTRACT(ROW)							\
	ROW(zone_movable,	   NONE,		NONE)					\
	ROW(cma,		   NONE,		NONE)

/*
 * ZONE.VM.allocated, for each row of the first table or, with @kind, of its memory: private memory
 * has the second table, a kind with .unflagged the rows of that kind.  Before each page under test
 * a page of shmem must be allocated in the zone.
 */
void alloc_zone_add_cases(struct case_list *list, const struct vm_kind *kind);

/*
 * TRIGGER.VM.STATE, for @row if it is a row NEVER: background mechanisms that must ignore
 * guest_memfd (struct must_not_touch in migrate/trigger/trigger.h).  Pages under test and a control
 * are exposed to the mechanism until it has acted on the whole control, and then as often again.
 *
 *	clean		pages that the host has only read, so nothing is lost when they are dropped
 *	dirty		pages that the guest has written and the host has read
 *	running		dirty, while a guest reads and writes all pages
 */
void must_not_touch_add_cases(struct case_list *list, const struct contract_row *row);

/* TRIGGER.VM.ERROR: calls that the kernel must reject, pages that move_pages() cannot find. */
void call_errors_add_cases(struct case_list *list);

#endif /* SELFTEST_KVM_MIGRATE_MATRIX_MORE_CASES_H */
