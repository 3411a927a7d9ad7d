// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parts of the library that need no VM: sets of pages, sizes, times, random numbers, and the
 * string functions that stand in for those of the C library.
 */
#include <sys/wait.h>

#include "page_ranges.h"
#include "symbol.h"
#include "test_util.h"
#include "unit.h"

/* ---- page_ranges: against a plain array ------------------------------------------------ */

#define NR_PAGES	64

static bool plain[NR_PAGES];

static void plain_set(u64 start, u64 nr, bool in)
{
	for (; nr--; start++)
		plain[start] = in;
}

static bool plain_gap(u64 nr, u64 min, u64 end, u64 *start)
{
	u64 page, run = 0;

	for (page = min; page < end; page++) {
		run = plain[page] ? 0 : run + 1;
		if (run == nr) {
			*start = page - nr + 1;
			return true;
		}
	}
	return false;
}

static bool ranges_are_tidy(const struct page_ranges *set)
{
	size_t i;

	for (i = 0; i < set->nr; i++) {
		if (set->range[i].start >= set->range[i].end)
			return false;
		if (i && set->range[i].start <= set->range[i - 1].end)
			return false;
	}
	return true;
}

static bool same_gap(const struct page_ranges *set, u64 nr, u64 min, u64 end)
{
	u64 want = 0, got = 0;

	return plain_gap(nr, min, end, &want) == page_ranges_find_gap(set, nr, min, end, &got) &&
	       want == got;
}

static bool random_operations(void)
{
	struct kvm_random_state rng = new_kvm_random_state(7);
	struct page_ranges set = { 0 };
	u64 start, nr, min, end, page;
	bool ok = true, in;
	int i;

	for (i = 0; i < 20000 && ok; i++) {
		start = kvm_random_u32_in_range(&rng, 0, NR_PAGES - 1);
		nr = kvm_random_u32_in_range(&rng, 0, min_t(u64, NR_PAGES - start, 9));
		in = kvm_random_bool(&rng);
		plain_set(start, nr, in);
		if (in)
			page_ranges_add(&set, start, nr);
		else
			page_ranges_remove(&set, start, nr);

		ok = ranges_are_tidy(&set);
		for (page = 0; page < NR_PAGES && ok; page++)
			ok = page_ranges_has(&set, page) == plain[page];
		min = kvm_random_u32_in_range(&rng, 0, NR_PAGES);
		end = kvm_random_u32_in_range(&rng, min, NR_PAGES);
		ok = ok && same_gap(&set, kvm_random_u32_in_range(&rng, 1, 12), min, end);
	}
	page_ranges_free(&set);
	return ok && !set.nr && !set.range;
}

static bool huge_numbers(void)
{
	const u64 top = 1ULL << 52;
	struct page_ranges set = { 0 };
	u64 start = 0;
	bool ok;

	page_ranges_add(&set, top - 1, 1);
	ok = page_ranges_find_gap(&set, 1ULL << 51, 1ULL << 51, top, &start) == false;
	ok = ok && page_ranges_find_gap(&set, (1ULL << 51) - 1, 1ULL << 51, top, &start) &&
	     start == 1ULL << 51;
	page_ranges_free(&set);
	return ok;
}

/* ---- Sizes and times ------------------------------------------------------------------- */

/* True if @fn(@text) fails the test, as TEST_ASSERT() does: with status 254. */
static bool fails(size_t (*fn)(const char *text), const char *text)
{
	int status;
	pid_t pid;

	pid = fork();
	if (!pid) {
		close(STDERR_FILENO);
		fn(text);
		_exit(0);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 254;
}

static size_t parse_int(const char *text)
{
	return atoi_paranoid(text);
}

static void check_numbers(void)
{
	CHECK("size in bytes", parse_size("0") == 0 && parse_size("64") == 64);
	CHECK("size in hex", parse_size("0x40") == 64);
	CHECK("size with a unit", parse_size("4k") == 4096 && parse_size("2M") == 2 << 20 &&
	      parse_size("3g") == 3ULL << 30 && parse_size("1T") == 1ULL << 40 &&
	      parse_size("7b") == 7);
	CHECK("no size", fails(parse_size, "") && fails(parse_size, "k") &&
	      fails(parse_size, "-1") && fails(parse_size, "1x") && fails(parse_size, " 1"));
	CHECK("garbage behind a size", fails(parse_size, "1kk") && fails(parse_size, "1k "));
	CHECK("size too large", fails(parse_size, "99999999999999999999") &&
	      fails(parse_size, "17179869184g"));

	CHECK("int", atoi_paranoid("-12") == -12 && atoi_paranoid("0x10") == 16);
	CHECK("no int", fails(parse_int, "") && fails(parse_int, "1 ") && fails(parse_int, "x"));
	CHECK("int too large", fails(parse_int, "2147483648"));
	CHECK("align", align_up(4097, 4096) == 8192 && align_up(4096, 4096) == 4096 &&
	      align_down(4097, 4096) == 4096 && align_down(4095, 4096) == 0);
}

static void check_times(void)
{
	struct timespec a = { 5, 100 }, b = { 3, 999999999 }, d;

	d = timespec_sub(a, b);
	CHECK("difference of times", d.tv_sec == 1 && d.tv_nsec == 101);
	d = timespec_sub(b, a);
	CHECK("negative difference", timespec_to_ns(d) == -1000000101 && d.tv_nsec >= 0);
	d = timespec_add(a, b);
	CHECK("sum of times", d.tv_sec == 9 && d.tv_nsec == 99);
	CHECK("quotient", timespec_to_ns(timespec_div(a, 5)) == 1000000020);
	CHECK("elapsed", timespec_to_ns(timespec_elapsed((struct timespec){ 0 })) > 0);
}

/* ---- Random numbers -------------------------------------------------------------------- */

static bool sequences_repeat(void)
{
	struct kvm_random_state a = new_kvm_random_state(0), b = new_kvm_random_state(0);
	struct kvm_random_state c = new_kvm_random_state(1);
	bool equal = true, differ = false;
	int i;

	for (i = 0; i < 1000; i++) {
		u64 x = kvm_random_u64(&a);

		equal = equal && x == kvm_random_u64(&b);
		differ = differ || x != kvm_random_u64(&c);
	}
	return equal && differ;
}

static bool bits_are_fair(void)
{
	struct kvm_random_state rng = new_kvm_random_state(3);
	int ones[32] = { 0 }, i, bit;

	for (i = 0; i < 100000; i++) {
		u32 x = kvm_random_u32(&rng);

		for (bit = 0; bit < 32; bit++)
			ones[bit] += x >> bit & 1;
	}
	for (bit = 0; bit < 32; bit++)
		if (ones[bit] < 49000 || ones[bit] > 51000)
			return false;
	return true;
}

static bool ranges_are_met(void)
{
	struct kvm_random_state rng = new_kvm_random_state(4);
	bool seen[5] = { false };
	u64 x;
	int i;

	for (i = 0; i < 1000; i++) {
		x = kvm_random_u32_in_range(&rng, 10, 14);
		if (x < 10 || x > 14)
			return false;
		seen[x - 10] = true;
		if (kvm_random_u64_in_range(&rng, ~0ULL, ~0ULL) != ~0ULL ||
		    kvm_random_u32_in_range(&rng, 7, 7) != 7)
			return false;
		kvm_random_u64_in_range(&rng, 0, ~0ULL);
	}
	return seen[0] && seen[1] && seen[2] && seen[3] && seen[4];
}

/* ---- String functions ------------------------------------------------------------------ */

static unsigned char dest[128], source[128], want[128];

static void refill(void)
{
	int i;

	for (i = 0; i < 128; i++) {
		source[i] = i * 7 + 1;
		dest[i] = want[i] = 255 - i;
	}
}

static bool equal_to_want(const unsigned char *got)
{
	int i;

	for (i = 0; i < 128; i++)
		if (got[i] != want[i])
			return false;
	return true;
}

/* Every alignment of both sides and every length around a few words. */
#define FOR_ALL_SHAPES(to, from, len)		\
	for (to = 0; to < 17; to++)		\
		for (from = 0; from < 17; from++)	\
			for (len = 0; len < 80; len++)

static bool memcpy_copies(void)
{
	size_t to, from, len, i;

	FOR_ALL_SHAPES(to, from, len) {
		refill();
		for (i = 0; i < len; i++)
			want[to + i] = source[from + i];
		if (memcpy(dest + to, source + from, len) != dest + to || !equal_to_want(dest))
			return false;
	}
	return true;
}

static bool memmove_overlaps(void)
{
	size_t to, from, len, i;

	FOR_ALL_SHAPES(to, from, len) {
		refill();
		for (i = 0; i < 128; i++)
			want[i] = source[i];
		for (i = 0; i < len; i++)
			want[to + i] = from + i < 128 ? (from + i) * 7 + 1 : 0;
		if (memmove(source + to, source + from, len) != source + to ||
		    !equal_to_want(source))
			return false;
	}
	return true;
}

static bool memset_fills(void)
{
	size_t to, from, len, i;

	FOR_ALL_SHAPES(to, from, len) {
		refill();
		for (i = 0; i < len; i++)
			want[to + i] = from + 250;
		if (memset(dest + to, from + 250, len) != dest + to || !equal_to_want(dest))
			return false;
	}
	return true;
}

static bool memcmp_compares(void)
{
	size_t to, from, len, at;

	FOR_ALL_SHAPES(to, from, len) {
		refill();
		memcpy(dest + to, source + from, len);
		if (memcmp(dest + to, source + from, len))
			return false;
		for (at = 0; at < len; at += 5) {
			dest[to + at]++;
			if ((memcmp(dest + to, source + from, len) > 0) !=
			    (dest[to + at] > source[from + at]))
				return false;
			dest[to + at]--;
		}
	}
	return true;
}

static void check_strings(void)
{
	CHECK("memcpy", memcpy_copies());
	CHECK("memmove", memmove_overlaps());
	CHECK("memset", memset_fills());
	CHECK("memcmp", memcmp_compares());
	CHECK("strlen", strlen("") == 0 && strlen("abc") == 3);
	CHECK("strnlen", strnlen("abc", 2) == 2 && strnlen("abc", 9) == 3 && strnlen("", 0) == 0);
	CHECK("strcmp", !strcmp("", "") && strcmp("a", "") > 0 && strcmp("a", "\xff") < 0);
}

static void check_symbols(void)
{
	char name[128];

	CHECK("a function has a name",
	      strstr(symbol_name((unsigned long)check_symbols + 1, name, sizeof(name)),
		     " check_symbols+0x1"));
	CHECK_TEXT("nothing has none", symbol_name(0x10, name, sizeof(name)), "0x10");
}

int main(void)
{
	CHECK("page sets, by chance", random_operations());
	CHECK("page sets, at the end of the address space", huge_numbers());
	check_numbers();
	check_times();
	CHECK("equal seeds, equal numbers", sequences_repeat());
	CHECK("every bit is set half the time", bits_are_fair());
	CHECK("ranges of random numbers", ranges_are_met());
	check_strings();
	check_symbols();
	return unit_finish();
}
