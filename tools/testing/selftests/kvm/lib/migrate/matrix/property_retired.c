// SPDX-License-Identifier: GPL-2.0-only
/*
 * Property retired; see migrate/matrix/property_table.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "kselftest.h"
#include "kvm_util.h"
#include "migrate/matrix/property.h"
#include "migrate/mm/folio.h"
#include "migrate/mm/hwpoison.h"
#include "migrate/mm/numa.h"
#include "migrate/trigger/trigger.h"

/* Pages to allocate, none of which must get the retired frame. */
#define ALLOCATED 2048

/* Returns whether one of many newly allocated pages is in frame @pfn. */
static bool is_allocated_again(const struct fixture *fx, uint64_t pfn)
{
	size_t size = ALLOCATED * (size_t)getpagesize(), i;
	uint64_t *entries = calloc(ALLOCATED, sizeof(*entries));
	char *mem = numa_mmap(size, MAP_PRIVATE, fx->from);
	bool found = false;

	TEST_ASSERT(entries, "out of memory");
	memset(mem, 0x5a, size);
	TEST_ASSERT(!pagemap_read(mem, ALLOCATED, entries), "cannot read pagemap");
	for (i = 0; i < ALLOCATED; i++)
		found |= pagemap_pfn(entries[i]) == pfn;
	kvm_munmap(mem, size);
	free(entries);
	return found;
}

/* Soft offlining of one page; the trigger's .fire() would unpoison the frame at once. */
int act_retired(struct fixture *fx)
{
	size_t page = fx->gvm->nr_pages / 2, nr = fx->gvm->nr_pages;
	bool moves = outcome_moves(fx->expected.outcome), marked, again;
	uint64_t pfn;
	int r;

	fixture_inspect_before(fx);
	pfn = fx->verdict.pages[page].before.pfn;
	hwpoison_undo_add(pfn);
	r = soft_offline_phys(pfn);
	verdict_call(&fx->verdict, fx->trigger->call, r, expected_return(&fx->expected, 1), NULL, 0,
		     0);
	fixture_inspect_after(fx);
	fixture_expect(fx, 0, page, OUTCOME_UNTOUCHED);
	fixture_expect(fx, page + 1, nr - page - 1, OUTCOME_UNTOUCHED);
	fixture_expect(fx, page, 1, fx->expected.outcome);
	marked = hwpoison_is_marked(pfn);
	again = is_allocated_again(fx, pfn);
	r = hwpoison_undo_run(pfn);
	if (marked == moves && !again && r == (moves ? 0 : -ENOENT))
		return fixture_judge_content(fx) ?: property_rewrite_and_judge(fx);
	ksft_print_msg("frame 0x%" PRIx64 " of page %zu after soft offlining: wanted %s, got %s%s; "
		       "unpoison-pfn %s; %s\n", pfn, page, moves ? "HWPOISON" : "no HWPOISON",
		       marked ? "HWPOISON" : "no HWPOISON", again ? ", allocated again" : "",
		       strerror(-r), suite_context(fx->suite));
	return KSFT_FAIL;
}
