/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the properties of migrate/property.h do, by name, and the steps that several of them take.
 */
#ifndef SELFTEST_KVM_LIB_MIGRATE_PROPERTY_ACTS_H
#define SELFTEST_KVM_LIB_MIGRATE_PROPERTY_ACTS_H

#include "migrate/property.h"

/* Move everything, or try to, and hold all pages against the promise. */
void property_fire_at_all(struct scene *scene);

/*
 * Each side writes, and the other reads what it wrote.  A guest that still maps a folio's old
 * frame may read the right content from it for as long as nobody writes.
 */
int property_rewrite_and_judge(struct scene *scene);

/* Nobody has written to @nr pages from @first on: what the frames held before must not show. */
int property_reads_zero(const struct scene *scene, size_t first, size_t nr);

/* property_move.c */
int act_idle(struct scene *scene);
int act_running(struct scene *scene);
int act_partial(struct scene *scene);
int act_already_there(struct scene *scene);

/* property_leak.c */
int act_no_leak(struct scene *scene);

/* property_charge.c */
int act_charged(struct scene *scene);
extern const struct outside outside_charged;

/* property_share.c */
int act_two_processes(struct scene *scene);

/* property_pin.c */
int act_pinned(struct scene *scene);
int act_pinned_longterm(struct scene *scene);
const char *missing_longterm_pin(void);

/* property_hole.c */
int act_refilled(struct scene *scene);
int act_unused(struct scene *scene);
int act_punched(struct scene *scene);

/* property_slots.c */
int act_only_its_range(struct scene *scene);

/* property_own.c */
int act_own_memory(struct scene *scene);

/* property_policy.c */
int act_policy_bind(struct scene *scene);
int act_policy_preferred(struct scene *scene);
int act_policy_interleave(struct scene *scene);
int act_policy_weighted(struct scene *scene);
int act_policy_local(struct scene *scene);
const char *missing_weighted_interleave(void);
extern const struct outside outside_weighted_interleave;

#endif /* SELFTEST_KVM_LIB_MIGRATE_PROPERTY_ACTS_H */
