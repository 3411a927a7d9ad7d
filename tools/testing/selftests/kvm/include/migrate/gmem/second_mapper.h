/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A second process that maps and reads all pages of the guest_memfd under test.
 */
#ifndef SELFTEST_KVM_MIGRATE_GMEM_SECOND_MAPPER_H
#define SELFTEST_KVM_MIGRATE_GMEM_SECOND_MAPPER_H

#include <stddef.h>
#include <sys/types.h>

#include "migrate/gmem/gmem_vm.h"

struct second_mapper {
	pid_t pid;
	int requests, answers;	/* ends of pipes */
	size_t bad;		/* pages that were wrong at the start */
};

/* Fork the process and wait until it has read all pages. */
void second_mapper_start(struct second_mapper *mapper, const struct gmem_vm *gvm);

/* Let it read all pages again, and end it.  Returns how many were wrong at the start, or now. */
size_t second_mapper_finish(struct second_mapper *mapper);

#endif /* SELFTEST_KVM_MIGRATE_GMEM_SECOND_MAPPER_H */
