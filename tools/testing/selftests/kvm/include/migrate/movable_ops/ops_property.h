/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What has to hold for every row of MOVABLE_OPS_CONTRACT: pages move
 *
 *	intact		while nobody touches them; afterwards all can be written again
 *	again		and the same pages once more
 *	one_page	and a single one again and again, while the others stay
 *	busy		while they are read, and others are written beside them
 *	removed		while their owner is taken away
 *	typed		and are seen while isolated, none of them without its type
 *	no_room		but for want of memory to move to: all are put back, and move later
 *	both		beside those of the other kind
 *	beside_guest	so, while a guest works on its guest_memfd, which keeps its own contract
 */
#ifndef SELFTEST_KVM_MIGRATE_MOVABLE_OPS_OPS_PROPERTY_H
#define SELFTEST_KVM_MIGRATE_MOVABLE_OPS_OPS_PROPERTY_H

#include <stdbool.h>
#include <stddef.h>

#include "migrate/movable_ops/ops_fixture.h"

struct ops_property {
	const char *name;
	/* Absent: to all rows. */
	bool (*applies)(const struct ops_row *row);
	/* What this machine lacks, as a reason to skip; NULL or absent: nothing. */
	const char *(*skip_reason)(const struct suite *suite);
	/* Returns a case's result. */
	int (*act)(struct ops_fixture *fx);
};

extern const struct ops_property ops_properties[];
extern const size_t nr_ops_properties;

bool ops_property_applies(const struct ops_property *property, const struct ops_row *row);

/* The acts that have a file of their own; and the last steps of most. */
int ops_act_concurrent_io(struct ops_fixture *fx);
int ops_act_with_guest(struct ops_fixture *fx);
int ops_move_and_judge(struct ops_fixture *fx);

#endif /* SELFTEST_KVM_MIGRATE_MOVABLE_OPS_OPS_PROPERTY_H */
