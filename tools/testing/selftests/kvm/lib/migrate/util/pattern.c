// SPDX-License-Identifier: GPL-2.0-only
#include "migrate/util/pattern.h"

/* Words between two tests for a difference. */
#define STRIDE 8

/* Sebastiano Vigna's splitmix64 finaliser: each input bit flips about half of the output bits. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

uint64_t pattern_key(const struct pattern *pattern, uint64_t page)
{
	uint64_t file_and_round = (uint64_t)pattern->file << 32 | pattern->round;

	return mix(mix(mix(pattern->seed) + file_and_round) + page);
}

uint64_t pattern_word(const struct pattern *pattern, uint64_t page, size_t word)
{
	return pattern_key(pattern, page) + word * PATTERN_STEP;
}

void pattern_fill(const struct pattern *pattern, uint64_t page, void *mem, size_t nr_words)
{
	uint64_t value = pattern_key(pattern, page);
	uint64_t *words = mem;
	size_t i;

	for (i = 0; i < nr_words; i++, value += PATTERN_STEP)
		words[i] = value;
}

static size_t first_difference(const uint64_t *words, uint64_t value, size_t first, size_t end)
{
	for (; first < end; first++)
		if (words[first] != value + first * PATTERN_STEP)
			break;
	return first;
}

size_t pattern_check(const struct pattern *pattern, uint64_t page, const void *mem,
		     size_t nr_words)
{
	uint64_t key = pattern_key(pattern, page), value = key;
	const uint64_t *words = mem;
	size_t i, j;

	for (i = 0; i + STRIDE <= nr_words; i += STRIDE) {
		uint64_t differs = 0;

		for (j = 0; j < STRIDE; j++, value += PATTERN_STEP)
			differs |= words[i + j] ^ value;
		if (differs)
			return first_difference(words, key, i, nr_words);
	}
	return first_difference(words, key, i, nr_words);
}
