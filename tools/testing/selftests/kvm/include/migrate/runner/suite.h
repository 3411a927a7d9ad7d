/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * main() of the migration tests: runs the selected cases and prints a TAP line for each.  While
 * they run, NUMA balancing and KSM are off: both move or merge pages in the background.
 */
#ifndef SELFTEST_KVM_MIGRATE_RUNNER_SUITE_H
#define SELFTEST_KVM_MIGRATE_RUNNER_SUITE_H

#include "migrate/runner/testcase.h"

/*
 * Run the selected ones of @nr @cases.  The caller fills in @suite->program and the defaults of
 * @suite->options.  @probe tries one move on kernels without BTF and returns the enum contract_id
 * that it shows; NULL: such kernels count as CONTRACT_UNMOVABLE.
 * Returns main()'s exit status.
 */
int suite_main(struct suite *suite, int argc, char **argv, const struct testcase *cases,
	       size_t nr, int (*probe)(const struct suite *suite));

#endif /* SELFTEST_KVM_MIGRATE_RUNNER_SUITE_H */
