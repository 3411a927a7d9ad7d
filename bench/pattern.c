// SPDX-License-Identifier: GPL-2.0-only
/*
 * How fast the tests fill and check memory, next to memset() and memcmp() of the C library on the
 * same memory.  Linked with the objects of the tests, without the rest of their library, which has
 * a memset() of its own.
 *
 * Prints "NAME MEDIAN LOW HIGH" for the ratio of the two times, ours first, with its quartiles.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "migrate/perf/stats.h"
#include "migrate/util/pattern.h"

#define ROUNDS		61
#define PAGE_SIZE	4096UL
#define PAGES		8192UL	/* 32 MiB: more than most caches hold */
#define WORDS		(PAGE_SIZE / sizeof(uint64_t))

static const struct pattern pattern = { .seed = 1 };
static char *mem, *copy;
static size_t bad;

/* The compiler must not replace the calls. */
static void *(*volatile libc_memset)(void *to, int c, size_t size) = memset;
static int (*volatile libc_memcmp)(const void *a, const void *b, size_t size) = memcmp;

static void fill(void)
{
	size_t page;

	for (page = 0; page < PAGES; page++)
		pattern_fill(&pattern, page, mem + page * PAGE_SIZE, WORDS);
}

static void check(void)
{
	size_t page;

	for (page = 0; page < PAGES; page++)
		bad += pattern_check(&pattern, page, mem + page * PAGE_SIZE, WORDS) != WORDS;
}

static void bare_fill(void)
{
	size_t page;

	for (page = 0; page < PAGES; page++)
		libc_memset(mem + page * PAGE_SIZE, 0x5a, PAGE_SIZE);
}

static void bare_check(void)
{
	size_t page;

	for (page = 0; page < PAGES; page++)
		bad += libc_memcmp(mem + page * PAGE_SIZE, copy + page * PAGE_SIZE, PAGE_SIZE) != 0;
}

/* Of the CPU: other processes of a busy machine do not count. */
static uint64_t time_of(void (*run)(void))
{
	struct timespec begin, end;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
	run();
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
	return (end.tv_sec - begin.tv_sec) * 1000000000ULL + end.tv_nsec - begin.tv_nsec;
}

/* In turn, and each of them first in every second round. */
static void compare(const char *name, void (*ours)(void), void (*bare)(void))
{
	uint64_t ratios[ROUNDS], times[2];
	struct spread spread;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		times[i % 2] = time_of(i % 2 ? bare : ours);
		times[(i + 1) % 2] = time_of(i % 2 ? ours : bare);
		ratios[i] = ratio_milli(times[0], times[1]);
	}
	spread = spread_of(ratios, ROUNDS);
	printf("%s %.3f %.3f %.3f\n", name, spread.median / 1000.0, spread.low / 1000.0,
	       spread.high / 1000.0);
}

int main(void)
{
	mem = aligned_alloc(PAGE_SIZE, PAGES * PAGE_SIZE);
	copy = aligned_alloc(PAGE_SIZE, PAGES * PAGE_SIZE);
	if (!mem || !copy) {
		fprintf(stderr, "pattern: out of memory\n");
		return 1;
	}
	memset(copy, 0, PAGES * PAGE_SIZE);
	memset(mem, 0, PAGES * PAGE_SIZE);
	compare("fill", fill, bare_fill);
	fill();
	memcpy(copy, mem, PAGES * PAGE_SIZE);
	compare("check", check, bare_check);
	if (bad)
		fprintf(stderr, "pattern: %zu pages differ\n", bad);
	return bad != 0;
}
