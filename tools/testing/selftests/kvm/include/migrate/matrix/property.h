/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Properties as cases: what struct property holds for a row of migrate/matrix/property_table.h, and
 * the steps that several of them share.
 */
#ifndef SELFTEST_KVM_MIGRATE_MATRIX_PROPERTY_H
#define SELFTEST_KVM_MIGRATE_MATRIX_PROPERTY_H

#include <stdbool.h>
#include <stddef.h>

#include "migrate/matrix/case_list.h"
#include "migrate/matrix/fixture.h"

enum property_triggers {
	TRIGGERS_ALL,
	TRIGGERS_RANGE,
	TRIGGERS_NODE,
	TRIGGERS_PER_PAGE,
	TRIGGERS_ONLY,
};

enum property_pages {
	PAGES_ANY,
	PAGES_FOUND,
	PAGES_MAPPED,
};

struct property {
	const char *name;
	enum property_triggers triggers;
	const struct trigger *only[2];		/* of TRIGGERS_ONLY; the second may be NULL */
	enum property_pages pages;
	struct fixture_config config;
	bool allocates_on_target;		/* which needs memory for unmovable folios there */
	bool unsafe;				/* as in struct testcase */
	/* Returns what this machine lacks, as a SKIP reason, or NULL.  May be absent. */
	const char *(*skip_reason)(void);
	const struct test_env *env;		/* where the trigger has none */
	/* Starts with all pages filled on node .from.  Returns a case's result. */
	int (*act)(struct fixture *fx);
};

extern const struct property properties[];
extern const size_t nr_properties;

bool property_applies(const struct property *property, const struct contract_row *row);

/* Append a case to @list if @property applies to @row. */
void property_add_case(struct case_list *list, const struct contract_row *row,
		       const struct property *property);

/* ---- Steps --------------------------------------------------------------------------- */

/* Fire at all pages, and hold each of them against the contract. */
void property_fire_all(struct fixture *fx);

/*
 * Host and guest write all pages in turn, and the other side reads them.  A guest that still maps
 * the old frame of a page reads the right content until a write goes to the new frame.
 * Returns a case's result.
 */
int property_rewrite_and_judge(struct fixture *fx);

/* Expect zeros in @nr pages from @first on, in guest and host.  Returns a case's result. */
int property_reads_zero(const struct fixture *fx, size_t first, size_t nr);

/* Have the guest write @nr pages from @first on. */
void property_refill(struct fixture *fx, size_t first, size_t nr);

/* Hold some pages by @kind: they stay until they are released.  Returns a case's result. */
struct gup_pin_kind;
int property_pinned_by(struct fixture *fx, const struct gup_pin_kind *kind);

/* ---- What the rows of the table name ------------------------------------------------- */

int act_idle(struct fixture *fx);
int act_running(struct fixture *fx);
int act_partial(struct fixture *fx);
int act_no_leak(struct fixture *fx);
int act_memcg_charge(struct fixture *fx);
int act_shared_mapping(struct fixture *fx);
int act_already_on_node(struct fixture *fx);
int act_pinned(struct fixture *fx);
int act_pinned_longterm(struct fixture *fx);
int act_punch_refault(struct fixture *fx);
int act_punch_race(struct fixture *fx);
int act_not_uptodate(struct fixture *fx);
int act_zap_exact(struct fixture *fx);
int act_guest_image(struct fixture *fx);
int act_poisoned(struct fixture *fx);
int act_poison_race(struct fixture *fx);
int act_poison_moving(struct fixture *fx);
int act_poisoned_offline(struct fixture *fx);
int act_retired(struct fixture *fx);
int act_policy_bind(struct fixture *fx);
int act_policy_preferred(struct fixture *fx);
int act_policy_interleave(struct fixture *fx);
int act_policy_weighted(struct fixture *fx);
int act_policy_local(struct fixture *fx);

const char *longterm_pin_skip_reason(void);
const char *poisoned_skip_reason(void);
const char *weighted_interleave_skip_reason(void);
extern const struct test_env env_hwpoison, env_memcg, env_weighted_interleave;

#endif /* SELFTEST_KVM_MIGRATE_MATRIX_PROPERTY_H */
