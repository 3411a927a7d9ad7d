// SPDX-License-Identifier: GPL-2.0-only
#include <unistd.h>

#include "migrate/mm/folio.h"
#include "migrate/runner/testcase.h"
#include "migrate/trigger/trigger.h"

const char *trigger_skip_reason(const struct suite *suite, const struct trigger *trigger)
{
	const char *reason = NULL;

	if (trigger && trigger->skip_reason)
		reason = trigger->skip_reason();
	if (!reason && !suite->nr_nodes)
		reason = "no NUMA node with enough free memory (free some, or give a smaller -p)";
	return reason;
}

struct trigger_range trigger_range_of(void *addr, size_t nr_pages, int from, int to)
{
	return (struct trigger_range) {
		.addr = addr,
		.nr_pages = nr_pages,
		.from = from,
		.to = to,
	};
}

void trigger_fire(const struct trigger *trigger, struct trigger_range *range,
		  struct trigger_result *result)
{
	range->trigger = trigger;
	result->ret = 0;
	trigger->fire(range, result);
}

void *trigger_page(const struct trigger_range *range, size_t i)
{
	return (char *)range->addr + i * getpagesize();
}

bool trigger_page_in_frame(const struct trigger_range *range, size_t i)
{
	uint64_t entry;

	if (range->moved)
		return !range->moved[i] && range->frame_is(pageflags_get(range->pfns[i]));
	return range->pfns[i] && !pagemap_read(trigger_page(range, i), 1, &entry) &&
	       pagemap_pfn(entry) == range->pfns[i];
}
