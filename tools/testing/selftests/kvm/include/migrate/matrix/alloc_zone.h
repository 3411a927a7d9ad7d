/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where folios are allocated: ZONE_MOVABLE and CMA areas are for what the kernel can move away
 * again, and guest_memfd is let in there or kept out as ALLOCATION_CONTRACT says.  Before each of
 * its pages one of shmem must be allocated there.
 */
#ifndef SELFTEST_KVM_MIGRATE_MATRIX_ALLOC_ZONE_H
#define SELFTEST_KVM_MIGRATE_MATRIX_ALLOC_ZONE_H

#include "migrate/runner/suite.h"

/* For .run of a case with a row of that contract. */
int alloc_zone_run(const struct suite *suite, const struct testcase *test);

#endif /* SELFTEST_KVM_MIGRATE_MATRIX_ALLOC_ZONE_H */
