/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The properties of a move that only x86 has, as migrate/matrix/property_table.h has the others.
 *
 *   nested               running and idle, by a nested guest (L2)
 *   nested_uaddr_unused  the same, where userspace_addr is other memory: L2 never gets it
 *   kvmclock             KVM writes the clock to a page that moves, through a pfn cache
 *   steal_time           the same for steal time, by an access to userspace_addr
 *   pv_eoi               the same for PV EOI, which the guest writes, too
 *   smm                  vCPUs use the pages in SMM, which has memslots of its own
 */
#ifndef SELFTEST_KVM_X86_MIGRATE_MATRIX_X86_PROPERTY_TABLE_H
#define SELFTEST_KVM_X86_MIGRATE_MATRIX_X86_PROPERTY_TABLE_H

#include "migrate/matrix/property.h"

#define X86_PROPERTIES(ROW) \
	ROW(kvmclock,   true,  kvmclock_skip_reason) \
	ROW(steal_time, true,  steal_time_skip_reason) \
	ROW(pv_eoi,     true,  pv_eoi_skip_reason) \
	ROW(smm,        false, smm_skip_reason) \
	ROW(nested,     false, svm_skip_reason) \
	ROW(nested_uaddr_unused, false, svm_skip_reason, .unsafe = true)

extern const struct property x86_properties[];
extern const size_t nr_x86_properties;

int act_kvmclock(struct fixture *fx);
int act_steal_time(struct fixture *fx);
int act_pv_eoi(struct fixture *fx);
int act_smm(struct fixture *fx);
int act_nested(struct fixture *fx);
int act_nested_uaddr_unused(struct fixture *fx);

const char *kvmclock_skip_reason(void);
const char *steal_time_skip_reason(void);
const char *pv_eoi_skip_reason(void);
const char *smm_skip_reason(void);

#endif /* SELFTEST_KVM_X86_MIGRATE_MATRIX_X86_PROPERTY_TABLE_H */
