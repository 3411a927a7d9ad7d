// SPDX-License-Identifier: GPL-2.0-only
/*
 * guest_snprintf() writes what the C library's snprintf() writes, over every mix of flags, width,
 * precision, size and conversion that it knows.
 */
#include <limits.h>

#include "test_util.h"
#include "unit.h"

static unsigned long compared, different;

static void compare(const char *fmt, int want_len, const char *want, int got_len,
		    const char *got)
{
	compared++;
	if (want_len == got_len && !strcmp(want, got))
		return;
	if (different++ < 10)
		ksft_print_msg("\"%s\": want %d \"%s\" got %d \"%s\"\n", fmt, want_len,
			       want, got_len, got);
}

/* One format with one argument of any type, into a buffer of @size. */
#define BOTH(size, fmt, ...)								\
do {											\
	const char *volatile hidden = (fmt);	/* compilers judge formats they can see */	\
	char want[300] = "unwritten", got[300] = "unwritten";				\
	int want_len = snprintf(want, size, hidden, __VA_ARGS__);			\
	int got_len = guest_snprintf(got, size, hidden, __VA_ARGS__);			\
											\
	compare(hidden, want_len, want, got_len, got);					\
} while (0)

static const char * const flags[] = {
	"", "-", "0", "#", "+", " ", "-0", "#0", "+0", " 0", "-#", "-+", "+ ", "-#+0 ",
};

static const char * const widths[] = { "", "1", "4", "9", "30", "70" };
static const char * const precisions[] = { "", ".", ".0", ".1", ".5", ".25" };

#define FOR_EACH(i, array)	for (i = 0; i < ARRAY_SIZE(array); i++)

static void integers(const char *shape)
{
	static const char * const sizes[] = { "hh", "h", "", "l", "ll", "z", "j", "t" };
	static const long long values[] = {
		0, 1, -1, 9, 127, 128, 255, -128, 32767, 0x8000, 65535, INT_MAX, INT_MIN,
		0xdeadbeef, LLONG_MAX, LLONG_MIN, 0x123456789abcdef,
	};
	const char *conversion = "diuxXo";
	size_t s, v, c;
	char fmt[40];

	for (c = 0; conversion[c]; c++) {
		FOR_EACH(s, sizes) {
			snprintf(fmt, sizeof(fmt), "<%%%s%s%c>", shape, sizes[s], conversion[c]);
			FOR_EACH(v, values) {
				if (s < 3)
					BOTH(200, fmt, (int)values[v]);
				else
					BOTH(200, fmt, values[v]);
			}
		}
	}
}

static void texts(const char *shape)
{
	char fmt[40];

	snprintf(fmt, sizeof(fmt), "<%%%ss>", shape);
	BOTH(200, fmt, "");
	BOTH(200, fmt, "one");
	BOTH(200, fmt, "a longer text of forty-two letters, or so.");
	BOTH(200, fmt, (char *)NULL);
	snprintf(fmt, sizeof(fmt), "<%%%sc>", shape);
	BOTH(200, fmt, 'x');
	snprintf(fmt, sizeof(fmt), "<%%%sp>", shape);
	BOTH(200, fmt, (void *)0xffff888012345678);
	BOTH(200, fmt, NULL);
}

static void every_shape(void)
{
	size_t f, w, p;
	char shape[32];

	FOR_EACH(f, flags) {
		FOR_EACH(w, widths) {
			FOR_EACH(p, precisions) {
				snprintf(shape, sizeof(shape), "%s%s%s", flags[f], widths[w],
					 precisions[p]);
				integers(shape);
				texts(shape);
			}
		}
	}
}

static void stars(void)
{
	int width, precision;

	for (width = -12; width <= 12; width++) {
		BOTH(200, "<%*d>", width, -12345);
		BOTH(200, "<%0*x>", width, 0xabc);
		for (precision = -1; precision < 12; precision++) {
			BOTH(200, "<%*.*lu>", width, precision, 98765UL);
			BOTH(200, "<%*.*s>", width, precision, "some text");
		}
	}
}

static void short_buffers(void)
{
	int size;

	for (size = 0; size < 24; size++)
		BOTH(size, "0123%s89%5d", "4567", -7);
}

static void many_arguments(void)
{
	BOTH(200, "%d %lu %s %c %x %llx %p %% %hhd %zu end", -1, 2UL, "three", '4', 5,
	     6ULL, (void *)7, 264, (size_t)9);
	BOTH(200, "%s", "");
	BOTH(200, "no conversion%s", "");
}

#define CHECK_SAME(what)						\
do {									\
	different = 0;							\
	what();								\
	CHECK(#what, !different);					\
} while (0)

int main(void)
{
	CHECK_SAME(every_shape);
	CHECK_SAME(stars);
	CHECK_SAME(short_buffers);
	CHECK_SAME(many_arguments);
	ksft_print_msg("%lu texts compared\n", compared);
	return unit_finish();
}
