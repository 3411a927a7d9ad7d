// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "kselftest.h"
#include "kvm_util.h"
#include "numaif.h"
#include "migrate/mm/folio.h"
#include "migrate/mm/numa.h"
#include "migrate/runner/testcase.h"
#include "migrate/trigger/placement.h"
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

void trigger_note_moved(const struct trigger_range *range)
{
	size_t i;

	for (i = 0; i < range->nr_pages && range->moved; i++)
		if (!trigger_page_in_frame(range, i))
			range->moved[i] = true;
}

struct folio_info *control_now(const struct control *control)
{
	struct folio_info *info = calloc(control->nr_pages, sizeof(*info));
	int r = info ? folio_inspect(control->mem, control->nr_pages, info) : -ENOMEM;

	TEST_ASSERT(!r, "cannot inspect the control pages: %s", strerror(-r));
	return info;
}

void control_open(struct control *control, int from, size_t nr, int flags)
{
	size_t i, size = nr * getpagesize();

	control->nr_pages = nr;
	control->mem = numa_mmap(size, flags, from);
	memset(control->mem, 0x5a, size);
	kvm_mbind(control->mem, size, MPOL_DEFAULT, NULL, 0, 0);
	lru_drain();
	control->before = control_now(control);
	for (i = 0; i < nr; i++)
		TEST_ASSERT_EQ(control->before[i].node, from);
}

void control_close(struct control *control)
{
	free(control->before);
	kvm_munmap(control->mem, control->nr_pages * getpagesize());
}

size_t control_moved(const struct control *control, int to)
{
	struct folio_info *now;
	size_t i, moved = 0;

	lru_drain();
	now = control_now(control);
	for (i = 0; i < control->nr_pages; i++) {
		if (to == NUMA_ANY_NODE)
			moved += now[i].pfn != control->before[i].pfn;
		else
			moved += now[i].node == to;
	}
	free(now);
	return moved;
}

static void control_pfns(const struct control *control, uint64_t *pfns)
{
	size_t i;

	for (i = 0; i < control->nr_pages; i++)
		pfns[i] = control->before[i].pfn;
}

size_t control_fire(const struct trigger *trigger, int from, int to, struct trigger_result *result)
{
	struct trigger_range range;
	uint64_t pfns[CONTROL_PAGES];
	struct control control;
	size_t moved;

	control_open(&control, from, CONTROL_PAGES, MAP_SHARED);
	control_pfns(&control, pfns);
	range = trigger_range_of(control.mem, CONTROL_PAGES, from, to);
	range.pfns = pfns;
	trigger_fire(trigger, &range, result);
	moved = control_moved(&control, to);
	control_close(&control);
	return moved;
}

int control_not_moved(const struct trigger *trigger)
{
	if (!trigger->placement)
		return KSFT_FAIL;
	return suite_skip(trigger->placement->control_skip_reason);
}
