// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sys/mman.h>

#include "kvm_util.h"
#include "numaif.h"
#include "migrate/control.h"
#include "migrate/numa.h"

static size_t control_size(void)
{
	return CONTROL_PAGES * getpagesize();
}

static void inspect(const struct control *control, struct folio_info *info)
{
	int r;

	folio_settle();
	r = folio_inspect(control->mem, CONTROL_PAGES, info);
	TEST_ASSERT(!r, "cannot inspect the control pages: %s", strerror(-r));
}

void control_open(struct control *control, int from)
{
	struct nodemask mask = nodemask_of(from);
	size_t i;

	control->from = from;
	control->fd = memfd_create("control", MFD_CLOEXEC);
	TEST_ASSERT(control->fd >= 0, "memfd_create: %s", strerror(errno));
	kvm_ftruncate(control->fd, control_size());
	control->mem = kvm_mmap(control_size(), PROT_READ | PROT_WRITE, MAP_SHARED, control->fd);
	kvm_mbind(control->mem, control_size(), MPOL_BIND, mask.bits, NODEMASK_MAXNODE, 0);
	memset(control->mem, 0x5a, control_size());
	inspect(control, control->before);
	for (i = 0; i < CONTROL_PAGES; i++) {
		TEST_ASSERT_EQ(control->before[i].node, from);
		control->pfns[i] = control->before[i].pfn;
	}
}

void control_close(struct control *control)
{
	kvm_munmap(control->mem, control_size());
	kvm_close(control->fd);
}

size_t control_moved(const struct control *control, int to)
{
	struct folio_info now[CONTROL_PAGES];
	size_t i, moved = 0;

	inspect(control, now);
	for (i = 0; i < CONTROL_PAGES; i++) {
		if (to == NUMA_ANY_NODE)
			moved += now[i].pfn != control->before[i].pfn;
		else
			moved += now[i].node == to;
	}
	return moved;
}
