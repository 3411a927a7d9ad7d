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
#ifndef SELFTEST_KVM_MIGRATE_NEVER_H
#define SELFTEST_KVM_MIGRATE_NEVER_H

#include "migrate/control.h"
#include "migrate/scene.h"
#include "migrate/trigger.h"

#define NEVER_COUNTERS_MAX 6

struct never {
	struct control_kind control;
	const char *acts;		/* on the control, for reports: "moved" */
	unsigned int rounds;		/* of firing, at most, until it has acted on all */
	const char *counters[NEVER_COUNTERS_MAX + 1];	/* of /proc/vmstat, for reports */
	/* Returns NULL, or what is missing for this range, as a reason to skip.  May be absent. */
	const char *(*prepare)(const struct trigger_range *range);
	size_t (*acted)(const struct trigger_range *range);
	/* Stop what works on its own between two calls of .fire().  May be absent. */
	void (*stop)(void);
};

struct never_property {
	const char *name;
	bool filled, running;
	int (*judge)(struct scene *scene);
	struct scene_config config;
};

extern const struct never_property never_properties[];
extern const size_t nr_never_properties;

/* For .missing and .run of a case with a struct never_property as its .data. */
const char *never_missing(const struct suite *suite, const struct testcase *test);
int never_run(const struct suite *suite, const struct testcase *test);

#endif /* SELFTEST_KVM_MIGRATE_NEVER_H */
