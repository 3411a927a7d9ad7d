// SPDX-License-Identifier: GPL-2.0-only
/*
 * Long-term pins (FOLL_LONGTERM): pinned memory must keep neither a memory block online nor a CMA
 * area from being allocated, so folios leave ZONE_MOVABLE and CMA areas first.
 * collect_longterm_unpinnable_folios() in mm/gup.c finds them.
 */
#include "migrate/mm/cma.h"
#include "migrate/mm/gup_pin.h"
#include "migrate/mm/memory_block.h"
#include "migrate/trigger/placement.h"
#include "migrate/trigger/trigger.h"

/* io_uring pins a buffer as a whole, or not at all. */
static void fire_longterm_pin(const struct trigger_range *range, struct trigger_result *result)
{
	struct gup_pin pin;

	result->ret = gup_pin_register(&pin, range->addr, range->nr_pages);
	if (!result->ret)
		gup_pin_io_uring.release(&pin);
}

static const char *zone_movable_skip_reason(void)
{
	return gup_pin_io_uring.skip_reason() ?: memory_block_skip_reason();
}

static const char *cma_area_skip_reason(void)
{
	return gup_pin_io_uring.skip_reason() ?: cma_skip_reason();
}

const struct trigger trigger_longterm_pin = {
	.name = "longterm_pin", .call = "io_uring_register(BUFFERS)", .reason = "MR_LONGTERM_PIN",
	.kernel_picks_node = true, .all_or_nothing = true, .moves_once = true, .solitary = true,
	.placement = &placement_zone_movable, .skip_reason = zone_movable_skip_reason,
	.fire = fire_longterm_pin,
};

const struct trigger trigger_longterm_pin_cma = {
	.name = "longterm_pin_cma", .call = "io_uring_register(BUFFERS), CMA",
	.reason = "MR_LONGTERM_PIN",
	.kernel_picks_node = true, .partial = true, .all_or_nothing = true, .moves_once = true,
	.solitary = true,
	.placement = &placement_cma, .skip_reason = cma_area_skip_reason,
	.fire = fire_longterm_pin,
};
