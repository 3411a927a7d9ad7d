/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cases that compaction does not even isolate unmovable folios.
 */
#ifndef SELFTEST_KVM_MIGRATE_MATRIX_NOT_ISOLATED_H
#define SELFTEST_KVM_MIGRATE_MATRIX_NOT_ISOLATED_H

#include "migrate/matrix/case_list.h"
#include "migrate/matrix/contract_table.h"

/* Append a case to @list where the trigger of @row is compaction. */
void not_isolated_add_case(struct case_list *list, const struct contract_row *row);

#endif /* SELFTEST_KVM_MIGRATE_MATRIX_NOT_ISOLATED_H */
