// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "kselftest.h"
#include "kvm_util.h"
#include "numaif.h"
#include "migrate/mm/numa.h"
#include "migrate/runner/testcase.h"
#include "migrate/trigger/control.h"
#include "migrate/trigger/placement.h"
#include "migrate/trigger/trigger.h"

static size_t control_size(const struct control *control)
{
	return control->nr_pages * getpagesize();
}

struct folio_info *control_now(const struct control *control)
{
	struct folio_info *info = calloc(control->nr_pages, sizeof(*info));
	int r = info ? folio_inspect(control->mem, control->nr_pages, info) : -ENOMEM;

	TEST_ASSERT(!r, "cannot inspect the control pages: %s", strerror(-r));
	return info;
}

static void map(struct control *control)
{
	size_t size = control_size(control);

	control->mem = numa_mmap(size, control->kind.anonymous ? MAP_PRIVATE : MAP_SHARED,
				 control->from);
	memset(control->mem, 0x5a, size);
	kvm_mbind(control->mem, size, MPOL_DEFAULT, NULL, 0, 0);
}

void control_open(struct control *control, int from, const struct control_kind *kind)
{
	size_t i;

	control->kind = *kind;
	control->from = from;
	control->nr_pages = kind->huge ? get_trans_hugepagesz() / getpagesize() : CONTROL_PAGES;
	map(control);
	lru_drain();
	control->before = control_now(control);
	for (i = 0; i < control->nr_pages; i++)
		TEST_ASSERT_EQ(control->before[i].node, from);
}

void control_close(struct control *control)
{
	free(control->before);
	kvm_munmap(control->mem, control_size(control));
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

size_t control_fire(const struct trigger *trigger, int from, int to, struct trigger_result *result)
{
	const struct control_kind shmem = {};
	struct trigger_range range;
	uint64_t pfns[CONTROL_PAGES];
	struct control control;
	size_t i, moved;

	control_open(&control, from, &shmem);
	for (i = 0; i < CONTROL_PAGES; i++)
		pfns[i] = control.before[i].pfn;
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
