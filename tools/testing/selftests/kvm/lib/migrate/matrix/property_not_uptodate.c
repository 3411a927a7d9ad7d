// SPDX-License-Identifier: GPL-2.0-only
/*
 * Property not_uptodate; see migrate/matrix/property_table.h.
 *
 * fallocate() allocates folios without content.  kvm_gmem_get_folio() clears a folio at first
 * touch, and must clear the copy of a folio that moved before: here its frame held pages of
 * placement_fragment.
 */
#include "kselftest.h"
#include "migrate/gmem/unmapped_pfns.h"
#include "migrate/matrix/property.h"

/* A page without a frame has lost its folio, or the folio counts as filled. */
static int none_is_uptodate(const struct fixture *fx)
{
	size_t page, nr = fx->verdict.nr_pages, lost = 0;

	for (page = 0; page < nr; page++)
		lost += !fx->verdict.pages[page].after.pfn;
	if (!lost)
		return KSFT_PASS;
	ksft_print_msg("%zu of %zu pages that were never touched are UPTODATE, or gone\n", lost,
		       nr);
	return KSFT_FAIL;
}

int act_not_uptodate(struct fixture *fx)
{
	size_t nr = fx->gvm->nr_pages;
	int result, state;

	placement_teardown(&fx->placement);
	gmem_punch(fx->gvm, 0, nr);
	placement_setup(&fx->placement);
	unmapped_pfns_allocate(fx->gvm, fx->from);
	placement_populated(&fx->placement);
	property_fire_all(fx);
	state = none_is_uptodate(fx);
	result = fixture_judge(fx) ?: state ?: property_reads_zero(fx, 0, nr);
	unmapped_pfns_free(fx->gvm);
	verdict_reset(&fx->verdict);
	fixture_fill(fx);
	return result ?: fixture_judge_content(fx);
}
