/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Properties of rows of MOVABLE_OPS_CONTRACT, a row each in lib/migrate/movable_ops/ops_property.c:
 *
 *	intact		the pages are not in use; afterwards all can be written again
 *	again		the same pages move a second time
 *	one_page	one page moves several times, all others stay
 *	concurrent_io	the pages are read, and other pages written, while they move
 *	owner_removed	the owner is removed while the pages move
 *	keeps_type	isolated pages are observed, and all of them have their type
 *	enomem		no memory is left to move to: all pages are put back, and move later
 *	mixed		pages of both kinds move together
 *	with_guest	mixed, while a guest uses its guest_memfd, which meets its own contract
 */
#ifndef SELFTEST_KVM_MIGRATE_MOVABLE_OPS_OPS_PROPERTY_H
#define SELFTEST_KVM_MIGRATE_MOVABLE_OPS_OPS_PROPERTY_H

#include "migrate/movable_ops/ops_fixture.h"

struct ops_property {
	const char *name;
	const struct ops_kind *kind;		/* of its rows; NULL: both */
	const struct ops_kind *second;		/* moves with the row's pages, or NULL */
	const struct trigger *triggers[3];	/* of its rows; none: all */
	/* Returns what this machine lacks, as a SKIP reason, or NULL.  May be absent. */
	const char *(*skip_reason)(const struct suite *suite);
	/* Starts without pages.  Returns a case's result. */
	int (*act)(struct ops_fixture *fx);
};

extern const struct ops_property ops_properties[];
extern const size_t nr_ops_properties;

bool ops_property_applies(const struct ops_property *property, const struct ops_row *row);

#endif /* SELFTEST_KVM_MIGRATE_MOVABLE_OPS_OPS_PROPERTY_H */
