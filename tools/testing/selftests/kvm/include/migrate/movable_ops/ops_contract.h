/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contract about movable_ops pages (migrate/movable_ops/ops_pages.h): zsmalloc's and those of
 * a memory balloon.  They move whatever the contract of guest_memfd is.  The kernel does not say
 * where one of them went, but every page must be somewhere.
 *
 * Soft offlining moves balloon pages too, but leaves their type on the frame, and
 * unpoison_memory() in mm/memory-failure.c refuses such a frame: a test would lose memory.
 */
#ifndef SELFTEST_KVM_MIGRATE_MOVABLE_OPS_OPS_CONTRACT_H
#define SELFTEST_KVM_MIGRATE_MOVABLE_OPS_OPS_CONTRACT_H

#include "migrate/verdict/contract.h"

/*	    trigger		   pages		expected				*/
#define MOVABLE_OPS_CONTRACT(ROW)								\
	ROW(compact,		   zsmalloc,		MOVED_SOME)				\
	ROW(compact_node,	   zsmalloc,		MOVED_SOME)				\
	ROW(memory_offline,	   zsmalloc,		MOVED)					\
	ROW(soft_offline_phys,	   zsmalloc,		MOVED)					\
	ROW(cma_alloc,		   zsmalloc,		MOVED_SOME)				\
	ROW(compact,		   balloon,		MOVED_SOME)				\
	ROW(compact_node,	   balloon,		MOVED_SOME)				\
	ROW(memory_offline,	   balloon,		MOVED)					\
	ROW(cma_alloc,		   balloon,		MOVED_SOME)

struct ops_row {
	const struct trigger *trigger;
	const struct ops_kind *kind;
	struct expected expected;
};

extern const struct ops_row ops_rows[];
extern const size_t nr_ops_rows;

#endif /* SELFTEST_KVM_MIGRATE_MOVABLE_OPS_OPS_CONTRACT_H */
