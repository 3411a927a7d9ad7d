/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cases that end the life of the memory, of its memslot or of the VM while vCPUs run and pages
 * move.
 */
#ifndef SELFTEST_KVM_MIGRATE_MATRIX_LIFETIME_H
#define SELFTEST_KVM_MIGRATE_MATRIX_LIFETIME_H

#include "migrate/matrix/fixture.h"

/*
 * Rounds per iteration of -i.  With the default of two iterations, nine of ten runs see a race that
 * one in ten rounds loses.
 */
#define LIFETIME_ROUNDS	11
#define LIFETIME_VMS	5		/* each round creates a VM */

/* Where nothing moves, there is less to race with. */
static inline unsigned long lifetime_rounds(const struct fixture *fx, unsigned long rounds)
{
	rounds *= fx->suite->options.iterations;
	return outcome_moves(fx->expected.outcome) ? rounds : DIV_ROUND_UP(rounds, 4);
}

#endif /* SELFTEST_KVM_MIGRATE_MATRIX_LIFETIME_H */
