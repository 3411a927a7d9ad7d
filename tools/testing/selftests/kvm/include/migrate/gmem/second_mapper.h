/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Another process that maps the guest_memfd under test.
 */
#ifndef SELFTEST_KVM_MIGRATE_GMEM_SECOND_MAPPER_H
#define SELFTEST_KVM_MIGRATE_GMEM_SECOND_MAPPER_H

#include <stddef.h>
#include <sys/types.h>

#include "migrate/gmem/gmem_vm.h"

/* A process that maps and reads all pages of a guest_memfd, as this one does. */
struct second_mapper {
	pid_t pid;
	int orders, answers;
	size_t bad;		/* pages that were not as they should be at once */
};

void second_mapper_start(struct second_mapper *second_mapper, const struct gmem_vm *gvm);

/*
 * Have it read all pages again, and end it.  Returns how many were not as they should be, now or
 * when it began.
 */
size_t second_mapper_finish(struct second_mapper *second_mapper);

#endif /* SELFTEST_KVM_MIGRATE_GMEM_SECOND_MAPPER_H */
