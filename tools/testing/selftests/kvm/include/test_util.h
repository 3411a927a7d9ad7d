/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Helpers that need no KVM: assertions, requirements, files, numbers, times, random numbers,
 * backing memory types and text.
 */
#ifndef SELFTEST_KVM_TEST_UTIL_H
#define SELFTEST_KVM_TEST_UTIL_H

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/mman.h>
#include <linux/types.h>

#include "kselftest.h"

/* ---- Messages ------------------------------------------------------------------------- */

static inline __printf(1, 2) int _no_printf(const char *fmt, ...)
{
	(void)fmt;
	return 0;
}

/* Prints progress to stdout; compiled out with -DQUIET.  TAP requires a "# " prefix in @fmt. */
#ifdef QUIET
#define pr_info(...)	_no_printf(__VA_ARGS__)
#else
#define pr_info(...)	printf(__VA_ARGS__)
#endif

/* Prints debug messages to stdout; compiled in with -DDEBUG. */
#ifdef DEBUG
#define pr_debug(...)	printf(__VA_ARGS__)
#else
#define pr_debug(...)	_no_printf(__VA_ARGS__)
#endif

/* Prints "# REASON, skipping test" to stdout: a part of the test is skipped. */
void __printf(1, 2) print_skip(const char *fmt, ...);

/* ---- Assertions ----------------------------------------------------------------------- */

/*
 * Unless @ok, reports a failed assertion on stderr and ends the process with status 254.
 *
 * @expr, @file and @line identify the assertion; @fmt describes the failure.  Every line of the
 * report starts with "# ", as a TAP comment.  The report has a backtrace, and the registers of
 * every vCPU whose last exit vcpu_run() reported.
 */
void __printf(5, 6) test_assert(bool ok, const char *expr, const char *file, unsigned int line,
				const char *fmt, ...);

#define TEST_ASSERT(cond, fmt, ...)							\
do {											\
	if (!(cond)) {										\
		test_assert(false, #cond, __FILE__, __LINE__, fmt, ##__VA_ARGS__);	\
		__builtin_unreachable();							\
	}										\
} while (0)

#define TEST_FAIL(fmt, ...)								\
do {											\
	test_assert(false, "TEST_FAIL", __FILE__, __LINE__, fmt, ##__VA_ARGS__);		\
	__builtin_unreachable();							\
} while (0)

/* Fails the test unless two integers or pointers are equal; the report has both values. */
#define TEST_ASSERT_EQ(a, b)								\
do {											\
	typeof(a) _got_a = (a);								\
	typeof(b) _got_b = (b);								\
											\
	if (!(_got_a == _got_b)) {							\
		test_assert(false, #a " == " #b, __FILE__, __LINE__,			\
			    "%s is %#lx, %s is %#lx", #a, (unsigned long)_got_a,	\
			    #b, (unsigned long)_got_b);					\
		__builtin_unreachable();						\
	}										\
} while (0)

/* Fails the test unless the exit reason of the last KVM_RUN of @vcpu is @wanted (KVM_EXIT_*). */
#define TEST_ASSERT_KVM_EXIT_REASON(vcpu, wanted)					\
do {											\
	u32 _got = (vcpu)->run->exit_reason;						\
	u32 _wanted = (wanted);								\
											\
	TEST_ASSERT(_got == _wanted, "wanted exit reason %u (%s), got %u (%s)",		\
		    _wanted, exit_reason_str(_wanted), _got, exit_reason_str(_got));	\
} while (0)

/* ---- Requirements --------------------------------------------------------------------- */

/* Exits with a SKIP (status 4) and the reason @fmt unless @cond. */
#define __TEST_REQUIRE(cond, fmt, ...)							\
do {											\
	if (!(cond))									\
		ksft_exit_skip(fmt "\n", ##__VA_ARGS__);				\
} while (0)

#define TEST_REQUIRE(cond)	__TEST_REQUIRE(cond, "requirement not met: %s", #cond)

/* ---- SIGBUS --------------------------------------------------------------------------- */

void expect_sigbus_handler(int signum);
extern sigjmp_buf expect_sigbus_jmpbuf;

/* Fails the test unless @action raises SIGBUS in the calling thread. */
#define TEST_EXPECT_SIGBUS(action)							\
do {											\
	struct sigaction _new = { .sa_handler = expect_sigbus_handler }, _old;		\
											\
	sigaction(SIGBUS, &_new, &_old);						\
	if (!sigsetjmp(expect_sigbus_jmpbuf, 1)) {					\
		action;									\
		TEST_FAIL("no SIGBUS from '%s'", #action);				\
	}										\
	sigaction(SIGBUS, &_old, NULL);							\
} while (0)

/* ---- Files ---------------------------------------------------------------------------- */

/*
 * Read or write @count bytes; any error fails the test.  Return the number of bytes:
 * test_read() may return less than @count at the end of the file.
 */
ssize_t test_read(int fd, void *buf, size_t count);
ssize_t test_write(int fd, const void *buf, size_t count);

/* ---- Numbers -------------------------------------------------------------------------- */

/* Returns the number of bytes in "64", "0x40", "4k", "2M", "1g", "1T"; else fails the test. */
size_t parse_size(const char *size);

/* Returns a decimal, octal or hexadecimal int; fails the test if @num_str is anything else. */
int atoi_paranoid(const char *num_str);

/* The same, but fail the test unless the number is > 0, or >= 0; the report names @name. */
u32 atoi_positive(const char *name, const char *num_str);
u32 atoi_non_negative(const char *name, const char *num_str);

/* @size must be a power of two. */
static inline u64 align_up(u64 x, u64 size)
{
	TEST_ASSERT(size && !(size & (size - 1)), "%lu is not a power of two", size);
	return (x + size - 1) & ~(size - 1);
}

static inline u64 align_down(u64 x, u64 size)
{
	TEST_ASSERT(size && !(size & (size - 1)), "%lu is not a power of two", size);
	return x & ~(size - 1);
}

static inline void *align_ptr_up(void *x, size_t size)
{
	return (void *)align_up((unsigned long)x, size);
}

/* ---- Time ----------------------------------------------------------------------------- */

#define msecs_to_usecs(msec)	((msec) * 1000ULL)

struct timespec timespec_elapsed(struct timespec start);	/* in CLOCK_MONOTONIC */
struct timespec timespec_sub(struct timespec ts1, struct timespec ts2);	/* ts1 - ts2 */
struct timespec timespec_add(struct timespec ts1, struct timespec ts2);
struct timespec timespec_add_ns(struct timespec ts, s64 ns);
struct timespec timespec_div(struct timespec ts, int divisor);
s64 timespec_to_ns(struct timespec ts);

/* ---- Random numbers ------------------------------------------------------------------- */

/* State of one sequence: equal seeds give equal sequences, on the host and in the guest. */
struct kvm_random_state {
	u32 seed;
};

/*
 * The sequence of the process and of each VM: creating a VM copies kvm_rng to the guest.  It
 * starts from a random seed.  To repeat a run, call kvm_seed_rng(), or set kvm_random_seed before
 * the test creates its first VM.
 */
extern struct kvm_random_state kvm_rng;
extern u32 kvm_random_seed;
void kvm_seed_rng(u32 seed);

/* All of these work in guest code too. */
struct kvm_random_state new_kvm_random_state(u32 seed);
u32 kvm_random_u32(struct kvm_random_state *state);
u32 kvm_random_u32_in_range(struct kvm_random_state *state, u32 min, u32 max);	/* both included */
u64 kvm_random_u64_in_range(struct kvm_random_state *state, u64 min, u64 max);	/* both included */

static inline u64 kvm_random_u64(struct kvm_random_state *state)
{
	u64 high = kvm_random_u32(state);

	return high << 32 | kvm_random_u32(state);
}

/* Returns true in @percent of all calls. */
static inline bool __kvm_random_bool(struct kvm_random_state *state, u8 percent)
{
	return kvm_random_u32(state) % 100 < percent;
}

static inline bool kvm_random_bool(struct kvm_random_state *state)
{
	return __kvm_random_bool(state, 50);
}

/* ---- Backing memory types ------------------------------------------------------------- */

/* X(constant, name for options, flags of mmap()) */
#define VM_MEM_SRC_LIST(X)							\
	X(ANONYMOUS, "anonymous", MAP_PRIVATE | MAP_ANONYMOUS)			\
	X(ANONYMOUS_THP, "anonymous_thp", MAP_PRIVATE | MAP_ANONYMOUS)		\
	X(ANONYMOUS_HUGETLB, "anonymous_hugetlb", VM_MEM_HUGETLB(0))		\
	X(ANONYMOUS_HUGETLB_16KB, "anonymous_hugetlb_16kb", VM_MEM_HUGETLB(14))	\
	X(ANONYMOUS_HUGETLB_64KB, "anonymous_hugetlb_64kb", VM_MEM_HUGETLB(16))	\
	X(ANONYMOUS_HUGETLB_512KB, "anonymous_hugetlb_512kb", VM_MEM_HUGETLB(19)) \
	X(ANONYMOUS_HUGETLB_1MB, "anonymous_hugetlb_1mb", VM_MEM_HUGETLB(20))	\
	X(ANONYMOUS_HUGETLB_2MB, "anonymous_hugetlb_2mb", VM_MEM_HUGETLB(21))	\
	X(ANONYMOUS_HUGETLB_8MB, "anonymous_hugetlb_8mb", VM_MEM_HUGETLB(23))	\
	X(ANONYMOUS_HUGETLB_16MB, "anonymous_hugetlb_16mb", VM_MEM_HUGETLB(24))	\
	X(ANONYMOUS_HUGETLB_32MB, "anonymous_hugetlb_32mb", VM_MEM_HUGETLB(25))	\
	X(ANONYMOUS_HUGETLB_256MB, "anonymous_hugetlb_256mb", VM_MEM_HUGETLB(28)) \
	X(ANONYMOUS_HUGETLB_512MB, "anonymous_hugetlb_512mb", VM_MEM_HUGETLB(29)) \
	X(ANONYMOUS_HUGETLB_1GB, "anonymous_hugetlb_1gb", VM_MEM_HUGETLB(30))	\
	X(ANONYMOUS_HUGETLB_2GB, "anonymous_hugetlb_2gb", VM_MEM_HUGETLB(31))	\
	X(ANONYMOUS_HUGETLB_16GB, "anonymous_hugetlb_16gb", VM_MEM_HUGETLB(34))	\
	X(SHMEM, "shmem", MAP_SHARED)						\
	X(SHARED_HUGETLB, "shared_hugetlb", MAP_SHARED)

#define VM_MEM_HUGETLB(shift)	\
	(MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | ((u32)(shift) << MAP_HUGE_SHIFT))

enum vm_mem_backing_src_type {
#define X(constant, name, flags)	VM_MEM_SRC_##constant,
	VM_MEM_SRC_LIST(X)
#undef X
	NUM_SRC_TYPES,
};

struct vm_mem_backing_src_alias {
	u32 flag;	/* for mmap() */
	const char *name;
};

#define DEFAULT_VM_MEM_SRC	VM_MEM_SRC_ANONYMOUS

const struct vm_mem_backing_src_alias *vm_mem_backing_src_alias(u32 i);
size_t get_backing_src_pagesz(u32 i);		/* in bytes */
bool is_backing_src_hugetlb(u32 i);
enum vm_mem_backing_src_type parse_backing_src_type(const char *type_name);
void backing_src_help(const char *flag);	/* prints the usage text of option @flag */

bool backing_src_is_shared(enum vm_mem_backing_src_type t);
bool backing_src_can_be_huge(enum vm_mem_backing_src_type t);

bool thp_configured(void);
size_t get_trans_hugepagesz(void);	/* in bytes; fails the test without THP */
size_t get_def_hugetlb_pagesz(void);	/* in bytes; exits with a SKIP without huge pages */
bool is_numa_balancing_enabled(void);

/* ---- Text ----------------------------------------------------------------------------- */

/*
 * snprintf() for guest code, which must not call the C library: formats integers, characters,
 * strings and pointers, with the flags, widths, precisions and sizes of C, but no floating point.
 * Returns the length of the whole text, even if @n truncates it, as snprintf() does.
 */
int guest_vsnprintf(char *buf, int n, const char *fmt, va_list args);
__printf(3, 4) int guest_snprintf(char *buf, int n, const char *fmt, ...);

/* The caller frees the result. */
__printf(1, 2) char *strdup_printf(const char *fmt, ...);

#endif /* SELFTEST_KVM_TEST_UTIL_H */
