/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System calls that must succeed.  kvm_NAME() calls NAME() and fails the test unless the result
 * is 0; tests that check the result call NAME().
 */
#ifndef SELFTEST_KVM_SYSCALLS_H
#define SELFTEST_KVM_SYSCALLS_H

/* The exported header has the newest constants; libc's header declares the functions. */
#include <linux/mman.h>

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "test_util.h"

/*
 * The macros take parameters as "type, name" pairs.  KVM_PARAMS(2, int, fd, off_t, len) expands
 * to a parameter list, "int fd, off_t len", and KVM_NAMES(2, ...) to arguments, "fd, len".
 */
#define KVM_PARAMS(n, ...)		KVM_PARAMS##n(__VA_ARGS__)
#define KVM_PARAMS1(t, a)		t a
#define KVM_PARAMS2(t, a, ...)		t a, KVM_PARAMS1(__VA_ARGS__)
#define KVM_PARAMS3(t, a, ...)		t a, KVM_PARAMS2(__VA_ARGS__)
#define KVM_PARAMS4(t, a, ...)		t a, KVM_PARAMS3(__VA_ARGS__)
#define KVM_PARAMS5(t, a, ...)		t a, KVM_PARAMS4(__VA_ARGS__)
#define KVM_PARAMS6(t, a, ...)		t a, KVM_PARAMS5(__VA_ARGS__)

#define KVM_NAMES(n, ...)		KVM_NAMES##n(__VA_ARGS__)
#define KVM_NAMES1(t, a)		a
#define KVM_NAMES2(t, a, ...)		a, KVM_NAMES1(__VA_ARGS__)
#define KVM_NAMES3(t, a, ...)		a, KVM_NAMES2(__VA_ARGS__)
#define KVM_NAMES4(t, a, ...)		a, KVM_NAMES3(__VA_ARGS__)
#define KVM_NAMES5(t, a, ...)		a, KVM_NAMES4(__VA_ARGS__)
#define KVM_NAMES6(t, a, ...)		a, KVM_NAMES5(__VA_ARGS__)

/* Format and arguments for the error of a failed call. */
#define __KVM_SYSCALL_ERROR(name, ret)	\
	"%s failed: returned %i, errno %i (%s)", name, (int)(ret), errno, strerror(errno)

/* Defines kvm_NAME() over an existing NAME(). */
#define __KVM_SYSCALL_DEFINE(name, n, args...)						\
static inline void kvm_##name(KVM_PARAMS(n, args))					\
{											\
	long r = name(KVM_NAMES(n, args));						\
											\
	TEST_ASSERT(!r, __KVM_SYSCALL_ERROR(#name "()", r));				\
}

/* Also defines NAME(), for calls without a libc function. */
#define KVM_SYSCALL_DEFINE(name, n, args...)						\
static inline long name(KVM_PARAMS(n, args))						\
{											\
	return syscall(__NR_##name, KVM_NAMES(n, args));				\
}											\
__KVM_SYSCALL_DEFINE(name, n, args)

/* The same for calls that return counts: kvm_NAME() returns results >= 0. */
#define KVM_SYSCALL_DEFINE_COUNT(name, n, args...)					\
static inline long name(KVM_PARAMS(n, args))						\
{											\
	return syscall(__NR_##name, KVM_NAMES(n, args));				\
}											\
static inline long kvm_##name(KVM_PARAMS(n, args))					\
{											\
	long r = name(KVM_NAMES(n, args));						\
											\
	TEST_ASSERT(r >= 0, __KVM_SYSCALL_ERROR(#name "()", r));			\
	return r;									\
}

__KVM_SYSCALL_DEFINE(madvise, 3, void *, addr, size_t, length, int, advice);
__KVM_SYSCALL_DEFINE(munmap, 2, void *, mem, size_t, size);
__KVM_SYSCALL_DEFINE(ftruncate, 2, int, fd, off_t, length);
__KVM_SYSCALL_DEFINE(fallocate, 4, int, fd, int, mode, off_t, offset, off_t, len);
__KVM_SYSCALL_DEFINE(close, 1, int, fd);

__KVM_SYSCALL_DEFINE(sched_getaffinity, 3, pid_t, pid, size_t, size, cpu_set_t *, mask);
__KVM_SYSCALL_DEFINE(sched_setaffinity, 3, pid_t, pid, size_t, size, cpu_set_t *, mask);

typedef void *(*pthread_fn_t)(void *arg);

__KVM_SYSCALL_DEFINE(pthread_create, 4, pthread_t *, thread, const pthread_attr_t *, attr,
		     pthread_fn_t, fn, void *, arg);
__KVM_SYSCALL_DEFINE(pthread_join, 2, pthread_t, thread, void **, result);
__KVM_SYSCALL_DEFINE(pthread_cancel, 1, pthread_t, thread);
__KVM_SYSCALL_DEFINE(pthread_getaffinity_np, 3, pthread_t, thread, size_t, size,
		     cpu_set_t *, mask);
__KVM_SYSCALL_DEFINE(pthread_setaffinity_np, 3, pthread_t, thread, size_t, size,
		     const cpu_set_t *, mask);

static inline void kvm_pthread_getaffinity(pthread_t thread, cpu_set_t *mask)
{
	kvm_pthread_getaffinity_np(thread, sizeof(*mask), mask);
}

static inline void kvm_pthread_setaffinity(pthread_t thread, const cpu_set_t *mask)
{
	kvm_pthread_setaffinity_np(thread, sizeof(*mask), mask);
}

static inline void kvm_pthread_cancel_join(pthread_t thread)
{
	kvm_pthread_cancel(thread);
	kvm_pthread_join(thread, NULL);
}

static inline int kvm_dup(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	TEST_ASSERT(copy >= 0, __KVM_SYSCALL_ERROR("dup()", copy));
	return copy;
}

static inline pid_t kvm_gettid(void)
{
	return syscall(__NR_gettid);
}

/* mmap() at any address. */
static inline void *__kvm_mmap(size_t size, int prot, int flags, int fd, off_t offset)
{
	void *mem = mmap(NULL, size, prot, flags, fd, offset);

	TEST_ASSERT(mem != MAP_FAILED, __KVM_SYSCALL_ERROR("mmap()", -1));
	return mem;
}

static inline void *kvm_mmap(size_t size, int prot, int flags, int fd)
{
	return __kvm_mmap(size, prot, flags, fd, 0);
}

/* Closes @fd and sets it to -1. */
#define kvm_free_fd(fd)		((void)(kvm_close(fd), (fd) = -1))

#endif /* SELFTEST_KVM_SYSCALLS_H */
