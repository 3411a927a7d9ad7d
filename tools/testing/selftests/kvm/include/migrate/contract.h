/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel promises about moving guest_memfd folios, on one page.
 *
 * A row is a trigger on a kind of VM, a column is a contract, a cell is the promised outcome:
 *
 *   MOVED		every folio is on the target node, in another page frame, and the
 *			call succeeds
 *   MOVED_SOME		the same for at least one folio; the others are where they were
 *   REFUSED(answer)	the kernel tries, nothing moves, and the call answers with the COUNT
 *			of pages that stayed, with an error, or with success (SILENT)
 *   UNSEEN(answer)	the call finds no folio, as no page table entry of user space leads to
 *			one: nothing moves, and it answers with success (SILENT), if need be
 *			with status ENOENT for each page
 *   ABSENT(answer)	there is no folio in the place that is emptied, as such memory is never
 *			allocated there: nothing moves
 *   NEVER(answer)	the mechanism is not for guest_memfd, whatever the contract: every folio
 *			stays in its frame and its content is intact, while a control beside it
 *			was moved, merged, reclaimed or collapsed by the same firing.  A call
 *			says so by its answer, or succeeds (SILENT)
 *
 * Kinds of VM (migrate/vm.h):
 *
 *   default		no private memory, and host user space maps the guest_memfd
 *   default_unshared	no private memory, but host user space is kept out: the kernel may move
 *			it, callers do not see it
 *
 * and one with private memory, which may be bound to its physical address by encryption or by
 * firmware: nothing ever moves it (a table of its own, as it is true of each such kind).
 *
 * Contracts:
 *
 *   unmovable	kernels up to 7.3: the mapping is inaccessible, and move_to_new_folio() in
 *		mm/migrate.c fails with -EOPNOTSUPP for every folio of such a mapping
 *   movable	the migration series: unmovable is a mapping flag of its own, AS_UNMOVABLE, and
 *		of all guest_memfd files only those of VMs with private memory carry it
 *
 * The tests walk these rows; a promise is added to the suite by adding its row.
 */
#ifndef SELFTEST_KVM_MIGRATE_CONTRACT_H
#define SELFTEST_KVM_MIGRATE_CONTRACT_H

#include <stdbool.h>
#include <stddef.h>

/*	    trigger		VM		unmovable		movable			*/
#define MIGRATION_CONTRACT(ROW)									\
	ROW(move_pages,		default,	REFUSED(COUNT),		MOVED)			\
	ROW(mbind_move,		default,	REFUSED(SILENT),	MOVED)			\
	ROW(mbind_strict,	default,	REFUSED(EIO),		MOVED)			\
	ROW(mbind_move_all,	default,	REFUSED(SILENT),	MOVED)			\
	ROW(migrate_pages,	default,	REFUSED(COUNT),		MOVED)			\
	ROW(soft_offline_mapped, default,	REFUSED(EBUSY),		MOVED)			\
	ROW(soft_offline_phys,	default,	REFUSED(EBUSY),		MOVED)			\
	ROW(memory_offline,	default,	REFUSED(EINTR),		MOVED)			\
	ROW(compact,		default,	REFUSED(SILENT),	MOVED_SOME)		\
	ROW(compact_node,	default,	REFUSED(SILENT),	MOVED_SOME)		\
	ROW(cma_alloc,		default,	ABSENT(SILENT),		MOVED_SOME)		\
	/* What others ask for. */								\
	ROW(move_pages_all,	default,	REFUSED(COUNT),		MOVED)			\
	ROW(move_pages_other,	default,	REFUSED(COUNT),		MOVED)			\
	ROW(migrate_pages_other, default,	REFUSED(COUNT),		MOVED)			\
	ROW(cpuset,		default,	REFUSED(SILENT),	MOVED)			\
	/* What the kernel does for ends of its own, and never with guest_memfd. */		\
	ROW(numa_balancing,	default,	NEVER(SILENT),		NEVER(SILENT))		\
	ROW(damon_hot_vaddr,	default,	NEVER(SILENT),		NEVER(SILENT))		\
	ROW(damon_cold_paddr,	default,	NEVER(SILENT),		NEVER(SILENT))		\
	ROW(ksm,		default,	NEVER(SILENT),		NEVER(SILENT))		\
	ROW(pageout,		default,	NEVER(SILENT),		NEVER(SILENT))		\
	ROW(cold,		default,	NEVER(SILENT),		NEVER(SILENT))		\
	ROW(reclaim,		default,	NEVER(SILENT),		NEVER(SILENT))		\
	ROW(demotion,		default,	NEVER(SILENT),		NEVER(SILENT))		\
	ROW(collapse,		default,	NEVER(EINVAL),		NEVER(EINVAL))		\
	ROW(move_pages,		default_unshared, UNSEEN(ENOENT),	UNSEEN(ENOENT))		\
	ROW(mbind_move,		default_unshared, UNSEEN(SILENT),	UNSEEN(SILENT))		\
	ROW(mbind_strict,	default_unshared, UNSEEN(SILENT),	UNSEEN(SILENT))		\
	ROW(mbind_move_all,	default_unshared, UNSEEN(SILENT),	UNSEEN(SILENT))		\
	ROW(migrate_pages,	default_unshared, UNSEEN(SILENT),	UNSEEN(SILENT))		\
	ROW(soft_offline_phys,	default_unshared, REFUSED(EBUSY),	MOVED)			\
	ROW(memory_offline,	default_unshared, REFUSED(EINTR),	MOVED)			\
	ROW(compact,		default_unshared, REFUSED(SILENT),	MOVED_SOME)		\
	ROW(compact_node,	default_unshared, REFUSED(SILENT),	MOVED_SOME)		\
	ROW(cma_alloc,		default_unshared, ABSENT(SILENT),	MOVED_SOME)

/*	    trigger		unmovable		movable					*/
#define PRIVATE_MEMORY_CONTRACT(ROW)								\
	ROW(move_pages,		UNSEEN(ENOENT),		UNSEEN(ENOENT))				\
	ROW(mbind_move,		UNSEEN(SILENT),		UNSEEN(SILENT))				\
	ROW(mbind_strict,	UNSEEN(SILENT),		UNSEEN(SILENT))				\
	ROW(mbind_move_all,	UNSEEN(SILENT),		UNSEEN(SILENT))				\
	ROW(migrate_pages,	UNSEEN(SILENT),		UNSEEN(SILENT))				\
	ROW(soft_offline_phys,	REFUSED(EBUSY),		REFUSED(EBUSY))				\
	ROW(memory_offline,	REFUSED(EINTR),		REFUSED(EINTR))				\
	ROW(compact,		REFUSED(SILENT),	REFUSED(SILENT))			\
	ROW(compact_node,	REFUSED(SILENT),	REFUSED(SILENT))			\
	ROW(cma_alloc,		ABSENT(SILENT),		ABSENT(SILENT))

/*
 * Where folios are allocated: a row is a place on a node and a kind of VM, and says
 * LET_IN(ALL) of them, LET_IN(SOME) at least, or KEPT_OUT: what moves may be in ZONE_MOVABLE and in
 * a CMA area, what does not must never be.
 *
 *	    place		VM		unmovable	movable
 */
#define ALLOCATION_CONTRACT(ROW)								\
	ROW(zone_movable,	default,	KEPT_OUT,	LET_IN(ALL))			\
	ROW(zone_movable,	default_unshared, KEPT_OUT,	LET_IN(ALL))			\
	ROW(cma,		default,	KEPT_OUT,	LET_IN(SOME))			\
	ROW(cma,		default_unshared, KEPT_OUT,	LET_IN(SOME))

/*	    place		unmovable	movable						*/
#define PRIVATE_ALLOCATION_CONTRACT(ROW)							\
	ROW(zone_movable,	KEPT_OUT,	KEPT_OUT)					\
	ROW(cma,		KEPT_OUT,	KEPT_OUT)

/*
 * Pages that are no folios and move by operations of their own (migrate/ops_pages.h): zsmalloc's
 * and those of a memory balloon.  They move under either contract, as neither is about them;
 * nothing tells where one of them went, but all that were there are somewhere.
 *
 * Soft offlining moves pages of a balloon as well, but leaves their type on the frame, and such a
 * frame is not given back (unpoison_memory() in mm/memory-failure.c): memory would be lost.
 *
 *	    trigger		pages		promise
 */
#define MOVABLE_OPS_CONTRACT(ROW)								\
	ROW(compact,		zsmalloc,	MOVED_SOME)					\
	ROW(compact_node,	zsmalloc,	MOVED_SOME)					\
	ROW(memory_offline,	zsmalloc,	MOVED)						\
	ROW(soft_offline_phys,	zsmalloc,	MOVED)						\
	ROW(cma_alloc,		zsmalloc,	MOVED_SOME)					\
	ROW(compact,		balloon,	MOVED_SOME)					\
	ROW(compact_node,	balloon,	MOVED_SOME)					\
	ROW(memory_offline,	balloon,	MOVED)						\
	ROW(cma_alloc,		balloon,	MOVED_SOME)

enum outcome {
	OUTCOME_MOVED,
	OUTCOME_MOVED_SOME,
	OUTCOME_REFUSED,
	OUTCOME_NEVER,
	OUTCOME_UNTOUCHED,	/* nothing there for the trigger to act on; no frame changes */
};

enum answer {
	ANSWER_SILENT,		/* 0 */
	ANSWER_COUNT,		/* the number of pages that were not moved */
	ANSWER_EIO,		/* -EIO */
	ANSWER_EBUSY,		/* -EBUSY */
	ANSWER_ENOENT,		/* 0, and the status of each page is -ENOENT */
	ANSWER_EINVAL,		/* -EINVAL */
	ANSWER_EINTR,		/* -EINTR: tried until a signal came */
};

struct promise {
	enum outcome outcome;
	enum answer answer;
};

enum contract_id {
	CONTRACT_UNMOVABLE,
	CONTRACT_MOVABLE,
	NR_CONTRACTS,
};

struct contract_row {
	const struct trigger *trigger;
	const struct vm_kind *vm;
	struct promise promise[NR_CONTRACTS];
};

extern const struct contract_row contract_rows[];
extern const size_t nr_contract_rows;

/* Of PRIVATE_MEMORY_CONTRACT; set .vm in a copy. */
extern const struct contract_row private_memory_rows[];
extern const size_t nr_private_memory_rows;

/* Of ALLOCATION_CONTRACT and, to be given their .vm in a copy, PRIVATE_ALLOCATION_CONTRACT. */
extern const struct contract_row allocation_rows[];
extern const size_t nr_allocation_rows;
extern const struct contract_row private_allocation_rows[];
extern const size_t nr_private_allocation_rows;

struct ops_row {
	const struct trigger *trigger;
	const struct ops_kind *kind;
	struct promise promise;
};

/* Of MOVABLE_OPS_CONTRACT. */
extern const struct ops_row ops_rows[];
extern const size_t nr_ops_rows;

/* How it is known which contract this kernel made. */
enum contract_source {
	CONTRACT_BY_OPTION,	/* -k: somebody promised */
	CONTRACT_BY_BTF,	/* the kernel's own type information promises */
	CONTRACT_OBSERVED,	/* nobody promised: the first move decides, the rest must agree */
};

struct contract {
	enum contract_id id;
	enum contract_source source;
};

/* Whether the trigger finds folios, to move them or to be refused, under any contract. */
bool contract_row_finds_folios(const struct contract_row *row);

/* Whether @outcome is one that moves something. */
bool outcome_moves(enum outcome outcome);

const char *outcome_name(enum outcome outcome);
const char *contract_name(enum contract_id id);
const char *contract_source_name(enum contract_source source);

/* The contract called @name, or -EINVAL. */
int contract_parse(const char *name);

/*
 * The contract that the running kernel's BTF promises: movable where AS_UNMOVABLE is an
 * enumerator of enum mapping_flags, unmovable where that enum lacks it.
 * Returns an enum contract_id; -errno where BTF cannot be read or does not know the enum.
 */
int contract_from_btf(void);

/* What a call that makes @promise for @nr_pages returns, errors as -errno. */
long promised_return(const struct promise *promise, size_t nr_pages);

#endif /* SELFTEST_KVM_MIGRATE_CONTRACT_H */
