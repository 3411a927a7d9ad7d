/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cases that tell the two flags of a guest_memfd's mapping apart by what each guards.
 *
 *	AS_INACCESSIBLE	the kernel must not touch the content.  It keeps truncation from zeroing the
 *			part of a folio beside a hole (truncate_inode_partial_folio() in
 *			mm/truncate.c); every guest_memfd has it on every kernel
 *	AS_UNMOVABLE	folios are not migrated (move_to_new_folio() in mm/migrate.c) and not
 *			isolated by compaction; a flag of its own since the migration series
 *
 * Up to 7.3 one flag is both.  With two flags, each can be wrong alone:
 *
 *	inaccessible	holes of whole pages beside data, before and after a move; every request for
 *			less than a page is refused and changes no byte.  The same under every
 *			contract
 *	unmovable	the contract decides whether a call, and the kernel, moves pages; holes
 *			beside them make no difference
 *
 * The first flag at work cannot be shown: guest_memfd has no large folios (7.3), and
 * kvm_gmem_fallocate() in virt/kvm/guest_memfd.c refuses partial pages before truncation.  What can
 * be shown is that nothing beside a hole changes.
 */
#ifndef SELFTEST_KVM_MIGRATE_MATRIX_MAPPING_FLAGS_H
#define SELFTEST_KVM_MIGRATE_MATRIX_MAPPING_FLAGS_H

#include "migrate/matrix/case_list.h"
#include "migrate/matrix/contract_table.h"

/* Append both cases to @list; @row is one of move_pages(). */
void mapping_flags_add_cases(struct case_list *list, const struct contract_row *row);

#endif /* SELFTEST_KVM_MIGRATE_MATRIX_MAPPING_FLAGS_H */
