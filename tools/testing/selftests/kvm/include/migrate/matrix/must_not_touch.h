/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cases of the rows NEVER: background mechanisms that must ignore guest_memfd (struct
 * must_not_touch in migrate/trigger/trigger.h).  Pages under test and a control are exposed to the
 * mechanism until it has acted on the whole control, and then as often again.
 *
 *	clean		pages that the host has only read, so nothing is lost when they are dropped
 *	dirty		pages that the guest has written and the host has read
 *	running		dirty, while a guest reads and writes all pages
 */
#ifndef SELFTEST_KVM_MIGRATE_MATRIX_MUST_NOT_TOUCH_H
#define SELFTEST_KVM_MIGRATE_MATRIX_MUST_NOT_TOUCH_H

#include "migrate/matrix/case_list.h"
#include "migrate/matrix/contract_table.h"

/* Append the three cases of @row to @list, where it is a row NEVER. */
void must_not_touch_add_cases(struct case_list *list, const struct contract_row *row);

#endif /* SELFTEST_KVM_MIGRATE_MATRIX_MUST_NOT_TOUCH_H */
