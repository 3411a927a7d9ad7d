/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unit tests in C: each in a process of its own with a time limit, results in TAP.
 *
 *	#include "kselftest_harness.h"
 *
 *	TEST(adds)
 *	{
 *		EXPECT_EQ(4, add(2, 2));
 *		ASSERT_NE(NULL, table) TH_LOG("no table after %d tries", tries);
 *	}
 *
 *	FIXTURE(file) { int fd; };			// what each test gets as self
 *	FIXTURE_VARIANT(file) { int flags; };		// and as variant; optional
 *	FIXTURE_VARIANT_ADD(file, plain) { .flags = 0 };
 *	FIXTURE_VARIANT_ADD(file, direct) { .flags = O_DIRECT };
 *	FIXTURE_SETUP(file)
 *	{
 *		self->fd = open(path, O_RDWR | variant->flags);
 *		if (self->fd < 0)
 *			SKIP(return, "cannot open a file that way");
 *	}
 *	FIXTURE_TEARDOWN(file) { close(self->fd); }
 *
 *	TEST_F(file, writes) { EXPECT_EQ(1, write(self->fd, "", 1)); }
 *
 *	TEST_HARNESS_MAIN
 *
 * runs the tests global.adds, file.plain.writes and file.direct.writes, in the order
 * of the source.  The process of a test leads a process group, which is killed when
 * the test ends or its time is over, and the process dies with the program.
 */
#ifndef KSELFTEST_HARNESS_H
#define KSELFTEST_HARNESS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kselftest.h"

/* Seconds that a test has; 0 is no limit. */
#ifndef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 30
#endif

/* Where TH_LOG() and failed expectations go, and whether TH_LOG() prints. */
#ifndef TH_LOG_STREAM
#define TH_LOG_STREAM stdout
#endif
#ifndef TH_LOG_ENABLED
#define TH_LOG_ENABLED 1
#endif

struct __test_metadata;
typedef void (*__th_fn)(struct __test_metadata *t, void *self, const void *variant);

/* Every object has a number from __COUNTER__, because constructors may run in any order. */
struct __fixture_variant_metadata {
	const char *name;
	const void *data;
	unsigned int order;
	struct __fixture_variant_metadata *next;
};

struct __fixture_metadata {
	const char *name;
	unsigned int order;
	size_t size;			/* of self */
	__th_fn setup;
	__th_fn teardown;
	bool teardown_in_parent;
	struct __fixture_variant_metadata *variants;
	struct __test_metadata *tests;
	struct __fixture_metadata *next;
};

/* While a test runs this is a copy in memory that it shares with its processes. */
struct __test_metadata {
	const char *name;
	unsigned int order;
	struct __fixture_metadata *fixture;
	__th_fn fn;
	int termsig;			/* signal that the test must die of, or 0 */
	unsigned int timeout;		/* seconds, 0 is no limit */
	int exit_code;			/* KSFT_*, so far */
	struct ksft_nested nested;	/* reason of a SKIP */
	void *self;
	const void *variant;
	pid_t teardown_pid;		/* process that still has to tear down, or 0 */
	struct __test_metadata *next;
};

struct __test_xfail {
	struct __fixture_variant_metadata *variant;
	struct __test_metadata *test;
	struct __test_xfail *next;
};

static struct __fixture_metadata _fixture_global = { .name = "global" };
static struct __fixture_metadata *__fixture_list = &_fixture_global;
static struct __test_xfail *__xfail_list;

/* Puts item into the list at *head, which is in the order of the source. */
#define __TH_INSERT(head, item) do {							\
	__typeof__(item) *__at = &(head);						\
											\
	while (*__at && (*__at)->order <= (item)->order)				\
		__at = &(*__at)->next;							\
	(item)->next = *__at;								\
	*__at = (item);									\
} while (0)

#define __TH_CONSTRUCTOR(name) static void __attribute__((constructor)) name(void)

/* ---- Fixtures */

#define FIXTURE_DATA(fixture_name)	struct _test_data_##fixture_name
#define FIXTURE_VARIANT(fixture_name)	struct _fixture_variant_##fixture_name

#define __TH_FIXTURE_ARGS(fixture_name)							\
	struct __test_metadata __attribute__((unused)) *_metadata,			\
	FIXTURE_DATA(fixture_name) __attribute__((unused)) *self,			\
	const FIXTURE_VARIANT(fixture_name) __attribute__((unused)) *variant

/* FIXTURE(name) { members }; declares what the tests of the fixture get as self. */
#define FIXTURE(fixture_name)								\
	FIXTURE_VARIANT(fixture_name);							\
	FIXTURE_DATA(fixture_name);							\
	static struct __fixture_metadata _##fixture_name##_fixture_object = {		\
		.name = #fixture_name, .order = __COUNTER__ + 1,			\
	};										\
	__TH_CONSTRUCTOR(_register_##fixture_name)					\
	{										\
		struct __fixture_metadata *fixture = &_##fixture_name##_fixture_object;	\
											\
		__TH_INSERT(__fixture_list, fixture);					\
	}										\
	FIXTURE_DATA(fixture_name)

/*
 * FIXTURE_SETUP(name) { code } runs before each test of the fixture.  The test, and
 * the teardown, run only where it neither failed nor skipped.
 */
#define FIXTURE_SETUP(fixture_name)							\
	static void fixture_name##_setup(__TH_FIXTURE_ARGS(fixture_name));		\
	static void _call_##fixture_name##_setup(struct __test_metadata *t, void *self,	\
						 const void *variant)			\
	{										\
		fixture_name##_setup(t, self, variant);					\
	}										\
	__TH_CONSTRUCTOR(_register_##fixture_name##_setup)				\
	{										\
		_##fixture_name##_fixture_object.size = sizeof(FIXTURE_DATA(fixture_name)); \
		_##fixture_name##_fixture_object.setup = _call_##fixture_name##_setup;	\
	}										\
	static void fixture_name##_setup(__TH_FIXTURE_ARGS(fixture_name))

/* FIXTURE_TEARDOWN(name) { code } runs after it, also where an ASSERT failed. */
#define FIXTURE_TEARDOWN(fixture_name)		__TH_TEARDOWN(fixture_name, false)

/*
 * The same in the parent of the test's process, for a test that gives up its rights.
 * What self holds, not what it points to, is shared between the two.
 */
#define FIXTURE_TEARDOWN_PARENT(fixture_name)	__TH_TEARDOWN(fixture_name, true)

#define __TH_TEARDOWN(fixture_name, in_parent)						\
	static void fixture_name##_teardown(__TH_FIXTURE_ARGS(fixture_name));		\
	static void _call_##fixture_name##_teardown(struct __test_metadata *t, void *self, \
						    const void *variant)		\
	{										\
		fixture_name##_teardown(t, self, variant);				\
	}										\
	__TH_CONSTRUCTOR(_register_##fixture_name##_teardown)				\
	{										\
		_##fixture_name##_fixture_object.teardown_in_parent = in_parent;	\
		_##fixture_name##_fixture_object.teardown = _call_##fixture_name##_teardown; \
	}										\
	static void fixture_name##_teardown(__TH_FIXTURE_ARGS(fixture_name))

/* FIXTURE_VARIANT_ADD(fixture, name) { values }; all tests run once per variant. */
#define FIXTURE_VARIANT_ADD(fixture_name, variant_name)					\
	extern const FIXTURE_VARIANT(fixture_name)					\
		_##fixture_name##_##variant_name##_variant;				\
	static struct __fixture_variant_metadata					\
		_##fixture_name##_##variant_name##_object = {				\
		.name = #variant_name, .order = __COUNTER__,				\
		.data = &_##fixture_name##_##variant_name##_variant,			\
	};										\
	__TH_CONSTRUCTOR(_register_##fixture_name##_##variant_name)			\
	{										\
		struct __fixture_variant_metadata *v =					\
			&_##fixture_name##_##variant_name##_object;			\
											\
		__TH_INSERT(_##fixture_name##_fixture_object.variants, v);		\
	}										\
	const FIXTURE_VARIANT(fixture_name) _##fixture_name##_##variant_name##_variant =

/* ---- Tests */

/* TEST(name) { code } */
#define TEST(test_name)			__TH_TEST(test_name, 0)
/* Passes where the test dies of that signal. */
#define TEST_SIGNAL(test_name, signal)	__TH_TEST(test_name, signal)

/* TEST_F(fixture, name) { code } has self and variant. */
#define TEST_F(fixture_name, test_name)							\
	__TH_TEST_F(fixture_name, test_name, 0, TEST_TIMEOUT_DEFAULT)
#define TEST_F_SIGNAL(fixture_name, test_name, signal)					\
	__TH_TEST_F(fixture_name, test_name, signal, TEST_TIMEOUT_DEFAULT)
#define TEST_F_TIMEOUT(fixture_name, test_name, seconds)				\
	__TH_TEST_F(fixture_name, test_name, 0, seconds)

#define __TH_TEST(test_name, signal)							\
	static void test_name(struct __test_metadata *_metadata);			\
	static void _call_##test_name(struct __test_metadata *t, void *self, const void *variant) \
	{										\
		(void)self;								\
		(void)variant;								\
		test_name(t);								\
	}										\
	__TH_REGISTER_TEST(test_name, #test_name, _fixture_global, signal, TEST_TIMEOUT_DEFAULT) \
	static void test_name(struct __test_metadata __attribute__((unused)) *_metadata)

#define __TH_TEST_F(fixture_name, test_name, signal, seconds)				\
	static void fixture_name##_##test_name(__TH_FIXTURE_ARGS(fixture_name));	\
	static void _call_##fixture_name##_##test_name(struct __test_metadata *t, void *self, \
						       const void *variant)		\
	{										\
		fixture_name##_##test_name(t, self, variant);				\
	}										\
	__TH_REGISTER_TEST(fixture_name##_##test_name, #test_name,			\
			   _##fixture_name##_fixture_object, signal, seconds)		\
	static void fixture_name##_##test_name(__TH_FIXTURE_ARGS(fixture_name))

#define __TH_REGISTER_TEST(id, test_name, fixture_object, signal, seconds)		\
	static struct __test_metadata _##id##_object = {				\
		.name = test_name, .order = __COUNTER__, .fixture = &fixture_object,	\
		.fn = _call_##id, .termsig = signal, .timeout = seconds,		\
	};										\
	__TH_CONSTRUCTOR(_register_##id)						\
	{										\
		struct __test_metadata *t = &_##id##_object;				\
											\
		__TH_INSERT(fixture_object.tests, t);					\
	}

/* This test fails on this variant, and that is known: XFAIL, or XPASS if it passes. */
#define XFAIL_ADD(fixture_name, variant_name, test_name)				\
	__TH_CONSTRUCTOR(_register_##fixture_name##_##variant_name##_##test_name##_xfail) \
	{										\
		static struct __test_xfail xfail = {					\
			.variant = &_##fixture_name##_##variant_name##_object,		\
			.test = &_##fixture_name##_##test_name##_object,		\
		};									\
											\
		xfail.next = __xfail_list;						\
		__xfail_list = &xfail;							\
	}

#define TEST_HARNESS_MAIN								\
	int main(int argc, char **argv)							\
	{										\
		return test_harness_run(argc, argv);					\
	}

/* ---- In a test: _metadata is at hand, a helper function has to be given it. */

/* Prints a line with the place it comes from. */
#define TH_LOG(...) do {								\
	if (TH_LOG_ENABLED)								\
		__th_log(_metadata, __FILE__, __LINE__, __VA_ARGS__);			\
} while (0)

/* The test cannot run here.  Follow with what leaves it, mostly "return". */
#define SKIP(statement, ...) do {							\
	snprintf(_metadata->nested.reason, sizeof(_metadata->nested.reason), __VA_ARGS__); \
	_metadata->exit_code = KSFT_SKIP;						\
	statement;									\
} while (0)

/*
 * EXPECT_x(expected, seen) notes a failure and goes on, ASSERT_x() ends the test.  A
 * statement or block may follow, which runs on failure: ASSERT_EQ(0, rc) TH_LOG("...");
 * Values compare as in C, except that signed against unsigned gets no warning.
 */
#define EXPECT_EQ(expected, seen)	__TH_CMP(expected, #expected, ==, seen, #seen, false)
#define EXPECT_NE(expected, seen)	__TH_CMP(expected, #expected, !=, seen, #seen, false)
#define EXPECT_LT(expected, seen)	__TH_CMP(expected, #expected, <, seen, #seen, false)
#define EXPECT_LE(expected, seen)	__TH_CMP(expected, #expected, <=, seen, #seen, false)
#define EXPECT_GT(expected, seen)	__TH_CMP(expected, #expected, >, seen, #seen, false)
#define EXPECT_GE(expected, seen)	__TH_CMP(expected, #expected, >=, seen, #seen, false)
#define EXPECT_NULL(seen)		__TH_CMP(NULL, "NULL", ==, seen, #seen, false)
#define EXPECT_TRUE(seen)		__TH_BOOL(seen, #seen, true, false)
#define EXPECT_FALSE(seen)		__TH_BOOL(seen, #seen, false, false)
#define EXPECT_STREQ(expected, seen)	__TH_STR(expected, #expected, ==, seen, #seen, false)
#define EXPECT_STRNE(expected, seen)	__TH_STR(expected, #expected, !=, seen, #seen, false)

#define ASSERT_EQ(expected, seen)	__TH_CMP(expected, #expected, ==, seen, #seen, true)
#define ASSERT_NE(expected, seen)	__TH_CMP(expected, #expected, !=, seen, #seen, true)
#define ASSERT_LT(expected, seen)	__TH_CMP(expected, #expected, <, seen, #seen, true)
#define ASSERT_LE(expected, seen)	__TH_CMP(expected, #expected, <=, seen, #seen, true)
#define ASSERT_GT(expected, seen)	__TH_CMP(expected, #expected, >, seen, #seen, true)
#define ASSERT_GE(expected, seen)	__TH_CMP(expected, #expected, >=, seen, #seen, true)
#define ASSERT_NULL(seen)		__TH_CMP(NULL, "NULL", ==, seen, #seen, true)
#define ASSERT_TRUE(seen)		__TH_BOOL(seen, #seen, true, true)
#define ASSERT_FALSE(seen)		__TH_BOOL(seen, #seen, false, true)
#define ASSERT_STREQ(expected, seen)	__TH_STR(expected, #expected, ==, seen, #seen, true)
#define ASSERT_STRNE(expected, seen)	__TH_STR(expected, #expected, !=, seen, #seen, true)

/* Runs the statement that follows where failed is true, then ends the test if asked. */
#define __TH_ON_FAILURE(failed, stop)							\
	for (bool __th_failed = (failed); __th_failed;					\
	     __th_failed = (stop) && __th_stop(_metadata))

#define __TH_CMP(expected, expected_text, op, seen, seen_text, stop)			\
	__TH_ON_FAILURE(({								\
		__auto_type __th_e = (expected);					\
		__auto_type __th_s = (seen);						\
		_Pragma("GCC diagnostic push")						\
		_Pragma("GCC diagnostic ignored \"-Wsign-compare\"")			\
		bool __th_ok = __th_e op __th_s;					\
		_Pragma("GCC diagnostic pop")						\
											\
		if (!__th_ok)								\
			__th_expected(_metadata, __FILE__, __LINE__, expected_text,	\
				      __TH_VALUE(__th_e), #op, seen_text, __TH_VALUE(__th_s)); \
		!__th_ok;								\
	}), stop)

#define __TH_BOOL(seen, text, wanted, stop)						\
	__TH_ON_FAILURE(({								\
		bool __th_b = (seen);							\
											\
		if (__th_b != (wanted))							\
			__th_log_failure(_metadata, __FILE__, __LINE__,			\
					 "Expected %s to be %s", text, #wanted);	\
		__th_b != (wanted);							\
	}), stop)

#define __TH_STR(expected, expected_text, op, seen, seen_text, stop)			\
	__TH_ON_FAILURE(({								\
		const char *__th_e = (expected), *__th_s = (seen);			\
		bool __th_ok = __th_strcmp(__th_e, __th_s) op 0;			\
											\
		if (!__th_ok)								\
			__th_log_failure(_metadata, __FILE__, __LINE__,			\
					 "Expected %s (\"%s\") %s %s (\"%s\")", expected_text, \
					 __th_e ? __th_e : "NULL", #op, seen_text,	\
					 __th_s ? __th_s : "NULL");			\
		!__th_ok;								\
	}), stop)

/* A value of any scalar type, to print it as what it is. */
struct __th_value {
	bool is_signed;
	uintmax_t bits;
};

#define __TH_VALUE(value) ((struct __th_value) {					\
	.is_signed = (__typeof__(value))-1 < (__typeof__(value))1,			\
	.bits = (uintmax_t)(value),							\
})

#include "kselftest/harness.h"

#endif /* KSELFTEST_HARNESS_H */
