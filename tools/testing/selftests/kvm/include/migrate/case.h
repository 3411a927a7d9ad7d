/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One case in a process of its own, with a watchdog; for migrate/suite.h.
 */
#ifndef SELFTEST_KVM_MIGRATE_CASE_H
#define SELFTEST_KVM_MIGRATE_CASE_H

#include "migrate/kmsg.h"
#include "migrate/suite.h"

/* Once, before any other: signals, and memory shared with the cases. */
void case_prepare(void);

/* It failed, and even SIGKILL does not end it: nothing that runs now could be trusted. */
#define CASE_STUCK	(-1)

/*
 * Run @test, or skip it.  Returns KSFT_PASS, KSFT_FAIL, KSFT_SKIP or CASE_STUCK, and in @reason why
 * it was skipped, which is good until the next case, else NULL.  The caller prints the result: in
 * a kernel tree, kselftest.h counts results for each source file apart.
 */
int case_run(const struct suite *suite, const struct testcase *test, struct kmsg_watch *watch,
	     const char **reason);

/*
 * Run @observe like a case.  Returns the enum contract_id it found; where it dies or hangs, ends
 * the program as failed.
 */
int case_observe(const struct suite *suite, int (*observe)(const struct suite *suite));

#endif /* SELFTEST_KVM_MIGRATE_CASE_H */
