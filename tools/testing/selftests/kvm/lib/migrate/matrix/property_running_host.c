// SPDX-License-Identifier: GPL-2.0-only
/*
 * Property running_host; see migrate/matrix/property_table.h.
 */
#include "migrate/gmem/host_user.h"
#include "migrate/matrix/property.h"

/* The guest and a thread of the host use a part of the pages each. */
int act_running_host(struct fixture *fx)
{
	struct host_user user;

	fx->gvm->nr_host_users = 1;
	gmem_guest_start(fx->gvm);
	host_user_start(&user, fx->gvm);
	host_user_iterate(&user);
	property_move_under_guest(fx);
	host_user_iterate(&user);
	host_user_stop(&user);
	return fixture_stop_and_judge(fx);
}
