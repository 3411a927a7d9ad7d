/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Background mechanisms that must ignore guest_memfd.  They act on a control instead.
 */
#ifndef SELFTEST_KVM_MIGRATE_TRIGGER_BACKGROUND_H
#define SELFTEST_KVM_MIGRATE_TRIGGER_BACKGROUND_H

#include "migrate/trigger/trigger.h"

#define MUST_NOT_TOUCH_COUNTERS_MAX 6

struct must_not_touch {
	bool anonymous;			/* the control, see control_open() */
	const char *acts;		/* on the control, for reports: "moved" */
	unsigned int rounds;		/* of .fire(), at most, until it has acted on all */
	const char *counters[MUST_NOT_TOUCH_COUNTERS_MAX + 1];	/* of /proc/vmstat, for reports */
	/* Prepare control and mechanism.  Returns a SKIP reason, or NULL.  May be absent. */
	const char *(*prepare)(const struct trigger_range *range);
	/* Returns the number of control pages that it acted on.  Absent: control_moved(). */
	size_t (*acted)(const struct trigger_range *range);
	/* Stop a mechanism that works in the background.  May be absent. */
	void (*stop)(void);
};

#endif /* SELFTEST_KVM_MIGRATE_TRIGGER_BACKGROUND_H */
