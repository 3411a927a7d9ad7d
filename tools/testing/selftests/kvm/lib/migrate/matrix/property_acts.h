/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the properties of migrate/matrix/property.h do, by name, and the steps that several of them
 * take.
 */
#ifndef SELFTEST_KVM_LIB_MIGRATE_MATRIX_PROPERTY_ACTS_H
#define SELFTEST_KVM_LIB_MIGRATE_MATRIX_PROPERTY_ACTS_H

#include "migrate/matrix/property.h"

/* Move everything, or try to, and hold all pages against the promise. */
void property_fire_at_all(struct fixture *fx);

/*
 * Each side writes, and the other reads what it wrote.  A guest that still maps a folio's old
 * frame may read the right content from it for as long as nobody writes.
 */
int property_rewrite_and_judge(struct fixture *fx);

/* Nobody has written to @nr pages from @first on: what the frames held before must not show. */
int property_reads_zero(const struct fixture *fx, size_t first, size_t nr);

/* property_move.c */
int act_idle(struct fixture *fx);
int act_running(struct fixture *fx);
int act_partial(struct fixture *fx);
int act_already_on_node(struct fixture *fx);

/* property_leak.c */
int act_no_leak(struct fixture *fx);

/* property_charge.c */
int act_memcg_charge(struct fixture *fx);
extern const struct test_env env_memcg;

/* property_share.c */
int act_shared_mapping(struct fixture *fx);

/* property_pin.c */
int act_pinned(struct fixture *fx);
int act_pinned_longterm(struct fixture *fx);
const char *longterm_pin_skip_reason(void);

/* property_hole.c */
int act_punch_refault(struct fixture *fx);
int act_not_uptodate(struct fixture *fx);
int act_punch_race(struct fixture *fx);

/* property_slots.c */
int act_zap_exact(struct fixture *fx);

/* property_own.c */
int act_guest_image(struct fixture *fx);

/* property_policy.c */
int act_policy_bind(struct fixture *fx);
int act_policy_preferred(struct fixture *fx);
int act_policy_interleave(struct fixture *fx);
int act_policy_weighted(struct fixture *fx);
int act_policy_local(struct fixture *fx);
const char *weighted_interleave_skip_reason(void);
extern const struct test_env env_weighted_interleave;

#endif /* SELFTEST_KVM_LIB_MIGRATE_MATRIX_PROPERTY_ACTS_H */
