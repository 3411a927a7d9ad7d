// SPDX-License-Identifier: GPL-2.0-only
/*
 * The arithmetic of performance measurements, their files, and the comparison of two.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "migrate/perf/perf_results.h"
#include "unit.h"

static struct spread spread(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	return spread_of((uint64_t []) { a, b, c, d, e }, 5);
}

static void check_spread(void)
{
	struct spread s = spread(50, 10, 40, 20, 30);
	uint64_t one[] = { 7 }, two[] = { 20, 10 }, four[] = { 4, 1, 3, 2 };
	uint64_t large[] = { UINT64_MAX - 1, UINT64_MAX - 3 };

	CHECK("five samples: median and ends", s.min == 10 && s.median == 30 && s.max == 50);
	CHECK("five samples: quartiles", s.low == 20 && s.high == 40);
	s = spread_of(one, 1);
	CHECK("one sample is everything", s.min == 7 && s.low == 7 && s.median == 7 &&
	      s.high == 7 && s.max == 7);
	s = spread_of(two, 2);
	CHECK("two samples: the mean", s.median == 15);
	CHECK("two samples: quartiles between", s.low == 13 && s.high == 18);
	s = spread_of(four, 4);
	CHECK("four samples: rounded", s.median == 3 && s.low == 2 && s.high == 3);
	s = spread_of(large, 2);
	CHECK("large samples do not overflow", s.median == UINT64_MAX - 2);
	s = spread(1, 1, 1, 1, 1000000);
	CHECK("an outlier moves neither median nor quartiles", s.median == 1 && s.high == 1);
}

static void check_ratio(void)
{
	CHECK("a ratio has three decimals", ratio_milli(3, 2) == 1500);
	CHECK("a ratio is rounded", ratio_milli(2, 3) == 667 && ratio_milli(1, 3) == 333);
	CHECK("nothing divided by nothing", ratio_milli(5, 0) == 0);
}

static void check_histogram(void)
{
	static struct histogram h, other;
	uint64_t value;
	bool close = true;

	CHECK("an empty histogram", histogram_quantile(&h, 999) == 0);
	for (value = 0; value < 998; value++)
		histogram_add(&h, 3);
	histogram_add(&h, 5);
	histogram_add(&h, 1000000);
	CHECK("998 of 1000", histogram_quantile(&h, 998) == 3);
	CHECK("999 of 1000", histogram_quantile(&h, 999) == 5);
	CHECK("1000 of 1000 is the largest, exactly", histogram_quantile(&h, 1000) == 1000000);
	histogram_add(&other, 2000000);
	histogram_merge(&h, &other);
	CHECK("merged", h.max == 2000000 && histogram_quantile(&h, 1000) == 2000000);
	for (value = 1; value < UINT64_MAX / 3; value = value * 3 + 1) {
		memset(&h, 0, sizeof(h));
		histogram_add(&h, value);
		/* Not cut by the largest value. */
		h.max = UINT64_MAX;
		close &= histogram_quantile(&h, 500) >= value &&
			 histogram_quantile(&h, 500) - value <= value / 8;
	}
	CHECK("each value comes back, an eighth too large at most", close);
	memset(&h, 0, sizeof(h));
	histogram_add(&h, UINT64_MAX);
	CHECK("the largest value of all", histogram_quantile(&h, 999) == UINT64_MAX);
}

static void check_text(void)
{
	char text[32];

	CHECK_TEXT("three decimals", milli_text(1012, text, sizeof(text)), "1.012");
	CHECK_TEXT("no zeros at the end", milli_text(1500, text, sizeof(text)), "1.5");
	CHECK_TEXT("a whole number", milli_text(28000, text, sizeof(text)), "28");
	CHECK_TEXT("zero", milli_text(0, text, sizeof(text)), "0");
	CHECK_TEXT("less than a thousand", milli_text(7, text, sizeof(text)), "0.007");
	CHECK_TEXT("rounded from 100 on", rounded_text(100500, text, sizeof(text)), "101");
}

static void check_apart(void)
{
	struct spread a = spread(10, 20, 30, 40, 50), b = spread(30, 39, 50, 60, 70);

	CHECK("quartiles that overlap", spread_apart(&a, &b) == 0 && spread_apart(&b, &a) == 0);
	b.low = 41;
	CHECK("higher and lower", spread_apart(&a, &b) == 1 && spread_apart(&b, &a) == -1);
	CHECK("the same", spread_apart(&a, &a) == 0);
}

static struct perf_results results, read_back;

static void fill(void)
{
	memset(&results, 0, sizeof(results));
	memcpy(results.kernel, "7.3.4", sizeof("7.3.4"));
	perf_results_add(&results, "a.b", "guest_memfd/shmem", "ratio",
			 (uint64_t []) { 1012, 900, 1100 }, 3);
	perf_results_add(&results, "a.b", "shmem", "ns/page", (uint64_t []) { 28000123 }, 1);
}

static void check_file(void)
{
	const char *path = "values.json";
	const char *wrong;
	struct stat st;
	int r;

	fill();
	r = perf_results_write(&results, path);
	CHECK("a file is written", !r);
	wrong = perf_results_read(path, &read_back);
	CHECK_TEXT("and read", wrong ?: "", "");
	CHECK("with the same content", !memcmp(&results, &read_back, sizeof(results)));
	r = perf_results_write(&results, "/nonexistent/x");
	CHECK("no directory: an error", r == -ENOENT);
	unlink(path);
	CHECK("nothing else is left", stat("values.json.new", &st) && errno == ENOENT);
	wrong = perf_results_read(path, &read_back);
	CHECK_TEXT("no file", wrong ?: "", "No such file or directory");
	wrong = perf_results_read("/dev/zero", &read_back);
	CHECK_TEXT("a file without an end", wrong ?: "", "it is too large");
}

static void check_full_disk(void)
{
	struct stat st;

	CHECK("a link to /dev/full", !symlink("/dev/full", "full.new"));
	CHECK("a full disk", perf_results_write(&results, "full") == -ENOSPC);
	CHECK("nothing of it is left", stat("full", &st) && errno == ENOENT);
	CHECK("the new file is gone, too", lstat("full.new", &st) && errno == ENOENT);
}

#define HEAD "{\"format\": \"" PERF_FORMAT "\", \"kernel\": \"k\", "
#define VALUE "{\"case\": \"c\", \"name\": \"n\", \"unit\": \"u\", \"samples\": 3, " \
	      "\"min\": 1, \"low\": 2, \"median\": 3.5, \"high\": 4, \"max\": 5}"

static const char *parse(const char *text)
{
	return perf_results_parse(text, &read_back) ?: "";
}

static void check_parse(void)
{
	CHECK_TEXT("other white space and unknown members",
		   parse("{\n\"new\":1.5,\"values\":[" VALUE "\t,\n" VALUE "],"
			 "\"format\":\"" PERF_FORMAT "\"}"), "");
	CHECK("all values", read_back.nr == 2 && read_back.values[1].spread.median == 3500);
	CHECK_TEXT("an empty file", parse(""), "line 1: the file ends before '{'");
	CHECK_TEXT("no JSON", parse("hello"), "line 1: '{' is missing before 'hello'");
	CHECK_TEXT("another format", parse("{\"format\": \"x\", \"values\": [" VALUE "]}"),
		   "line 1: \"format\" is not \"" PERF_FORMAT "\"");
	CHECK_TEXT("no values", parse(HEAD "\"values\": []}"), "line 1: there is no value");
	CHECK_TEXT("a file cut short", parse(HEAD "\"values\": [\n" VALUE ",\n"),
		   "line 3: the file ends before '{'");
	CHECK_TEXT("a string cut short", parse(HEAD "\"val"),
		   "line 1: a string is too long, or has no end");
	CHECK_TEXT("text behind the end", parse(HEAD "\"values\": [" VALUE "]}\nx"),
		   "line 2: 'x' follows the end");
	CHECK_TEXT("a value without members", parse(HEAD "\"values\": [{\"case\": \"c\"}]}"),
		   "line 1: a value lacks a member");
	CHECK_TEXT("a minus", parse(HEAD "\"x\": -1}"),
		   "line 1: '-1}' is no number with up to three decimals");
	CHECK_TEXT("four decimals", parse(HEAD "\"x\": 1.2345}"),
		   "line 1: '1.2345}' is no number with up to three decimals");
	CHECK_TEXT("an exponent", parse(HEAD "\"x\": 1e3}"),
		   "line 1: '1e3}' is no number with up to three decimals");
	CHECK_TEXT("a number beyond 64 bits", parse(HEAD "\"x\": 99999999999999999999}"),
		   "line 1: '9999999999' is no number with up to three decimals");
	CHECK_TEXT("thousandths beyond 64 bits", parse(HEAD "\"x\": 18446744073709551615}"),
		   "line 1: a number is too large");
	CHECK_TEXT("quartiles out of order",
		   parse(HEAD "\"values\": [{\"case\": \"c\", \"name\": \"n\", \"unit\": \"u\", "
			 "\"samples\": 3, \"min\": 1, \"low\": 9, \"median\": 3, \"high\": 4, "
			 "\"max\": 5}]}"),
		   "line 1: min, low, median, high and max are not in order");
}

static void check_compare(void)
{
	char text[2000];
	FILE *out = fmemopen(text, sizeof(text), "w");
	size_t both;

	fill();
	read_back = results;
	read_back.values[0].spread = (struct spread) { 2000, 2000, 2024, 2100, 2200 };
	memcpy(read_back.values[1].name, "anon", sizeof("anon"));
	both = perf_results_compare(out, &results, &read_back);
	fclose(out);
	CHECK("one value is in both", both == 1);
	CHECK("what is higher is marked", strstr(text, "2  higher\n"));
	CHECK("values of one file alone are counted",
	      strstr(text, "old: kernel 7.3.4, 1 values alone; new: kernel 7.3.4, 1 values alone"));
}

int main(void)
{
	char dir[] = "/tmp/perf_test.XXXXXX";

	if (!mkdtemp(dir) || chdir(dir))
		ksft_exit_fail_msg("no directory in /tmp\n");
	ksft_print_header();
	check_spread();
	check_ratio();
	check_histogram();
	check_text();
	check_apart();
	check_file();
	check_full_disk();
	check_parse();
	check_compare();
	rmdir(dir);
	return unit_finish();
}
