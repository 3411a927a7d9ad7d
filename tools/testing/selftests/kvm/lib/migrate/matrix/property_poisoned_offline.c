// SPDX-License-Identifier: GPL-2.0-only
/*
 * Property poisoned_offline; see migrate/matrix/property_table.h.
 *
 * test_pages_isolated() in mm/page_isolation.c passes over poisoned pages, so they do not keep
 * their block online.  memory_block_online() in drivers/base/memory.c refuses the block afterwards,
 * and unpoison_memory() in mm/memory-failure.c a frame that is not online.
 */
#include <errno.h>

#include "kselftest.h"
#include "kvm_util.h"
#include "migrate/gmem/guest_access.h"
#include "migrate/matrix/poisoned_pages.h"
#include "migrate/matrix/property.h"
#include "migrate/mm/memory_block.h"

/* As the trigger memory_offline. */
#define FAILURES_A_PAGE	10
#define MILLISECONDS	20000

int act_poisoned_offline(struct fixture *fx)
{
	struct poisoned_pages poisoned;
	size_t all = fx->gvm->nr_pages, page;
	int r = 0, guest, result;

	if (!outcome_moves(fx->expected.outcome))
		return suite_skip("unmovable pages keep their memory block online themselves");
	poisoned_pages_init(&poisoned, 0);
	fixture_inspect_before(fx);
	result = poison_pages(fx, &poisoned, poisoned_pages_few(fx), false) ?:
		 poisoned_pages_check(fx, &poisoned);
	if (result)
		return result;
	gmem_leave_out(fx->gvm, 0, poisoned.nr);
	for (page = 0; page < poisoned.nr && !r; page++)
		if (memory_block_is_online(memory_block_of(poisoned.pfns[page])))
			r = memory_block_offline(memory_block_of(poisoned.pfns[page]),
						 FAILURES_A_PAGE * all, MILLISECONDS);
	result = fixture_judge_content(fx);
	guest = gmem_guest_try_read(fx->gvm, 0);
	if (!r && guest == -EHWPOISON)
		return result;
	ksft_print_msg("block of a poisoned page: wanted it offline, got %s; the guest's access: "
		       "wanted EHWPOISON, got %s; %s\n", strerror(-r), strerror(-guest),
		       suite_context(fx->suite));
	return KSFT_FAIL;
}
