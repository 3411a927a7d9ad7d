// SPDX-License-Identifier: GPL-2.0-only
/*
 * Property pinned_longterm; see migrate/matrix/property_table.h.
 */
#include "migrate/matrix/property.h"
#include "migrate/mm/gup_pin.h"

int act_pinned_longterm(struct fixture *fx)
{
	return property_pinned_by(fx, &gup_pin_io_uring);
}

const char *longterm_pin_skip_reason(void)
{
	return gup_pin_io_uring.skip_reason();
}
