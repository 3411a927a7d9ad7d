/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contract that the running kernel states by itself (docs/contracts.md).
 */
#ifndef SELFTEST_KVM_MIGRATE_RUNNER_RUNNING_CONTRACT_H
#define SELFTEST_KVM_MIGRATE_RUNNER_RUNNING_CONTRACT_H

struct contract;

/*
 * Find the contract by BTF and by KVM_CAP_GUEST_MEMFD_FLAGS of an ordinary VM, and print where the
 * two disagree, or leave a doubt.  Returns 0, or -errno where the kernel does not tell.
 */
int running_contract(struct contract *contract);

#endif /* SELFTEST_KVM_MIGRATE_RUNNER_RUNNING_CONTRACT_H */
