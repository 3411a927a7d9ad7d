/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System calls that the KVM selftest library has since Linux 7.3.  lib/migrate/libmigrate.mk passes
 * this file to the compiler with -include for older libraries; no file includes it.
 */
#ifndef SELFTEST_KVM_MIGRATE_UTIL_COMPAT_H
#define SELFTEST_KVM_MIGRATE_UTIL_COMPAT_H

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

static inline pid_t kvm_gettid(void)
{
	return syscall(__NR_gettid);
}

#endif /* SELFTEST_KVM_MIGRATE_UTIL_COMPAT_H */
