/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kinds of VM whose launch is not implemented: a case for each says so.
 */
#ifndef SELFTEST_KVM_MIGRATE_MATRIX_ABSENT_KINDS_H
#define SELFTEST_KVM_MIGRATE_MATRIX_ABSENT_KINDS_H

#include "migrate/matrix/case_list.h"
#include "migrate/matrix/contract_table.h"

/* Append a case to @list for each of @kinds, up to NULL.  It is skipped with the kind's reason. */
void absent_kinds_add_cases(struct case_list *list, const struct vm_kind * const *kinds);

#endif /* SELFTEST_KVM_MIGRATE_MATRIX_ABSENT_KINDS_H */
