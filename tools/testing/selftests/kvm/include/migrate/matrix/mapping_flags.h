/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two flags of a guest_memfd's mapping told apart, by what each guards.
 *
 *	AS_INACCESSIBLE	the contents are not for the kernel to touch.  Its one job is to keep
 *			truncation from zeroing a part of a folio that is beside a hole
 *			(truncate_inode_partial_folio() in mm/truncate.c); every guest_memfd has
 *			it, on every kernel
 *	AS_UNMOVABLE	folios are not migrated (move_to_new_folio() in mm/migrate.c), nor taken
 *			for compaction; since the migration series a flag of its own
 *
 * Up to 7.3 one flag is both.  Once they are two, each can go wrong alone:
 *
 *	inaccessible	holes of whole pages beside live data, before and after a move, and each
 *			way to ask for less than a page: refused, and not one byte changed.  The
 *			same under every contract, as it has nothing to do with moving
 *	unmovable	the contract decides whether a call, and the kernel itself, moves pages,
 *			and what is punched beside them makes no difference to that
 *
 * What cannot be shown is the first flag at work: guest_memfd has no folios larger than a page
 * (7.3), and asks for whole pages before it truncates (kvm_gmem_fallocate() in
 * virt/kvm/guest_memfd.c), so that partial truncation never gets as far as that.  What can be shown
 * is the promise to those who rely on it: nothing beside a hole changes.  Of a kernel without the
 * question for whole pages the answers are wrong, and without the flag as well, the content.
 */
#ifndef SELFTEST_KVM_MIGRATE_MATRIX_MAPPING_FLAGS_H
#define SELFTEST_KVM_MIGRATE_MATRIX_MAPPING_FLAGS_H

#include <stddef.h>

#include "migrate/matrix/fixture.h"

struct mapping_flag_case {
	const char *name;		/* flags.default.name */
	int (*act)(struct fixture *fx);
};

extern const struct mapping_flag_case mapping_flag_cases[];
extern const size_t nr_mapping_flag_cases;

/* For cases that have one as their .data and a row of calls of user space.  Need two nodes. */
int mapping_flag_case_run(const struct suite *suite, const struct testcase *test);

#endif /* SELFTEST_KVM_MIGRATE_MATRIX_MAPPING_FLAGS_H */
