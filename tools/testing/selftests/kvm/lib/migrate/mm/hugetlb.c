// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <unistd.h>

#include "kvm_util.h"
#include "migrate/mm/hugetlb.h"
#include "migrate/mm/numa.h"
#include "migrate/util/sysfile.h"
#include "migrate/util/undo.h"

int hugetlb_order(void)
{
	return __builtin_ctzl(get_trans_hugepagesz() / getpagesize());
}

static char pool[128];

static void find_pool(int node)
{
	snprintf(pool, sizeof(pool),
		 "/sys/devices/system/node/node%d/hugepages/hugepages-%zukB/nr_hugepages", node,
		 get_trans_hugepagesz() / 1024);
}

bool hugetlb_usable(int node)
{
	find_pool(node);
	return !access(pool, W_OK);
}

void hugetlb_reserve(int node, size_t nr_pages)
{
	char text[32];
	int r;

	find_pool(node);
	snprintf(text, sizeof(text), "%lu\n",
		 sysfile_read_number(pool, 10) + (nr_pages >> hugetlb_order()));
	r = setting_write(pool, text);
	TEST_ASSERT(!r, "cannot change %s: %s", pool, strerror(-r));
}

void hugetlb_release(void)
{
	struct nodemask nodes;
	int node;

	if (numa_usable_nodes(&nodes))
		return;
	for_each_node_in(node, &nodes) {
		find_pool(node);
		undo_run(pool, NULL);
	}
}
