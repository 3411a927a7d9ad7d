// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pattern detects every way in which a page can hold wrong data.
 */
#include <stdint.h>
#include <stdlib.h>

#include "migrate/util/pattern.h"
#include "unit.h"

#define WORDS 512
#define PAGES 1024

static const struct pattern base = { .seed = 0x1b2c, .file = 1, .round = 1 };
static uint64_t page[WORDS];

/* Returns the first word in which page @written_as of @written differs from @read_as of @read. */
static size_t differs(const struct pattern *written, uint64_t written_as,
		      const struct pattern *read, uint64_t read_as)
{
	pattern_fill(written, written_as, page, WORDS);
	return pattern_check(read, read_as, page, WORDS);
}

static bool every_bit_is_seen(void)
{
	size_t word;

	pattern_fill(&base, 7, page, WORDS);
	for (word = 0; word < WORDS; word++) {
		page[word] ^= 1ULL << (word % 64);
		if (pattern_check(&base, 7, page, WORDS) != word)
			return false;
		page[word] ^= 1ULL << (word % 64);
	}
	return pattern_check(&base, 7, page, WORDS) == WORDS;
}

static bool words_agree_with_fill(void)
{
	size_t word;

	pattern_fill(&base, 3, page, WORDS);
	for (word = 0; word < WORDS; word++)
		if (page[word] != pattern_word(&base, 3, word))
			return false;
	return true;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* No word stands twice in a file, not even at another place of another page. */
static bool all_words_differ(void)
{
	uint64_t *words = malloc(PAGES * WORDS * sizeof(*words));
	size_t i;

	for (i = 0; i < PAGES; i++)
		pattern_fill(&base, i, words + i * WORDS, WORDS);
	qsort(words, PAGES * WORDS, sizeof(*words), compare);
	for (i = 1; i < PAGES * WORDS; i++)
		if (words[i] == words[i - 1])
			break;
	free(words);
	return i == PAGES * WORDS;
}

static bool shifts_are_seen(void)
{
	size_t by;

	for (by = 1; by < WORDS; by++) {
		pattern_fill(&base, 9, page, WORDS);
		memmove(page, page + by, (WORDS - by) * sizeof(*page));
		if (pattern_check(&base, 9, page, WORDS) != 0)
			return false;
	}
	return true;
}

static bool zeroed_tail_is_seen_where_it_begins(void)
{
	pattern_fill(&base, 4, page, WORDS);
	memset(page + 300, 0, (WORDS - 300) * sizeof(*page));
	return pattern_check(&base, 4, page, WORDS) == 300;
}

int main(void)
{
	struct pattern other_round = base, other_file = base, other_seed = base;

	other_round.round++;
	other_file.file++;
	other_seed.seed++;
	ksft_print_header();
	CHECK("what was filled is found", differs(&base, 5, &base, 5) == WORDS);
	CHECK("another page is seen", differs(&base, 5, &base, 6) == 0);
	CHECK("a page 256 further on is seen", differs(&base, 5, &base, 5 + 256) == 0);
	CHECK("a page 4 GiB further on is seen", differs(&base, 5, &base, 5 + (1 << 20)) == 0);
	CHECK("an earlier round is seen", differs(&base, 5, &other_round, 5) == 0);
	CHECK("another file is seen", differs(&base, 5, &other_file, 5) == 0);
	CHECK("another seed is seen", differs(&base, 5, &other_seed, 5) == 0);
	CHECK("a wrong bit is seen in its word", every_bit_is_seen());
	CHECK("a zeroed tail is seen where it begins", zeroed_tail_is_seen_where_it_begins());
	CHECK("a shift by any number of words is seen", shifts_are_seen());
	CHECK("fill writes what word says", words_agree_with_fill());
	CHECK("no word stands twice in a file", all_words_differ());
	CHECK("a length that is no multiple of the stride is checked to its end",
	      (pattern_fill(&base, 2, page, WORDS), page[10] ^= 1,
	       pattern_check(&base, 2, page, 11) == 10 && pattern_check(&base, 2, page, 10) == 10));
	return unit_finish();
}
