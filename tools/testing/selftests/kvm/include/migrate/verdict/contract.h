/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contracts between the kernel and guest_memfd, and the outcomes of a migration.
 * docs/contracts.md tells how the tests find the contract of the running kernel.
 *
 *   unmovable	kernels up to 7.3: the mapping is inaccessible, and move_to_new_folio() in
 *		mm/migrate.c fails with -EOPNOTSUPP for every folio of such a mapping
 *   movable	the migration series: AS_UNMOVABLE is a mapping flag of its own, and only
 *		guest_memfd files of VMs with private memory carry it
 *   opt-in	only files that are created with a flag of KVM_CREATE_GUEST_MEMFD are movable, all
 *		others are unmovable: the contract is that of a file
 */
#ifndef SELFTEST_KVM_MIGRATE_VERDICT_CONTRACT_H
#define SELFTEST_KVM_MIGRATE_VERDICT_CONTRACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
	/* A file has one of those above: the tables have no column for those below. */
	CONTRACT_OPT_IN,
	NR_CONTRACTS,
};

#define NR_FILE_CONTRACTS	CONTRACT_OPT_IN

/* The source of the running kernel's contract. */
enum contract_source {
	CONTRACT_BY_OPTION,	/* -k */
	CONTRACT_BY_BTF,	/* the kernel's type information */
	CONTRACT_PROBED,	/* without BTF: the first move decides, all others must agree */
};

struct contract {
	enum contract_id id;		/* of the kernel */
	enum contract_source source;
	int flag_bit;			/* CONTRACT_OPT_IN: number of the flag's bit; 0: unknown */
};

/*
 * The bit of GUEST_MEMFD_FLAG_MIGRATABLE in the <linux/kvm.h> that the tests are built with; 0:
 * it has no such flag.
 */
int contract_flag_bit(void);

/* Returns the bits of KVM_CAP_GUEST_MEMFD_FLAGS in @offered that <linux/kvm.h> does not know. */
uint64_t contract_unknown_flags(uint64_t offered);

/*
 * Find the contract of a kernel whose BTF has AS_UNMOVABLE or not (@has_unmovable; -errno: there is
 * no BTF), and that offers the flags @offered for guest_memfd of ordinary VMs.
 * Returns 0, or -errno where only a move can tell.
 */
int contract_of_kernel(int has_unmovable, uint64_t offered, struct contract *contract);

/* Returns the contract, UNMOVABLE or MOVABLE, of a file with or without the flag. */
enum contract_id contract_of_file(enum contract_id kernel, bool flagged);

/* Returns whether @outcome moves at least one folio. */
bool outcome_moves(enum outcome outcome);

const char *outcome_name(enum outcome outcome);
const char *contract_name(enum contract_id id);
const char *contract_source_name(enum contract_source source);

/* Returns the value of -k that stands for @contract, valid until the next call. */
const char *contract_option(const struct contract *contract);

/*
 * Returns the enum contract_id that @text, a value of -k, stands for, and sets @flag_bit as in
 * struct contract.  -EINVAL: there is none; -ERANGE: the bit is no number from 0 to 63; -EEXIST:
 * the bit has another meaning.
 */
int contract_parse(const char *text, int *flag_bit);

/* Returns the result, or -errno, of a call on @nr_pages pages that meets @expected. */
long expected_return(const struct expected *expected, size_t nr_pages);

#endif /* SELFTEST_KVM_MIGRATE_VERDICT_CONTRACT_H */
