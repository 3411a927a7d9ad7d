// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#include "numaif.h"
#include "migrate/folio.h"
#include "migrate/numa.h"
#include "migrate/trigger.h"

static long or_errno(long ret)
{
	return ret < 0 ? -errno : ret;
}

static void *page_of(const struct trigger_range *range, size_t i)
{
	return (char *)range->addr + i * getpagesize();
}

static void fire_move_pages(const struct trigger_range *range, struct trigger_result *result)
{
	void **pages = calloc(range->nr_pages, sizeof(*pages));
	int *nodes = calloc(range->nr_pages, sizeof(*nodes));
	size_t i;

	result->ret = -ENOMEM;
	if (pages && nodes) {
		for (i = 0; i < range->nr_pages; i++) {
			pages[i] = page_of(range, i);
			nodes[i] = range->to;
			result->status[i] = TRIGGER_UNSET;
		}
		result->ret = or_errno(move_pages(0, range->nr_pages, pages, nodes,
						  result->status, MPOL_MF_MOVE));
	}
	free(pages);
	free(nodes);
}

const struct trigger trigger_move_pages = {
	.name = "move_pages",
	.call = "move_pages(MOVE)",
	.has_status = true,
	.fire = fire_move_pages,
};

static const char *missing_sys_nice(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};

	if (!syscall(SYS_capget, &header, data) &&
	    (data[CAP_TO_INDEX(CAP_SYS_NICE)].effective & CAP_TO_MASK(CAP_SYS_NICE)))
		return NULL;
	return "no CAP_SYS_NICE, which MPOL_MF_MOVE_ALL needs (be root)";
}

static long bind_to(const struct trigger_range *range, unsigned int flags)
{
	struct nodemask target = nodemask_of(range->to);

	return or_errno(mbind(range->addr, range->nr_pages * getpagesize(), MPOL_BIND,
			      target.bits, NODEMASK_MAXNODE, flags));
}

#define DEFINE_MBIND_TRIGGER(suffix, flags, text, ...)					\
static void fire_mbind_##suffix(const struct trigger_range *range,			\
				struct trigger_result *result)				\
{											\
	result->ret = bind_to(range, flags);						\
}											\
											\
const struct trigger trigger_mbind_##suffix = {						\
	.name = "mbind_" #suffix,							\
	.call = "mbind(BIND, " text ")",						\
	.fire = fire_mbind_##suffix,							\
	__VA_ARGS__									\
}

DEFINE_MBIND_TRIGGER(move, MPOL_MF_MOVE, "MOVE");
DEFINE_MBIND_TRIGGER(strict, MPOL_MF_MOVE | MPOL_MF_STRICT, "MOVE|STRICT");
DEFINE_MBIND_TRIGGER(move_all, MPOL_MF_MOVE_ALL, "MOVE_ALL",
		     .missing = missing_sys_nice);

static long migrate_self(const struct trigger_range *range)
{
	struct nodemask from = nodemask_of(range->from);
	struct nodemask to = nodemask_of(range->to);

	return or_errno(migrate_pages(0, NODEMASK_MAXNODE, from.bits, to.bits));
}

/* Let the range's page table entries go; the folios stay in the file. */
static int unmap_range(const struct trigger_range *range, uint64_t *entries)
{
	int r = pagemap_read(range->addr, range->nr_pages, entries);

	if (!r && madvise(range->addr, range->nr_pages * getpagesize(), MADV_DONTNEED))
		r = -errno;
	return r;
}

/* Map again what was mapped, and nothing else: a hole of the file must stay one. */
static void remap_range(const struct trigger_range *range, const uint64_t *entries)
{
	size_t i;

	for (i = 0; i < range->nr_pages; i++)
		if (pagemap_present(entries[i]))
			(void)*(volatile char *)page_of(range, i);
}

static void fire_migrate_pages(const struct trigger_range *range, struct trigger_result *result)
{
	uint64_t *entries = calloc(range->nr_pages, sizeof(*entries));
	long others;

	result->ret = entries ? unmap_range(range, entries) : -ENOMEM;
	if (!result->ret) {
		others = migrate_self(range);
		remap_range(range, entries);
		result->ret = migrate_self(range);
		if (result->ret >= 0 && others >= 0)
			result->ret -= others;
	}
	free(entries);
}

const struct trigger trigger_migrate_pages = {
	.name = "migrate_pages",
	.call = "migrate_pages()",
	.no_range = true,
	.fire = fire_migrate_pages,
};
