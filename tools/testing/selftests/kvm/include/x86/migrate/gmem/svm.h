/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A nested guest: each vCPU enters L2 by VMRUN and runs guest_main() there, so that the commands of
 * struct guest_job are L2's.  L1 maps its memory for L2 by nested page tables of its own, which KVM
 * shadows.
 */
#ifndef SELFTEST_KVM_X86_MIGRATE_GMEM_SVM_H
#define SELFTEST_KVM_X86_MIGRATE_GMEM_SVM_H

#include "migrate/gmem/gmem_vm.h"

/* Returns what this machine lacks, as a SKIP reason, or NULL. */
const char *svm_skip_reason(void);

/* The next run of each vCPU of @gvm, which has run commands in L1 only, enters L2. */
void svm_enter_l2(struct gmem_vm *gvm);

#endif /* SELFTEST_KVM_X86_MIGRATE_GMEM_SVM_H */
