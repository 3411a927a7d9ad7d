// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#include "kvm_util.h"
#include "numaif.h"
#include "migrate/mm/folio.h"
#include "migrate/mm/numa.h"
#include "migrate/trigger/trigger.h"
#include "migrate/util/child.h"
#include "migrate/verdict/verdict.h"

static long or_errno(long ret)
{
	return ret < 0 ? -errno : ret;
}

bool trigger_may_move_all(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};

	return !syscall(SYS_capget, &header, data) &&
	       (data[CAP_TO_INDEX(CAP_SYS_NICE)].effective & CAP_TO_MASK(CAP_SYS_NICE));
}

static const char *sys_nice_skip_reason(void)
{
	if (trigger_may_move_all())
		return NULL;
	return "no CAP_SYS_NICE, which MPOL_MF_MOVE_ALL needs (be root)";
}

struct move_call {
	pid_t pid;
	size_t nr_pages;
	void **pages;
	int *nodes, *status;
	int flags;
};

static long call_move_pages(const void *data)
{
	const struct move_call *call = data;

	return or_errno(move_pages(call->pid, call->nr_pages, call->pages, call->nodes,
				   call->status, call->flags));
}

static void fire_move_pages(const struct trigger_range *range, struct trigger_result *result)
{
	size_t i, nr = range->nr_pages, size = nr * (sizeof(void *) + 2 * sizeof(int));
	const struct trigger *trigger = range->trigger;
	void **memory = malloc(size);
	struct move_call call = {
		.pid = trigger->remote ? getpid() : 0,
		.nr_pages = nr,
		.pages = memory,
		.nodes = (int *)(memory + nr),
		.status = (int *)(memory + nr) + nr,
		.flags = trigger->flags,
	};

	TEST_ASSERT(memory, "out of memory");
	for (i = 0; i < nr; i++) {
		call.pages[i] = trigger_page(range, i);
		call.nodes[i] = range->to;
		call.status[i] = STATUS_UNSET;
	}
	result->ret = trigger->remote ? child_call_vm(call_move_pages, &call) :
					call_move_pages(&call);
	memcpy(result->status, call.status, nr * sizeof(*result->status));
	free(memory);
}

const struct trigger trigger_move_pages = {
	.name = "move_pages", .call = "move_pages(MOVE)", .reason = "MR_SYSCALL",
	.has_status = true, .exclusive_only = true,
	.fire = fire_move_pages, .flags = MPOL_MF_MOVE,
};

const struct trigger trigger_move_pages_all = {
	.name = "move_pages_all", .call = "move_pages(MOVE_ALL)", .reason = "MR_SYSCALL",
	.has_status = true, .skip_reason = sys_nice_skip_reason,
	.fire = fire_move_pages, .flags = MPOL_MF_MOVE_ALL,
};

const struct trigger trigger_move_pages_remote = {
	.name = "move_pages_remote", .call = "move_pages(PID, MOVE)", .reason = "MR_SYSCALL",
	.has_status = true, .exclusive_only = true,
	.fire = fire_move_pages, .flags = MPOL_MF_MOVE, .remote = true,
};

static void fire_mbind(const struct trigger_range *range, struct trigger_result *result)
{
	struct nodemask target = nodemask_of(range->to);

	result->ret = or_errno(mbind(range->addr, range->nr_pages * getpagesize(), MPOL_BIND,
				     target.bits, NODEMASK_MAXNODE, range->trigger->flags));
}

const struct trigger trigger_mbind_move = {
	.name = "mbind_move", .call = "mbind(BIND, MOVE)", .reason = "MR_MEMPOLICY_MBIND",
	.exclusive_only = true,
	.fire = fire_mbind, .flags = MPOL_MF_MOVE,
};

const struct trigger trigger_mbind_strict = {
	.name = "mbind_strict", .call = "mbind(BIND, MOVE|STRICT)", .reason = "MR_MEMPOLICY_MBIND",
	.exclusive_only = true,
	.fire = fire_mbind, .flags = MPOL_MF_MOVE | MPOL_MF_STRICT,
};

const struct trigger trigger_mbind_move_all = {
	.name = "mbind_move_all", .call = "mbind(BIND, MOVE_ALL)", .reason = "MR_MEMPOLICY_MBIND",
	.skip_reason = sys_nice_skip_reason,
	.fire = fire_mbind, .flags = MPOL_MF_MOVE_ALL,
};

struct migrate_call {
	pid_t pid;
	struct nodemask from, to;
};

static long call_migrate_pages(const void *data)
{
	const struct migrate_call *call = data;

	return or_errno(migrate_pages(call->pid, NODEMASK_MAXNODE, call->from.bits,
				      call->to.bits));
}

static long migrate(const struct trigger_range *range)
{
	const struct migrate_call call = {
		.pid = getpid(),
		.from = nodemask_of(range->from),
		.to = nodemask_of(range->to),
	};

	return range->trigger->remote ? child_call_vm(call_migrate_pages, &call) :
					call_migrate_pages(&call);
}

/* Drop the range's PTEs; the folios stay in the file. */
static int unmap_range(const struct trigger_range *range, uint64_t *entries)
{
	int r = pagemap_read(range->addr, range->nr_pages, entries);

	if (!r && madvise(range->addr, range->nr_pages * getpagesize(), MADV_DONTNEED))
		r = -errno;
	return r;
}

/* Map only what was mapped: a hole of the file must stay one. */
static void remap_range(const struct trigger_range *range, const uint64_t *entries)
{
	size_t i;

	for (i = 0; i < range->nr_pages; i++)
		if (pagemap_present(entries[i]))
			(void)*(volatile char *)trigger_page(range, i);
}

static void fire_migrate_pages(const struct trigger_range *range, struct trigger_result *result)
{
	uint64_t *entries = calloc(range->nr_pages, sizeof(*entries));
	long others;

	TEST_ASSERT(entries, "out of memory");
	result->ret = unmap_range(range, entries);
	if (!result->ret) {
		others = migrate(range);
		remap_range(range, entries);
		result->ret = migrate(range);
		if (result->ret >= 0 && others >= 0)
			result->ret -= others;
	}
	free(entries);
}

const struct trigger trigger_migrate_pages = {
	.name = "migrate_pages", .call = "migrate_pages()", .reason = "MR_SYSCALL",
	.no_range = true, .exclusive_only_unless_nice = true,
	.fire = fire_migrate_pages,
};

const struct trigger trigger_migrate_pages_remote = {
	.name = "migrate_pages_remote", .call = "migrate_pages(PID)", .reason = "MR_SYSCALL",
	.no_range = true, .exclusive_only_unless_nice = true,
	.fire = fire_migrate_pages, .remote = true,
};
