/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contents of test memory: each 64-bit word tells where and when it was written.
 *
 *	word(w) = key(seed, file, round, page) + w * PATTERN_STEP
 *
 * So a page that was swapped, shifted, left behind or restored from an earlier round is found.  The
 * key mixes all its inputs.  The step is odd: the words of a page differ, and a copy elsewhere in
 * memory differs in each word.  An addition and a store for each word fill memory nearly as fast as
 * memset(), in a guest without vector registers too.
 *
 * The host and the guest call these functions: no libc, no static state.
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

/* Return the first word of a page, and word number @word. */
uint64_t pattern_key(const struct pattern *pattern, uint64_t page);
uint64_t pattern_word(const struct pattern *pattern, uint64_t page, size_t word);

/* Write the first @nr_words of page number @page to @mem. */
void pattern_fill(const struct pattern *pattern, uint64_t page, void *mem, size_t nr_words);

/*
 * Compare the first @nr_words of page number @page with @mem.
 * Returns the number of the first word that differs, or @nr_words.
 */
size_t pattern_check(const struct pattern *pattern, uint64_t page, const void *mem,
		     size_t nr_words);

#endif /* SELFTEST_KVM_MIGRATE_UTIL_PATTERN_H */
