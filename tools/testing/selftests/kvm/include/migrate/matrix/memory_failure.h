/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cases of memory errors (migrate/matrix/poisoned_pages.h) in pages that do not move:
 *
 *	idle		the pages are not in use
 *	running		a guest reads and writes all pages: it stops at the first poisoned one
 *	closed		the file is closed with poisoned pages in it
 *	deadlock	errors hit pages while holes are punched: the two must not deadlock.
 *			Released kernels do, and then handle no memory error until the next boot
 *
 * The errors are by mapping (memory_failure_mapped) or by frame (memory_failure_phys).  Properties
 * of migrate/matrix/property_table.h have errors before, during and after a move.
 */
#ifndef SELFTEST_KVM_MIGRATE_MATRIX_MEMORY_FAILURE_H
#define SELFTEST_KVM_MIGRATE_MATRIX_MEMORY_FAILURE_H

#include "migrate/matrix/property.h"

/* Append the cases that are possible for VMs of @kind to @list. */
void memory_failure_add_cases(struct case_list *list, const struct vm_kind *kind);

/* The case deadlock. */
int act_hwpoison_deadlock(struct fixture *fx);

#endif /* SELFTEST_KVM_MIGRATE_MATRIX_MEMORY_FAILURE_H */
