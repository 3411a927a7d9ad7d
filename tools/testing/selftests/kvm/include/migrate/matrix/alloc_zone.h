/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cases about the zones that folios are allocated from.  ZONE_MOVABLE and CMA areas are for movable
 * memory; ALLOCATION_CONTRACT says whether guest_memfd may use them.  Before each page under test a
 * page of shmem must be allocated there.
 */
#ifndef SELFTEST_KVM_MIGRATE_MATRIX_ALLOC_ZONE_H
#define SELFTEST_KVM_MIGRATE_MATRIX_ALLOC_ZONE_H

#include "migrate/matrix/contract_table.h"

/* Append a case to @list for each of @nr @rows, which must outlive it. */
void alloc_zone_add_cases(struct case_list *list, const struct contract_row *rows, size_t nr);

#endif /* SELFTEST_KVM_MIGRATE_MATRIX_ALLOC_ZONE_H */
