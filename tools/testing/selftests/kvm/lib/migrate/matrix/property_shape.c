// SPDX-License-Identifier: GPL-2.0-only
/*
 * Properties many_pages and sparse; see migrate/matrix/property_table.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "kselftest.h"
#include "kvm_util.h"
#include "migrate/matrix/property.h"
#include "migrate/trigger/trigger.h"

int act_many_pages(struct fixture *fx)
{
	return property_fire_and_judge(fx) ?: property_rewrite_and_judge(fx);
}

/* The parts of a sparse file that have folios; all other pages are holes. */
struct island {
	size_t first, nr;
};

#define NR_ISLANDS 3

static void place_islands(const struct fixture *fx, struct island *islands)
{
	size_t nr = fx->gvm->nr_pages;

	islands[0] = (struct island) { 0, 2 };
	islands[1] = (struct island) { nr / 3, 8 };
	islands[2] = (struct island) { nr - 8, 8 };
}

/* Returns the first page behind the hole that follows island @i. */
static size_t hole_end(const struct fixture *fx, const struct island *islands, size_t i)
{
	return i + 1 < NR_ISLANDS ? islands[i + 1].first : fx->gvm->nr_pages;
}

static void punch_between(struct fixture *fx, const struct island *islands)
{
	size_t i, first;

	for (i = 0; i + 1 < NR_ISLANDS; i++) {
		first = islands[i].first + islands[i].nr;
		gmem_punch(fx->gvm, first, hole_end(fx, islands, i) - first);
	}
}

/* Returns how many pages have content, mapped or not (mincore_page() in mm/mincore.c). */
static size_t pages_of_file(const struct fixture *fx)
{
	const struct gmem_vm *gvm = fx->gvm;
	unsigned char *vec = malloc(gvm->nr_pages);
	size_t i, nr = 0;

	TEST_ASSERT(vec && !mincore(gvm->mem, gvm->nr_pages * gvm->page_size, vec),
		    "mincore of a guest_memfd: errno %d", errno);
	for (i = 0; i < gvm->nr_pages; i++)
		nr += vec[i] & 1;
	free(vec);
	return nr;
}

/* The guest reads the first word of a page and the word that GUEST_RUN counts in. */
static void check_page(struct fixture *fx, size_t page)
{
	size_t words[] = { 0, GUEST_COUNTER_WORD(fx->gvm->page_size) }, i, bad;
	u64 got, expected;

	bad = gmem_host_check(fx->gvm, page);
	if (bad < GUEST_PAGE_WORDS(fx->gvm->page_size))
		verdict_bad_word(&fx->verdict, BAD_CONTENT, page, bad,
				 gmem_expected_word(fx->gvm, page, bad),
				 ((u64 *)gmem_page(fx->gvm, page))[bad]);
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		got = gmem_guest_peek(fx->gvm, page, words[i] * sizeof(u64));
		expected = gmem_expected_word(fx->gvm, page, words[i]);
		if (got != expected)
			verdict_bad_word(&fx->verdict, BAD_GUEST, page, words[i], expected, got);
	}
}

/* A hole has no folio before and after, and move_pages() says so. */
static void expect_hole(struct fixture *fx, size_t first, size_t nr)
{
	verdict_expect(&fx->verdict, first, nr, OUTCOME_UNTOUCHED, -ENOENT, -ENOENT);
	if (fx->trigger->has_status && outcome_moves(fx->expected.outcome))
		verdict_expect_status(&fx->verdict, first, nr, -ENOENT);
}

static void expect_sparse(struct fixture *fx, const struct island *islands)
{
	size_t i, page, end;

	for (i = 0; i < NR_ISLANDS; i++) {
		end = islands[i].first + islands[i].nr;
		expect_hole(fx, end, hole_end(fx, islands, i) - end);
		for (page = islands[i].first; page < end; page++)
			check_page(fx, page);
	}
	for (i = 0; i < NR_ISLANDS; i++)
		fixture_expect(fx, islands[i].first, islands[i].nr, fx->expected.outcome);
}

/*
 * A failure ends move_pages() at the first page of the hole, whose status is known by then; it
 * counts all other pages as not moved.
 */
static long sparse_return(const struct fixture *fx)
{
	return expected_return(&fx->expected, fx->gvm->nr_pages - 1);
}

static int holes_read_zero(struct fixture *fx, const struct island *islands)
{
	size_t i, first, end;
	int result = KSFT_PASS;

	for (i = 0; i + 1 < NR_ISLANDS && !result; i++) {
		first = islands[i].first + islands[i].nr;
		end = hole_end(fx, islands, i);
		result = property_reads_zero(fx, first, 2) ?:
			 property_reads_zero(fx, (first + end) / 2, 2) ?:
			 property_reads_zero(fx, end - 2, 2);
	}
	return result;
}

int act_sparse(struct fixture *fx)
{
	struct island islands[NR_ISLANDS];
	size_t pages;
	int result;

	place_islands(fx, islands);
	punch_between(fx, islands);
	pages = pages_of_file(fx);
	fixture_inspect_before(fx);
	fixture_fire(fx, 0, fx->gvm->nr_pages, sparse_return(fx));
	fixture_inspect_after(fx);
	expect_sparse(fx, islands);
	result = fixture_judge(fx);
	if (pages_of_file(fx) != pages) {
		ksft_print_msg("the sparse file had %zu pages and has %zu now\n", pages,
			       pages_of_file(fx));
		return KSFT_FAIL;
	}
	verdict_reset(&fx->verdict);
	return result ?: holes_read_zero(fx, islands) ?: property_rewrite_and_judge(fx);
}
