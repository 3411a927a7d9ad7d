/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contracts between the kernel and guest_memfd, and the outcomes of a migration.
 *
 *   unmovable	kernels up to 7.3: the mapping is inaccessible, and move_to_new_folio() in
 *		mm/migrate.c fails with -EOPNOTSUPP for every folio of such a mapping
 *   movable	the migration series: AS_UNMOVABLE is a mapping flag of its own, and only
 *		guest_memfd files of VMs with private memory carry it
 */
#ifndef SELFTEST_KVM_MIGRATE_VERDICT_CONTRACT_H
#define SELFTEST_KVM_MIGRATE_VERDICT_CONTRACT_H

#include <stdbool.h>
#include <stddef.h>

enum outcome {
	OUTCOME_MOVED,		/* every folio: target node, other frame */
	OUTCOME_MOVED_SOME,	/* at least one folio; the others keep their frames */
	OUTCOME_REFUSED,	/* the kernel tries; no folio moves */
	OUTCOME_NEVER,		/* the mechanism must ignore guest_memfd */
	OUTCOME_NOT_MAPPED,	/* no PTE leads the call to a folio */
	OUTCOME_NO_FOLIO,	/* the range never holds such memory */
	OUTCOME_UNTOUCHED,	/* outside the range; every folio keeps its frame */
};

/* Result of the call. */
enum call_ret {
	RET_0,
	RET_NR_FAILED,		/* the number of pages that did not move */
	RET_EIO,
	RET_EBUSY,
	RET_ENOMEM,
	RET_ENOENT,		/* 0, and the status of each page is -ENOENT */
	RET_EINVAL,
	RET_EINTR,		/* the kernel retries until a signal arrives */
};

struct expected {
	enum outcome outcome;
	enum call_ret ret;
};

enum contract_id {
	CONTRACT_UNMOVABLE,
	CONTRACT_MOVABLE,
	NR_CONTRACTS,
};

/* The source of the running kernel's contract. */
enum contract_source {
	CONTRACT_BY_OPTION,	/* -k */
	CONTRACT_BY_BTF,	/* the kernel's type information */
	CONTRACT_PROBED,	/* without BTF: the first move decides, all others must agree */
};

struct contract {
	enum contract_id id;
	enum contract_source source;
};

/* Returns whether @outcome moves at least one folio. */
bool outcome_moves(enum outcome outcome);

const char *outcome_name(enum outcome outcome);
const char *contract_name(enum contract_id id);
const char *contract_source_name(enum contract_source source);

/* Returns the enum contract_id called @name, or -EINVAL. */
int contract_parse(const char *name);

/* Returns the result, or -errno, of a call on @nr_pages pages that meets @expected. */
long expected_return(const struct expected *expected, size_t nr_pages);

#endif /* SELFTEST_KVM_MIGRATE_VERDICT_CONTRACT_H */
