/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tests write into memory: a word that says where and when it was written.
 *
 * Every 64-bit word is a function of seed, file, page, word and round, so that a page that was
 * swapped with another, shifted, left behind or restored from an earlier round cannot look right.
 *
 *	word(w) = key(seed, file, round, page) + w * PATTERN_STEP
 *
 * The key is a mix of all its inputs; the step is odd, so that no two words of a page agree and a
 * copy of a page at another place in memory agrees nowhere.  An addition and a store for each
 * word keep filling near the speed of memset(), in a guest without vector registers too.
 *
 * Both host and guest call these: no libc, no static state.
 */
#ifndef SELFTEST_KVM_MIGRATE_UTIL_PATTERN_H
#define SELFTEST_KVM_MIGRATE_UTIL_PATTERN_H

#include <stddef.h>
#include <stdint.h>

#define PATTERN_STEP 0x9e3779b97f4a7c15ULL

struct pattern {
	uint64_t seed;
	uint32_t file;
	uint32_t round;
};

/* The page's first word; the word @word further on is that plus @word * PATTERN_STEP. */
uint64_t pattern_key(const struct pattern *pattern, uint64_t page);
uint64_t pattern_word(const struct pattern *pattern, uint64_t page, size_t word);

/* Write the first @nr_words of page number @page to @mem. */
void pattern_fill(const struct pattern *pattern, uint64_t page, void *mem, size_t nr_words);

/*
 * Compare the first @nr_words of page number @page with @mem.
 * Returns the number of the first word that differs, @nr_words where none does.
 */
size_t pattern_check(const struct pattern *pattern, uint64_t page, const void *mem,
		     size_t nr_words);

#endif /* SELFTEST_KVM_MIGRATE_UTIL_PATTERN_H */
