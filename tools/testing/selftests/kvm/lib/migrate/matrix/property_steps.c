// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "kselftest.h"
#include "migrate/matrix/property.h"

void property_fire_all(struct fixture *fx)
{
	size_t nr = fx->gvm->nr_pages;

	fixture_fire_inspected(fx, 0, nr, expected_return(&fx->expected, nr));
	fixture_expect(fx, 0, nr, fx->expected.outcome);
}

int property_fire_and_judge(struct fixture *fx)
{
	property_fire_all(fx);
	return fixture_judge_content(fx);
}

void property_fire_times(struct fixture *fx, int times)
{
	for (; times; times--) {
		fixture_fire(fx, 0, fx->gvm->nr_pages, 0);
		if (fx->expected.outcome == OUTCOME_MOVED)
			fixture_swap_nodes(fx);
	}
}

void property_gather(struct fixture *fx)
{
	verdict_reset(&fx->verdict);
	if (fx->expected.outcome != OUTCOME_MOVED)
		return;
	fixture_swap_nodes(fx);
	fixture_fire(fx, 0, fx->gvm->nr_pages, 0);
	fixture_swap_nodes(fx);
}

int property_rewrite_and_judge(struct fixture *fx)
{
	bool host_writes = vm_kind_host_maps(fx->gvm->kind);

	if (fx->gvm->kind->encrypted)
		host_writes = false;
	if (host_writes) {
		gmem_host_fill(fx->gvm);
		fixture_check_guest(fx);
	}
	gmem_guest_fill(fx->gvm);
	return fixture_judge_content(fx);
}

static bool is_zero(const u64 *words, size_t size)
{
	return !words[0] && !memcmp(words, words + 1, size - sizeof(*words));
}

/* Host and guest take turns in touching a page first; without a mapping the guest does. */
static bool page_reads_zero(struct gmem_vm *gvm, size_t page)
{
	bool maps = vm_kind_host_maps(gvm->kind), zero = true;

	if (maps && page / 2 % 2)
		zero = is_zero(gmem_page(gvm, page), gvm->page_size);
	zero &= !gmem_guest_peek(gvm, page, 0) &&
		!gmem_guest_peek(gvm, page, gvm->page_size - sizeof(u64));
	return zero && (!maps || is_zero(gmem_page(gvm, page), gvm->page_size));
}

int property_reads_zero(const struct fixture *fx, size_t first, size_t nr)
{
	size_t page, bad = 0, bad_page = 0;

	/* The caller judges the frames; what a CPU decrypts there is undefined. */
	if (!vm_kind_reads_zero(fx->gvm->kind))
		return KSFT_PASS;
	for (page = first; page < first + nr; page++) {
		if (page_reads_zero(fx->gvm, page))
			continue;
		if (!bad++)
			bad_page = page;
	}
	if (!bad)
		return KSFT_PASS;
	ksft_print_msg("%zu of %zu pages that were never written are not zero, first page %zu; "
		       "%s\n", bad, nr, bad_page, suite_context(fx->suite));
	return KSFT_FAIL;
}

void property_refill(struct fixture *fx, size_t first, size_t nr)
{
	size_t page;

	for (page = first; page < first + nr; page++)
		gmem_guest_fill_page(fx->gvm, page);
}
