/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel does with pages for ends of its own, and must not do with guest_memfd: a
 * trigger with such a .never is fired at the pages under test and at a control side by side,
 * again and again until it has acted on the control, and as often again.  Only then do pages that
 * are as they were prove anything.
 *
 *	.prepare()	the control, if it needs more than to be there; the mechanism
 *	.fire()		one round of work, with both exposed to it
 *	.acted()	on how many pages of the control by now?
 *	.stop()		the mechanism, so that no page is on its way when all are looked at
 *
 * These hold for every row whose promise is NEVER, whatever the contract:
 *
 *	clean		pages that were only ever read, by the host: nothing is lost by dropping
 *			them, and each is like the next
 *	filled		pages that the guest has written and the host has read
 *	running		the same while a guest reads and writes all pages all the time
 */
#ifndef SELFTEST_KVM_MIGRATE_MATRIX_MUST_NOT_TOUCH_H
#define SELFTEST_KVM_MIGRATE_MATRIX_MUST_NOT_TOUCH_H

#include "migrate/matrix/fixture.h"
#include "migrate/trigger/control.h"
#include "migrate/trigger/trigger.h"

struct must_not_touch_property {
	const char *name;
	bool filled, running;
	int (*judge)(struct fixture *fx);
	struct fixture_config config;
};

extern const struct must_not_touch_property must_not_touch_properties[];
extern const size_t nr_must_not_touch_properties;

/* For .missing and .run of a case with a struct must_not_touch_property as its .data. */
const char *must_not_touch_skip_reason(const struct suite *suite, const struct testcase *test);
int must_not_touch_run(const struct suite *suite, const struct testcase *test);

#endif /* SELFTEST_KVM_MIGRATE_MATRIX_MUST_NOT_TOUCH_H */
