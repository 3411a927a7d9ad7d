/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A thread of the host that uses pages through its mapping as the guest does in GUEST_RUN: it adds
 * one to the counter word of each of its pages and counts the additions in struct guest_page.
 */
#ifndef SELFTEST_KVM_MIGRATE_GMEM_HOST_USER_H
#define SELFTEST_KVM_MIGRATE_GMEM_HOST_USER_H

#include "migrate/gmem/gmem_vm.h"

struct host_user {
	struct gmem_vm *gvm;
	pthread_t thread;
	size_t first, step;
	uint64_t iterations;
	bool stop;
};

/* Use the pages that the vCPUs leave to .nr_host_users of @gvm, which is 1. */
void host_user_start(struct host_user *user, struct gmem_vm *gvm);
void host_user_stop(struct host_user *user);

/* Wait until the thread has passed over all of its pages. */
void host_user_iterate(struct host_user *user);

#endif /* SELFTEST_KVM_MIGRATE_GMEM_HOST_USER_H */
