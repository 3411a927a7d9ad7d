// SPDX-License-Identifier: GPL-2.0-only
#include <unistd.h>

#include "migrate/mm/folio.h"
#include "migrate/mm/pageflags_scan.h"
#include "migrate/runner/testcase.h"
#include "migrate/runner/test_env.h"
#include "migrate/trigger/trigger.h"

const char *trigger_skip_reason(const struct suite *suite, const struct trigger *trigger)
{
	const char *reason = trigger->skip_reason ? trigger->skip_reason() : NULL;

	if (!reason)
		reason = test_env_skip_reason(trigger->env);
	if (!reason && !suite->nr_nodes)
		reason = "no NUMA node with enough free memory (free some, or give a smaller -p)";
	return reason;
}

void *trigger_page(const struct trigger_range *range, size_t i)
{
	return (char *)range->addr + i * getpagesize();
}

bool trigger_page_in_frame(const struct trigger_range *range, size_t i)
{
	uint64_t entry;

	if (range->left)
		return !range->left[i] && (range->frame_is ?: pageflags_unmapped_uptodate)(
						  pageflags_get(range->pfns[i]));
	return range->pfns[i] && !pagemap_read(trigger_page(range, i), 1, &entry) &&
	       pagemap_pfn(entry) == range->pfns[i];
}
