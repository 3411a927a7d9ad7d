/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cases about the zones that folios are allocated from.  ZONE_MOVABLE and CMA areas are for movable
 * memory; ALLOCATION_CONTRACT says whether guest_memfd may use them.  Before each page under test a
 * page of shmem must be allocated there.
 */
#ifndef SELFTEST_KVM_MIGRATE_MATRIX_ALLOC_ZONE_H
#define SELFTEST_KVM_MIGRATE_MATRIX_ALLOC_ZONE_H

#include "migrate/matrix/case_list.h"
#include "migrate/matrix/contract_table.h"

struct placement_state;

/* A row's .zone.  Names of cases begin with .name. */
struct alloc_zone {
	const char *name;
	const char *call;		/* for reports */
	const struct placement *placement;
	const char *(*skip_reason)(void);
	bool (*is_in)(const struct placement_state *state, uint64_t pfn);
};

extern const struct alloc_zone alloc_zone_zone_movable;
extern const struct alloc_zone alloc_zone_cma;

/* Append a case to @list for each of @nr @rows, which must outlive it. */
void alloc_zone_add_cases(struct case_list *list, const struct contract_row *rows, size_t nr);

#endif /* SELFTEST_KVM_MIGRATE_MATRIX_ALLOC_ZONE_H */
