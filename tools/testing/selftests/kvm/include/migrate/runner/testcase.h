/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One case in a process of its own, with a watchdog; for migrate/runner/suite.h.
 */
#ifndef SELFTEST_KVM_MIGRATE_RUNNER_TESTCASE_H
#define SELFTEST_KVM_MIGRATE_RUNNER_TESTCASE_H

#include "migrate/runner/suite.h"
#include "migrate/util/kmsg.h"

/* Once, before any other: signals, and memory shared with the cases. */
void testcase_init(void);

/* It failed, and even SIGKILL does not end it: nothing that runs now could be trusted. */
#define TESTCASE_HUNG	(-1)

/*
 * Run @test, or skip it.  Returns KSFT_PASS, KSFT_FAIL, KSFT_SKIP or TESTCASE_HUNG, and in @reason
 * why
 * it was skipped, which is good until the next case, else NULL.  The caller prints the result: in
 * a kernel tree, kselftest.h counts results for each source file apart.
 */
int testcase_run(const struct suite *suite, const struct testcase *test, struct kmsg_watch *watch,
		 const char **reason);

/*
 * Run @observe like a case.  Returns the enum contract_id it found; where it dies or hangs, ends
 * the program as failed.
 */
int testcase_probe(const struct suite *suite, int (*probe)(const struct suite *suite));

#endif /* SELFTEST_KVM_MIGRATE_RUNNER_TESTCASE_H */
