/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cases of CONTRACT_OPT_IN: migration is a choice of each file.  Each function appends some to
 * @list.
 */
#ifndef SELFTEST_KVM_MIGRATE_MATRIX_OPT_IN_H
#define SELFTEST_KVM_MIGRATE_MATRIX_OPT_IN_H

#include "migrate/matrix/property.h"

/* The flag of KVM_CREATE_GUEST_MEMFD for the kinds of VM whose file may migrate. */
void opt_in_set_flag(u64 flag);

/*
 * TRIGGER.VM.PROPERTY, for @row, whose kind of VM has the flag and is mapped by the host:
 *
 *   two_files	a file with the flag and one without it in the same VM.  Their pages alternate in
 *		the range that one firing is for, on the same node.  The pages of the first file
 *		move as if they were alone, each page of the second keeps its frame, and the call
 *		answers as if those were alone.  For memory offlining, both are in the same memory
 *		block.
 *   two_vms	the same in two VMs
 */
void two_files_add_cases(struct case_list *list, const struct contract_row *row);

/*
 * create.VM.CASE: KVM_CREATE_GUEST_MEMFD and KVM_CAP_GUEST_MEMFD_FLAGS.
 *
 *   accepted		an ordinary VM offers the flag, and creates files with it and without it
 *   unknown_flags	a flag that is not offered is -EINVAL, with the flag and without it
 *   refused		a VM with private or encrypted memory does not offer the flag; it is -EINVAL
 */
void file_flags_add_cases(struct case_list *list);
void file_flags_add_refused(struct case_list *list, const struct vm_kind *kind);

/*
 * "refused" for each kind of VM with private or encrypted memory, and files with the flag of VMs
 * that become one of these later: they move until then; in lib/ARCH/migrate.
 */
void opt_in_add_private_cases(struct case_list *list);

#endif /* SELFTEST_KVM_MIGRATE_MATRIX_OPT_IN_H */
