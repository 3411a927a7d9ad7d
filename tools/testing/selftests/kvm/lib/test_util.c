// SPDX-License-Identifier: GPL-2.0-only
/* Helpers that need no KVM, see test_util.h. */
#include <ctype.h>
#include <limits.h>

#include "test_util.h"

/* ---- SIGBUS ---------------------------------------------------------------------------- */

sigjmp_buf expect_sigbus_jmpbuf;

void expect_sigbus_handler(int signum)
{
	(void)signum;
	siglongjmp(expect_sigbus_jmpbuf, 1);
}

/* ---- Files ----------------------------------------------------------------------------- */

ssize_t test_read(int fd, void *buf, size_t count)
{
	size_t done = 0;
	ssize_t got;

	while (done < count) {
		got = read(fd, (char *)buf + done, count - done);
		if (got < 0 && errno == EINTR)
			continue;
		TEST_ASSERT(got >= 0, "cannot read from fd %d: %s", fd, strerror(errno));
		if (!got)
			break;
		done += got;
	}
	return done;
}

ssize_t test_write(int fd, const void *buf, size_t count)
{
	size_t done = 0;
	ssize_t put;

	while (done < count) {
		put = write(fd, (const char *)buf + done, count - done);
		if (put < 0 && errno == EINTR)
			continue;
		TEST_ASSERT(put >= 0, "cannot write to fd %d: %s", fd, strerror(errno));
		done += put;
	}
	return done;
}

/* ---- Numbers --------------------------------------------------------------------------- */

size_t parse_size(const char *size)
{
	static const char units[] = "bkmgt";
	unsigned long long number;
	const char *unit = units;
	char *end;
	int shift;

	TEST_ASSERT(size && isdigit((unsigned char)size[0]), "'%s' is not a size: no digits",
		    size ? size : "");
	errno = 0;
	number = strtoull(size, &end, 0);
	TEST_ASSERT(!errno, "'%s' is too large", size);
	if (*end) {
		unit = strchr(units, tolower((unsigned char)*end));
		TEST_ASSERT(unit && !end[1], "'%s' is not a size: unit '%s' is not b, k, m, g or t",
			    size, end);
	}
	shift = (unit - units) * 10;
	TEST_ASSERT(number << shift >> shift == number, "'%s' is too large", size);
	return number << shift;
}

int atoi_paranoid(const char *num_str)
{
	char *end;
	long num;

	errno = 0;
	num = strtol(num_str, &end, 0);
	TEST_ASSERT(end != num_str && !*end, "'%s' is not a number", num_str);
	TEST_ASSERT(!errno && num >= INT_MIN && num <= INT_MAX, "%s does not fit in an int",
		    num_str);
	return num;
}

u32 atoi_positive(const char *name, const char *num_str)
{
	int num = atoi_paranoid(num_str);

	TEST_ASSERT(num > 0, "%s must be greater than 0, got %s", name, num_str);
	return num;
}

u32 atoi_non_negative(const char *name, const char *num_str)
{
	int num = atoi_paranoid(num_str);

	TEST_ASSERT(num >= 0, "%s must not be negative, got %s", name, num_str);
	return num;
}

/* ---- Time ------------------------------------------------------------------------------ */

#define NSEC_PER_SEC	1000000000L

/* @ns may be negative; tv_nsec of the result is not. */
static struct timespec ns_to_timespec(s64 ns)
{
	struct timespec ts = { .tv_sec = ns / NSEC_PER_SEC, .tv_nsec = ns % NSEC_PER_SEC };

	if (ts.tv_nsec < 0) {
		ts.tv_sec--;
		ts.tv_nsec += NSEC_PER_SEC;
	}
	return ts;
}

s64 timespec_to_ns(struct timespec ts)
{
	return (s64)ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

struct timespec timespec_add_ns(struct timespec ts, s64 ns)
{
	return ns_to_timespec(timespec_to_ns(ts) + ns);
}

struct timespec timespec_add(struct timespec ts1, struct timespec ts2)
{
	return ns_to_timespec(timespec_to_ns(ts1) + timespec_to_ns(ts2));
}

struct timespec timespec_sub(struct timespec ts1, struct timespec ts2)
{
	return ns_to_timespec(timespec_to_ns(ts1) - timespec_to_ns(ts2));
}

struct timespec timespec_div(struct timespec ts, int divisor)
{
	return ns_to_timespec(timespec_to_ns(ts) / divisor);
}

struct timespec timespec_elapsed(struct timespec start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return timespec_sub(now, start);
}

/* ---- Text ------------------------------------------------------------------------------ */

char *strdup_printf(const char *fmt, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, fmt);
	len = vasprintf(&text, fmt, args);
	va_end(args);
	TEST_ASSERT(len >= 0, "out of memory");
	return text;
}
