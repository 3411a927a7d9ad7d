// SPDX-License-Identifier: GPL-2.0-only
/*
 * Property launched; see migrate/matrix/property_table.h.
 *
 * The launch fills a folio without a write by the guest or by a user of the file
 * (kvm_gmem_populate() in virt/kvm/guest_memfd.c).  If that leaves the folio clean, soft offlining
 * takes it for page cache that can be read again: it drops the page and reports success
 * (mapping_evict_folio() in mm/truncate.c).  The guest has lost a part of its measured image then.
 */
#include "kselftest.h"
#include "migrate/gmem/unmapped_pfns.h"
#include "migrate/matrix/property.h"

/* Then once more, with pages that the guest has written. */
int act_launched(struct fixture *fx)
{
	unmapped_pfns_launch(fx->gvm, fx->from);
	return property_fire_and_judge(fx) ?: property_rewrite_and_judge(fx) ?:
	       property_fire_and_judge(fx);
}
