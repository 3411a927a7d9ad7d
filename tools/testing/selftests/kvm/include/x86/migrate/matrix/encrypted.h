/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cases of encrypted memory, which host user space maps (ENCRYPTED_MEMORY_CONTRACT in
 * migrate/matrix/contract_table.h).  Only the guest can judge its content.
 *
 *	registered	half of the pages are registered, the others are not; then none is
 *	becomes_sev	an ordinary VM's pages move as its contract says, until KVM_SEV_INIT
 *			makes it a SEV VM
 *	becomes_mirror	the same, where the VM becomes the mirror of a SEV VM
 *	becomes_target	the same, where a SEV VM migrates to it on the same host
 */
#ifndef SELFTEST_KVM_X86_MIGRATE_MATRIX_ENCRYPTED_H
#define SELFTEST_KVM_X86_MIGRATE_MATRIX_ENCRYPTED_H

#include "migrate/matrix/property.h"

/*
 * Each row, with the property "registered" and those of the property table that need no plaintext.
 * Rows NEVER only for SEV.
 */
void encrypted_add_cases(struct case_list *list, const struct vm_kind *kind);

/* becomes_*; @kind is a VM that becomes a SEV VM after its guest_memfd exists. */
void encrypted_add_late_cases(struct case_list *list, const struct vm_kind *kind);

#endif /* SELFTEST_KVM_X86_MIGRATE_MATRIX_ENCRYPTED_H */
