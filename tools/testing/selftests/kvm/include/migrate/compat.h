/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the KVM selftest library has since Linux 7.3 and these tests use, for older ones: there,
 * lib/migrate/libmigrate.mk has it included before anything else.  Nobody includes it by hand.
 */
#ifndef SELFTEST_KVM_MIGRATE_COMPAT_H
#define SELFTEST_KVM_MIGRATE_COMPAT_H

#include <pthread.h>
#include <sched.h>
#include <sys/types.h>
#include <unistd.h>

#include "kvm_syscalls.h"
#include "test_util.h"

__KVM_SYSCALL_DEFINE(sched_getaffinity, 3, pid_t, pid, size_t, size, cpu_set_t *, mask);
__KVM_SYSCALL_DEFINE(sched_setaffinity, 3, pid_t, pid, size_t, size, const cpu_set_t *, mask);

typedef void *(*pthread_fn_t)(void *arg);

__KVM_SYSCALL_DEFINE(pthread_create, 4, pthread_t *, thread, const pthread_attr_t *, attr,
		     pthread_fn_t, fn, void *, arg);
__KVM_SYSCALL_DEFINE(pthread_join, 2, pthread_t, thread, void **, result);
__KVM_SYSCALL_DEFINE(pthread_cancel, 1, pthread_t, thread);
__KVM_SYSCALL_DEFINE(pthread_setaffinity_np, 3, pthread_t, thread, size_t, size,
		     const cpu_set_t *, mask);

static inline void kvm_pthread_setaffinity(pthread_t thread, const cpu_set_t *mask)
{
	kvm_pthread_setaffinity_np(thread, sizeof(*mask), mask);
}

static inline pid_t kvm_gettid(void)
{
	return syscall(__NR_gettid);
}

/* Random numbers had another name, and no range; both ends of one belong to it. */
#define kvm_random_state	guest_random_state
#define new_kvm_random_state	new_guest_random_state
#define kvm_random_u32		guest_random_u32
#define kvm_random_u64		guest_random_u64
#define kvm_random_bool		guest_random_bool

static inline u64 kvm_random_u64_in_range(struct kvm_random_state *state, u64 min, u64 max)
{
	u64 values = max - min + 1;

	return values ? min + kvm_random_u64(state) % values : kvm_random_u64(state);
}

static inline u32 kvm_random_u32_in_range(struct kvm_random_state *state, u32 min, u32 max)
{
	return kvm_random_u64_in_range(state, min, max);
}

#endif /* SELFTEST_KVM_MIGRATE_COMPAT_H */
