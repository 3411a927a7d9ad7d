/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TAP output (Test Anything Protocol, version 13, in the dialect of
 * Documentation/dev-tools/ktap.rst) and exit status of a test program.
 *
 *	ksft_print_header();
 *	ksft_set_plan(2);
 *	ksft_test_result(add(1, 2) == 3, "add\n");
 *	ksft_test_result_skip("add_huge\n");
 *	ksft_finished();
 *
 * prints
 *
 *	TAP version 13
 *	1..2
 *	ok 1 add
 *	ok 2 add_huge # SKIP
 *	# 1 of 2 skipped
 *	# Totals: pass:1 fail:0 xfail:0 xpass:0 skip:1 error:0
 *
 * Parsers take the text after the number as the name of the test: every result must
 * have a unique name.  Print values that vary from run to run (counts, addresses) and
 * reasons of SKIPs with ksft_print_msg().  The text of a result is one line; its '\n' is optional.
 *
 * All object files of a program share the counters, so that a library may report, or
 * skip, for the program that calls it.  Nothing here is thread-safe.
 */
#ifndef KSELFTEST_H
#define KSELFTEST_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#endif

#ifndef __noreturn
#define __noreturn		__attribute__((__noreturn__))
#endif
#ifndef __printf
#define __printf(fmt, args)	__attribute__((__format__(__printf__, fmt, args)))
#endif
#ifndef __maybe_unused
#define __maybe_unused		__attribute__((__unused__))
#endif
#ifndef __always_unused
#define __always_unused		__attribute__((__unused__))
#endif

/* Exit status of a test program; any other status is a failure too. */
#define KSFT_PASS	0
#define KSFT_FAIL	1
#define KSFT_XFAIL	2	/* failed, as expected */
#define KSFT_XPASS	3	/* passed, although a failure was expected */
#define KSFT_SKIP	4	/* could not run here */

struct ksft_count {
	unsigned int ksft_pass;
	unsigned int ksft_fail;
	unsigned int ksft_xfail;
	unsigned int ksft_xpass;
	unsigned int ksft_xskip;
	unsigned int ksft_error;	/* the test itself is broken */
};

/*
 * ksft_nested points to it in a child process whose parent prints the result:
 * ksft_exit_*() then store the reason of a SKIP here and print no result.
 */
struct ksft_nested {
	char reason[512];
};

/* Weak, so that all object files that include this header share one copy. */
extern struct ksft_count ksft_cnt;
extern unsigned int ksft_plan;
extern bool ksft_header_done;
extern bool ksft_debug_enabled;
extern struct ksft_nested *ksft_nested;
struct ksft_count __attribute__((__weak__)) ksft_cnt;
unsigned int __attribute__((__weak__)) ksft_plan;
bool __attribute__((__weak__)) ksft_header_done;
bool __attribute__((__weak__)) ksft_debug_enabled;
struct ksft_nested __attribute__((__weak__)) *ksft_nested;

/* Returns the number of results reported so far. */
static inline unsigned int ksft_test_num(void)
{
	return ksft_cnt.ksft_pass + ksft_cnt.ksft_fail + ksft_cnt.ksft_xfail +
	       ksft_cnt.ksft_xpass + ksft_cnt.ksft_xskip + ksft_cnt.ksft_error;
}

#define KSFT_DEFINE_COUNTER(kind, count)						\
static inline void ksft_inc_##kind##_cnt(void)	{ ksft_cnt.count++; }			\
static inline int ksft_get_##kind##_cnt(void)	{ return ksft_cnt.count; }

/* ksft_inc_pass_cnt(), ksft_get_pass_cnt() and so on count a result without printing it. */
KSFT_DEFINE_COUNTER(pass, ksft_pass)
KSFT_DEFINE_COUNTER(fail, ksft_fail)
KSFT_DEFINE_COUNTER(xfail, ksft_xfail)
KSFT_DEFINE_COUNTER(xpass, ksft_xpass)
KSFT_DEFINE_COUNTER(xskip, ksft_xskip)
KSFT_DEFINE_COUNTER(error, ksft_error)

/* Clears all results and the plan. */
static inline void ksft_reset_state(void)
{
	memset(&ksft_cnt, 0, sizeof(ksft_cnt));
	ksft_plan = 0;
}

/*
 * Prints the first line of the output; every other function that prints calls it.
 * Makes stdout line-buffered: a crash must not lose lines, and a fork() must not print
 * them twice.  KSFT_TAP_LEVEL in the environment: the caller printed the header.
 */
static inline void ksft_print_header(void)
{
	if (ksft_header_done)
		return;
	ksft_header_done = true;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!getenv("KSFT_TAP_LEVEL"))
		puts("TAP version 13");
}

/* Prints the plan, the number of results that will follow. */
static inline void ksft_set_plan(unsigned int plan)
{
	ksft_print_header();
	ksft_plan = plan;
	printf("1..%u\n", plan);
}

/* Prints fmt, which may use %m, with "# " before every line. */
static inline __printf(1, 0) void ksft_vprint_msg(const char *fmt, va_list args)
{
	int saved_errno = errno;
	char text[4096];
	char *line = text;

	ksft_print_header();
	errno = saved_errno;
	vsnprintf(text, sizeof(text), fmt, args);
	while (line) {
		char *end = strchr(line, '\n');

		printf("# %.*s%s", end ? (int)(end - line) : (int)strlen(line), line,
		       end ? "\n" : "");
		line = end && end[1] ? end + 1 : NULL;
	}
	errno = saved_errno;
}

static inline __printf(1, 2) void ksft_print_msg(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	ksft_vprint_msg(fmt, args);
	va_end(args);
}

/* Prints the message only if ksft_debug_enabled is set. */
static inline __printf(1, 2) void ksft_print_dbg_msg(const char *fmt, ...)
{
	va_list args;

	if (!ksft_debug_enabled)
		return;
	va_start(args, fmt);
	ksft_vprint_msg(fmt, args);
	va_end(args);
}

static inline void ksft_perror(const char *what)
{
	ksft_print_msg("%s: %s (%d)\n", what, strerror(errno), errno);
}

/* Counts a result in *@count and prints its TAP line. */
static inline void ksft_count_result(unsigned int *count, const char *verdict,
				     const char *name, const char *directive,
				     const char *reason)
{
	int len = (int)strcspn(name, "\n");

	ksft_print_header();
	++*count;
	printf("%s %u %.*s%s%s%s\n", verdict, ksft_test_num(), len, name, directive,
	       reason[0] ? " " : "", reason);
}

static inline __printf(4, 0) void ksft_vresult(unsigned int *count, const char *verdict,
					       const char *directive, const char *fmt,
					       va_list args)
{
	int saved_errno = errno;
	char name[1024];

	vsnprintf(name, sizeof(name), fmt, args);
	ksft_count_result(count, verdict, name, directive, "");
	errno = saved_errno;
}

#define KSFT_DEFINE_RESULT(kind, count, verdict, directive)				\
static inline __printf(1, 2) void ksft_test_result_##kind(const char *fmt, ...)	\
{											\
	va_list args;									\
											\
	va_start(args, fmt);								\
	ksft_vresult(&ksft_cnt.count, verdict, directive, fmt, args);			\
	va_end(args);									\
}

/* ksft_test_result_pass(fmt, ...) and so on report one result with the name fmt. */
KSFT_DEFINE_RESULT(pass, ksft_pass, "ok", "")
KSFT_DEFINE_RESULT(fail, ksft_fail, "not ok", "")
KSFT_DEFINE_RESULT(xfail, ksft_xfail, "ok", " # XFAIL")
KSFT_DEFINE_RESULT(xpass, ksft_xpass, "ok", " # XPASS")
KSFT_DEFINE_RESULT(skip, ksft_xskip, "ok", " # SKIP")
KSFT_DEFINE_RESULT(error, ksft_error, "not ok", " # error")

/* Reports a pass if condition holds, else a failure. */
#define ksft_test_result(condition, ...)						\
	((condition) ? ksft_test_result_pass(__VA_ARGS__) : ksft_test_result_fail(__VA_ARGS__))

/* Reports the result for an exit status (KSFT_*), with the name fmt. */
#define ksft_test_result_report(code, ...) do {						\
	switch (code) {									\
	case KSFT_PASS:									\
		ksft_test_result_pass(__VA_ARGS__);					\
		break;									\
	case KSFT_XFAIL:								\
		ksft_test_result_xfail(__VA_ARGS__);					\
		break;									\
	case KSFT_XPASS:								\
		ksft_test_result_xpass(__VA_ARGS__);					\
		break;									\
	case KSFT_SKIP:									\
		ksft_test_result_skip(__VA_ARGS__);					\
		break;									\
	default:									\
		ksft_test_result_fail(__VA_ARGS__);					\
		break;									\
	}										\
} while (0)

/*
 * The same with a name and, unless fmt is NULL, a reason after the directive.  The reason of a SKIP
 * is a comment before the result, because parsers take it for a part of the name.
 */
static inline __printf(3, 4) void ksft_test_result_code(int code, const char *name,
							const char *fmt, ...)
{
	char reason[1024] = "";
	va_list args;

	if (fmt) {
		va_start(args, fmt);
		vsnprintf(reason, sizeof(reason), fmt, args);
		va_end(args);
		reason[strcspn(reason, "\n")] = '\0';
	}
	switch (code) {
	case KSFT_PASS:
		ksft_count_result(&ksft_cnt.ksft_pass, "ok", name, fmt ? " #" : "", reason);
		break;
	case KSFT_XFAIL:
		ksft_count_result(&ksft_cnt.ksft_xfail, "ok", name, " # XFAIL", reason);
		break;
	case KSFT_XPASS:
		ksft_count_result(&ksft_cnt.ksft_xpass, "ok", name, " # XPASS", reason);
		break;
	case KSFT_SKIP:
		if (fmt)
			ksft_print_msg("skipped: %s\n", reason);
		ksft_count_result(&ksft_cnt.ksft_xskip, "ok", name, " # SKIP", "");
		break;
	default:
		ksft_count_result(&ksft_cnt.ksft_fail, "not ok", name, fmt ? " #" : "", reason);
		break;
	}
}

static inline void ksft_print_cnts(void)
{
	ksft_print_header();
	if (ksft_cnt.ksft_xskip)
		printf("# %u of %u skipped\n", ksft_cnt.ksft_xskip, ksft_test_num());
	if (ksft_plan != ksft_test_num())
		printf("# Planned %u tests, but reported %u\n", ksft_plan, ksft_test_num());
	printf("# Totals: pass:%u fail:%u xfail:%u xpass:%u skip:%u error:%u\n",
	       ksft_cnt.ksft_pass, ksft_cnt.ksft_fail, ksft_cnt.ksft_xfail,
	       ksft_cnt.ksft_xpass, ksft_cnt.ksft_xskip, ksft_cnt.ksft_error);
}

/* Prints the totals, unless a parent does (ksft_nested), and ends the program. */
static inline __noreturn void ksft_exit_code(int code)
{
	if (!ksft_nested)
		ksft_print_cnts();
	exit(code);
}

static inline __noreturn void ksft_exit_pass(void)	{ ksft_exit_code(KSFT_PASS); }
static inline __noreturn void ksft_exit_fail(void)	{ ksft_exit_code(KSFT_FAIL); }
static inline __noreturn void ksft_exit_xfail(void)	{ ksft_exit_code(KSFT_XFAIL); }
static inline __noreturn void ksft_exit_xpass(void)	{ ksft_exit_code(KSFT_XPASS); }

#define ksft_exit(condition) ksft_exit_code((condition) ? KSFT_PASS : KSFT_FAIL)

/*
 * Ends the program: KSFT_SKIP if it skipped every planned test, KSFT_FAIL if a test
 * failed or the number of results differs from the plan, else KSFT_PASS.
 */
static inline __noreturn void ksft_finished(void)
{
	if (ksft_cnt.ksft_fail || ksft_cnt.ksft_error || ksft_plan != ksft_test_num())
		ksft_exit_fail();
	if (ksft_plan && ksft_plan == ksft_cnt.ksft_xskip)
		ksft_exit_code(KSFT_SKIP);
	ksft_exit_pass();
}

/* Ends the program with a failure: it cannot run the remaining tests. */
static inline __noreturn __printf(1, 2) void ksft_exit_fail_msg(const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	text[strcspn(text, "\n")] = '\0';

	ksft_print_header();
	printf("%s%s\n", ksft_nested ? "# " : "Bail out! ", text);
	ksft_exit_code(KSFT_FAIL);
}

static inline __noreturn void ksft_exit_fail_perror(const char *what)
{
	ksft_exit_fail_msg("%s: %s (%d)\n", what, strerror(errno), errno);
}

/*
 * Ends the program because it cannot run here; the text is the reason.  Before the
 * plan this skips the whole program, after it the remaining tests.
 */
static inline __noreturn __printf(1, 2) void ksft_exit_skip(const char *fmt, ...)
{
	char reason[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	reason[strcspn(reason, "\n")] = '\0';

	if (ksft_nested) {
		memcpy(ksft_nested->reason, reason, sizeof(reason));
		exit(KSFT_SKIP);
	}
	ksft_print_header();
	if (!ksft_plan && !ksft_test_num()) {
		printf("1..0 # SKIP %s\n", reason);
		exit(KSFT_SKIP);
	}
	while (ksft_test_num() + 1 < ksft_plan)
		ksft_test_result_skip("not_run_%u\n", ksft_test_num() + 1);
	ksft_test_result_code(KSFT_SKIP, "the_rest", "%s", reason);
	ksft_exit_code(ksft_cnt.ksft_fail || ksft_cnt.ksft_error ? KSFT_FAIL : KSFT_SKIP);
}

/* Returns true if the running kernel is at least major.minor. */
static inline int ksft_min_kernel_version(unsigned int min_major, unsigned int min_minor)
{
	unsigned int major, minor;
	struct utsname name;

	if (uname(&name) || sscanf(name.release, "%u.%u", &major, &minor) != 2)
		ksft_exit_fail_msg("cannot tell the version of this kernel\n");
	return major > min_major || (major == min_major && minor >= min_minor);
}

#endif /* KSELFTEST_H */
