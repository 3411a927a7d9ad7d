/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cases of calls that the kernel must reject, and of pages that move_pages() cannot find.
 */
#ifndef SELFTEST_KVM_MIGRATE_MATRIX_CALL_ERRORS_H
#define SELFTEST_KVM_MIGRATE_MATRIX_CALL_ERRORS_H

#include "migrate/matrix/case_list.h"
#include "migrate/matrix/contract_table.h"

/* Append all of them to @list. */
void call_errors_add_cases(struct case_list *list);

#endif /* SELFTEST_KVM_MIGRATE_MATRIX_CALL_ERRORS_H */
