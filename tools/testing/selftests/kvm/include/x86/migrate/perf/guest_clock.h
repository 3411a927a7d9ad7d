/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clock of guest code: the time-stamp counter.
 */
#ifndef SELFTEST_KVM_MIGRATE_PERF_GUEST_CLOCK_H
#define SELFTEST_KVM_MIGRATE_PERF_GUEST_CLOCK_H

#include "kvm_util.h"
#include "processor.h"

static inline u64 guest_clock(void)
{
	return rdtsc();
}

/* Ticks per millisecond of guest_clock() on @vcpu.  Asserts that KVM knows them. */
static inline u64 guest_clock_khz(struct kvm_vcpu *vcpu)
{
	int khz = __vcpu_ioctl(vcpu, KVM_GET_TSC_KHZ, NULL);

	TEST_ASSERT(khz > 0, "KVM does not know the frequency of the guest's TSC: %d", khz);
	return khz;
}

#endif /* SELFTEST_KVM_MIGRATE_PERF_GUEST_CLOCK_H */
