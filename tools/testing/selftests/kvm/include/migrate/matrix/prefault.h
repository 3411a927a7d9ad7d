/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A thread that maps all pages for the guest by KVM_PRE_FAULT_MEMORY, again and again.
 */
#ifndef SELFTEST_KVM_MIGRATE_MATRIX_PREFAULT_H
#define SELFTEST_KVM_MIGRATE_MATRIX_PREFAULT_H

#include <pthread.h>
#include <stdbool.h>

#include "migrate/gmem/gmem_vm.h"

struct prefault_thread {
	struct gmem_vm *gvm;
	struct kvm_vcpu *vcpu;
	pthread_t thread;
	bool stop;
	int error;			/* another errno than EAGAIN; 0: none */
	unsigned long calls;
};

/* The thread takes the last vCPU of @gvm, which runs without it meanwhile. */
void prefault_thread_start(struct prefault_thread *prefaulter, struct gmem_vm *gvm);

/* Returns a case's result. */
int prefault_thread_stop(struct prefault_thread *prefaulter);

#endif /* SELFTEST_KVM_MIGRATE_MATRIX_PREFAULT_H */
