/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contract of the kernel about moving guest_memfd folios, on one page.
 *
 * A row is a trigger on a kind of VM, a column is a contract (migrate/verdict/contract.h), a cell
 * is the expected outcome:
 *
 *   MOVED		every folio is on the target node in another frame; the call succeeds
 *   MOVED_SOME		the same for at least one folio; the others keep their frames
 *   REFUSED(ret)	the kernel tries, nothing moves, and the call returns the number of failed
 *			pages (NR_FAILED), an error, or 0
 *   NOT_MAPPED(ret)	no PTE leads the call to a folio: nothing moves, and the call returns 0;
 *			with ENOENT the status of each page is -ENOENT
 *   NO_FOLIO		the kernel never allocates such memory in the evacuated range: nothing
 *			moves, and the call succeeds
 *   NEVER(ret)		the mechanism must ignore guest_memfd under every contract: every folio
 *			keeps its frame and content, while the same firing moves, merges, reclaims
 *			or collapses a control
 *
 * Kinds of VM (migrate/gmem/gmem_vm.h):
 *
 *   default		no private memory; host user space maps the guest_memfd
 *   default_unshared	no private memory; host user space cannot map it.  The kernel may move it,
 *			system calls do not find it
 *   KIND_migratable	the same with the flag of the contract opt-in: the column "movable" holds
 *			for them, and "unmovable" for the kinds above
 *
 * Private memory has tables of its own, which hold for each kind of VM that has it: encryption or
 * firmware may tie a page to its physical address, so nothing ever moves it.  The same is true of
 * the encrypted memory of kinds that have no private memory, as SEV and SEV-ES, but host user space
 * maps it.
 *
 * The tests walk these rows: a new row is a new expectation.
 */
#ifndef SELFTEST_KVM_MIGRATE_MATRIX_CONTRACT_TABLE_H
#define SELFTEST_KVM_MIGRATE_MATRIX_CONTRACT_TABLE_H

#include "migrate/verdict/contract.h"

/*	    trigger		   VM			unmovable		movable		*/
#define MIGRATION_CONTRACT(ROW)									\
	ROW(move_pages,		   default,		REFUSED(NR_FAILED),	MOVED)		\
	ROW(mbind_move,		   default,		REFUSED(0),		MOVED)		\
	ROW(mbind_strict,	   default,		REFUSED(EIO),		MOVED)		\
	ROW(mbind_move_all,	   default,		REFUSED(0),		MOVED)		\
	ROW(migrate_pages,	   default,		REFUSED(NR_FAILED),	MOVED)		\
	ROW(soft_offline_mapped,   default,		REFUSED(EBUSY),		MOVED)		\
	ROW(soft_offline_phys,	   default,		REFUSED(EBUSY),		MOVED)		\
	ROW(memory_offline,	   default,		REFUSED(EINTR),		MOVED)		\
	ROW(compact,		   default,		REFUSED(0),		MOVED_SOME)	\
	ROW(compact_node,	   default,		REFUSED(0),		MOVED_SOME)	\
	ROW(cma_alloc,		   default,		NO_FOLIO,		MOVED_SOME)	\
	ROW(hugetlb_gigantic,	   default,		REFUSED(ENOMEM),	MOVED_SOME)	\
	ROW(virtio_mem,		   default,		NO_FOLIO,		MOVED)		\
	/* Compaction in the background. */						\
	ROW(kcompactd,		   default,		REFUSED(0),		MOVED_SOME)	\
	/* Long-term pins in ZONE_MOVABLE and in CMA areas. */					\
	ROW(longterm_pin,	   default,		NO_FOLIO,		MOVED)		\
	ROW(longterm_pin_cma,	   default,		NO_FOLIO,		MOVED_SOME)	\
	/* Calls with MPOL_MF_MOVE_ALL, calls by another task, cpusets. */			\
	ROW(move_pages_all,	   default,		REFUSED(NR_FAILED),	MOVED)		\
	ROW(move_pages_remote,	   default,		REFUSED(NR_FAILED),	MOVED)		\
	ROW(migrate_pages_remote,  default,		REFUSED(NR_FAILED),	MOVED)		\
	ROW(cpuset,		   default,		REFUSED(0),		MOVED)		\
	/* Background mechanisms that must ignore guest_memfd. */				\
	ROW(numa_balancing,	   default,		NEVER(0),		NEVER(0))	\
	ROW(numa_balancing_bind,   default,		NEVER(0),		NEVER(0))	\
	ROW(numa_balancing_tiering, default,		NEVER(0),		NEVER(0))	\
	ROW(damon_hot_vaddr,	   default,		NEVER(0),		NEVER(0))	\
	ROW(damon_cold_paddr,	   default,		NEVER(0),		NEVER(0))	\
	ROW(ksm,		   default,		NEVER(0),		NEVER(0))	\
	ROW(madv_pageout,	   default,		NEVER(0),		NEVER(0))	\
	ROW(madv_cold,		   default,		NEVER(0),		NEVER(0))	\
	ROW(reclaim,		   default,		NEVER(0),		NEVER(0))	\
	ROW(demotion,		   default,		NEVER(0),		NEVER(0))	\
	ROW(madv_collapse,	   default,		NEVER(EINVAL),		NEVER(EINVAL))	\
	ROW(move_pages,		   default_unshared,	NOT_MAPPED(ENOENT), NOT_MAPPED(ENOENT))	\
	ROW(mbind_move,		   default_unshared,	NOT_MAPPED(0),		NOT_MAPPED(0))	\
	ROW(mbind_strict,	   default_unshared,	NOT_MAPPED(0),		NOT_MAPPED(0))	\
	ROW(mbind_move_all,	   default_unshared,	NOT_MAPPED(0),		NOT_MAPPED(0))	\
	ROW(migrate_pages,	   default_unshared,	NOT_MAPPED(0),		NOT_MAPPED(0))	\
	ROW(soft_offline_phys,	   default_unshared,	REFUSED(EBUSY),		MOVED)		\
	ROW(memory_offline,	   default_unshared,	REFUSED(EINTR),		MOVED)		\
	ROW(compact,		   default_unshared,	REFUSED(0),		MOVED_SOME)	\
	ROW(compact_node,	   default_unshared,	REFUSED(0),		MOVED_SOME)	\
	ROW(cma_alloc,		   default_unshared,	NO_FOLIO,		MOVED_SOME)	\
	ROW(hugetlb_gigantic,	   default_unshared,	REFUSED(ENOMEM),	MOVED_SOME)	\
	ROW(virtio_mem,		   default_unshared,	NO_FOLIO,		MOVED)

/*	    trigger		   unmovable		movable					*/
#define PRIVATE_MEMORY_CONTRACT(ROW)								\
	ROW(move_pages,		   NOT_MAPPED(ENOENT),	NOT_MAPPED(ENOENT))			\
	ROW(mbind_move,		   NOT_MAPPED(0),	NOT_MAPPED(0))				\
	ROW(mbind_strict,	   NOT_MAPPED(0),	NOT_MAPPED(0))				\
	ROW(mbind_move_all,	   NOT_MAPPED(0),	NOT_MAPPED(0))				\
	ROW(migrate_pages,	   NOT_MAPPED(0),	NOT_MAPPED(0))				\
	ROW(soft_offline_phys,	   REFUSED(EBUSY),	REFUSED(EBUSY))				\
	ROW(memory_offline,	   REFUSED(EINTR),	REFUSED(EINTR))				\
	ROW(compact,		   REFUSED(0),		REFUSED(0))				\
	ROW(compact_node,	   REFUSED(0),		REFUSED(0))				\
	ROW(cma_alloc,		   NO_FOLIO,		NO_FOLIO)				\
	ROW(hugetlb_gigantic,	   REFUSED(ENOMEM),	REFUSED(ENOMEM))			\
	ROW(virtio_mem,		   NO_FOLIO,		NO_FOLIO)

/*
 * Both contracts answer alike, and so do both states of a page.  Registered pages carry a
 * long-term pin (sev_mem_enc_register_region() in arch/x86/kvm/svm/sev.c), for which
 * folio_migrate_mapping() in mm/migrate.c returns -EAGAIN.  Before that, move_to_new_folio()
 * returns -EOPNOTSUPP for the unmovable mapping, which alone keeps pages that are not registered.
 * Callers see neither: the page did not move.
 *
 *	    trigger		   expected
 */
#define ENCRYPTED_MEMORY_CONTRACT(ROW)								\
	ROW(move_pages,		   REFUSED(NR_FAILED))						\
	ROW(mbind_move,		   REFUSED(0))							\
	ROW(mbind_strict,	   REFUSED(EIO))						\
	ROW(mbind_move_all,	   REFUSED(0))							\
	ROW(migrate_pages,	   REFUSED(NR_FAILED))						\
	ROW(soft_offline_mapped,   REFUSED(EBUSY))						\
	ROW(soft_offline_phys,	   REFUSED(EBUSY))						\
	ROW(memory_offline,	   REFUSED(EINTR))						\
	ROW(compact,		   REFUSED(0))							\
	ROW(compact_node,	   REFUSED(0))							\
	ROW(cma_alloc,		   NO_FOLIO)							\
	ROW(hugetlb_gigantic,	   REFUSED(ENOMEM))						\
	ROW(virtio_mem,		   NO_FOLIO)							\
	ROW(kcompactd,		   REFUSED(0))							\
	ROW(longterm_pin,	   NO_FOLIO)							\
	ROW(longterm_pin_cma,	   NO_FOLIO)							\
	ROW(move_pages_all,	   REFUSED(NR_FAILED))						\
	ROW(move_pages_remote,	   REFUSED(NR_FAILED))						\
	ROW(migrate_pages_remote,  REFUSED(NR_FAILED))						\
	ROW(cpuset,		   REFUSED(0))							\
	ROW(numa_balancing,	   NEVER(0))							\
	ROW(numa_balancing_bind,   NEVER(0))							\
	ROW(numa_balancing_tiering, NEVER(0))							\
	ROW(damon_hot_vaddr,	   NEVER(0))							\
	ROW(damon_cold_paddr,	   NEVER(0))							\
	ROW(ksm,		   NEVER(0))							\
	ROW(madv_pageout,	   NEVER(0))							\
	ROW(madv_cold,		   NEVER(0))							\
	ROW(reclaim,		   NEVER(0))							\
	ROW(demotion,		   NEVER(0))							\
	ROW(madv_collapse,	   NEVER(EINVAL))

struct contract_row {
	const struct trigger *trigger;		/* NULL: the pages are only allocated ... */
	const struct placement *placement;	/* ... with this placement, which may be NULL */
	const struct vm_kind *vm;
	struct expected expected[NR_FILE_CONTRACTS];	/* by contract_of_kind() */
};

extern const struct contract_row contract_rows[];
extern const size_t nr_contract_rows;

/* Of PRIVATE_MEMORY_CONTRACT and ENCRYPTED_MEMORY_CONTRACT, without .vm: the program sets it. */
extern const struct contract_row private_memory_rows[], encrypted_memory_rows[];
extern const size_t nr_private_memory_rows, nr_encrypted_memory_rows;

/* Returns the contract that a kernel with @contract has for the files of @kind. */
enum contract_id contract_of_kind(const struct contract *contract, const struct vm_kind *kind);

/* Returns a copy of @row for VMs of @kind. */
const struct contract_row *contract_row_for(const struct vm_kind *kind,
					    const struct contract_row *row);

/* Returns the row of MIGRATION_CONTRACT for @trigger and the first kind of VM that has one. */
const struct contract_row *contract_row_of(const struct trigger *trigger);

#endif /* SELFTEST_KVM_MIGRATE_MATRIX_CONTRACT_TABLE_H */
