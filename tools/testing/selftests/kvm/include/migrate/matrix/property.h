/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Properties as cases: what struct property holds for a row of migrate/matrix/property_table.h, and
 * the steps that several of them share.
 */
#ifndef SELFTEST_KVM_MIGRATE_MATRIX_PROPERTY_H
#define SELFTEST_KVM_MIGRATE_MATRIX_PROPERTY_H

#include "migrate/matrix/fixture.h"
#include "migrate/matrix/property_table.h"

/* The cases of a program. */
struct case_list {
	struct testcase *cases;
	size_t nr;
};

/* Append @test with this name and the environment of its trigger, if that has one. */
void __printf(3, 4) case_list_add(struct case_list *list, const struct testcase *test,
				  const char *name, ...);

enum property_triggers {
	TRIGGERS_ALL,
	TRIGGERS_RANGE,
	TRIGGERS_NODE,
	TRIGGERS_PER_PAGE,
	TRIGGERS_NEVER,				/* those with .must_not_touch, and no others */
};

enum property_pages {
	PAGES_ANY,
	PAGES_FOUND,
	PAGES_MAPPED,
	PAGES_PRIVATE,
	PAGES_LAUNCHED,
};

/* More than four batches of migrate_pages() in mm/migrate.c (NR_MAX_BATCHED_MIGRATION). */
#define PROPERTY_MANY_PAGES	2100

/* So that the holes of a sparse file are larger than a huge page of 512 pages. */
#define PROPERTY_SPARSE_PAGES	1700

struct property {
	const char *name;
	const char *group;			/* in names of cases; NULL: that of the trigger */
	enum property_triggers triggers;
	const struct trigger *only[2];		/* no others; may be NULL */
	enum property_pages pages;
	struct gmem_config config;		/* without what fixture_open() sets */
	bool unfilled;				/* for fixture_run() */
	bool allocates_on_target;		/* which needs memory for unmovable folios there */
	bool unsafe;				/* as in struct testcase */
	/* Returns what this machine lacks, as a SKIP reason, or NULL.  May be absent. */
	const char *(*skip_reason)(void);
	const struct test_env *env;		/* where the trigger has none */
	/* Starts with pages filled on node .from, unless .unfilled.  Returns a case's result. */
	int (*act)(struct fixture *fx);
};

extern const struct property properties[];
extern const size_t nr_properties;

bool property_applies(const struct property *property, const struct contract_row *row);

/* Append a case to @list if @property applies to @row. */
void property_add_case(struct case_list *list, const struct contract_row *row,
		       const struct property *property);

/* MPOL_WEIGHTED_INTERLEAVE; kernel headers have it since Linux 6.9. */
#define MODE_WEIGHTED_INTERLEAVE 6

/* ---- Steps --------------------------------------------------------------------------- */

/* Fire at all pages, and hold each of them against the contract. */
void property_fire_all(struct fixture *fx);

/* Fire at all pages, and judge each of them and the content.  Returns a case's result. */
int property_fire_and_judge(struct fixture *fx);

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

/*
 * Whether the trigger leaves pages alone that are mapped more than once (MPOL_MF_MOVE); fire at all
 * pages, which it must leave alone for that.
 */
bool property_spares_shared(const struct trigger *trigger);
void property_fire_spared(struct fixture *fx);

/*
 * Fire at all pages @times times, from node to node where they move; an even number leads back.
 * What moves meanwhile may be undefined: property_gather() moves all pages to the first node.
 */
void property_fire_times(struct fixture *fx, int times);
void property_gather(struct fixture *fx);

/* Move all pages there and back while they are in use, until a page is bad. */
void property_move_under_guest(struct fixture *fx);

/* mprotect() of the host's mapping. */
void property_protect(const struct fixture *fx, int protection);

/*
 * Fire at all pages.  What the kernel says of the host's mapping must be the same afterwards
 * (migrate/mm/host_mapping.h).  Returns a case's result; the caller judges the pages.
 */
int property_move_and_compare(struct fixture *fx);

/* Hold some pages by @kind: they stay until they are released.  Returns a case's result. */
struct gup_pin_kind;
int property_pinned_by(struct fixture *fx, const struct gup_pin_kind *kind);

/*
 * Put memory at userspace_addr, which KVM must not use, and do @act.  Returns its result; reports
 * and fails if the guest wrote there.
 */
int property_uaddr_unused(struct fixture *fx, int (*act)(struct fixture *fx));

/* ---- What the rows of the table name ------------------------------------------------- */

#define ACT(_name, _act, ...) int act_##_act(struct fixture *fx);
PROPERTIES(ACT)
#undef ACT

const char *longterm_pin_skip_reason(void);
const char *host_accessed_skip_reason(void);
const char *host_soft_dirty_skip_reason(void);
const char *poisoned_skip_reason(void);
const char *prefault_skip_reason(void);
const char *soft_offline_later_skip_reason(void);
const char *weighted_interleave_skip_reason(void);
const char *unevictable_disallowed_skip_reason(void);
int weighted_interleave_weight(int node);
extern const struct test_env env_hwpoison, env_memcg, env_weighted_interleave,
			     env_unevictable_disallowed;

#endif /* SELFTEST_KVM_MIGRATE_MATRIX_PROPERTY_H */
