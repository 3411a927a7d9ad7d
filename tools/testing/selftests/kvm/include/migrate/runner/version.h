/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The version of these tests, of the lab and of the tarballs of "make release".  CHANGELOG.md says
 * what is new in it.  Scripts read it from this line.
 */
#ifndef SELFTEST_KVM_MIGRATE_RUNNER_VERSION_H
#define SELFTEST_KVM_MIGRATE_RUNNER_VERSION_H

#define MIGRATE_VERSION		"1.0"

#endif /* SELFTEST_KVM_MIGRATE_RUNNER_VERSION_H */
