// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls that the kernel must reject, and what move_pages() reports for pages that it cannot find.
 */
#include <errno.h>
#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#include "kvm_util.h"
#include "numaif.h"
#include "migrate/matrix/more_cases.h"
#include "migrate/mm/folio.h"
#include "migrate/mm/numa.h"
#include "migrate/trigger/trigger.h"
#include "migrate/util/child.h"

/* Returned by a call that needs root, or a second user. */
#define NOT_ROOT LONG_MIN

/* No process has this number: /proc/sys/kernel/pid_max is at most 4 Mi (PID_MAX_LIMIT). */
#define ABSENT_PID (1 << 30)

/* An unprivileged user, who may not access this process. */
#define OTHER_UID 65534

/* The kernel checks some arguments only for callers with CAP_SYS_NICE, and may need it for all. */
enum caller { ANY_CALLER, WITH_SYS_NICE, WITHOUT_SYS_NICE, OTHER_USER };

struct error_case {
	const struct trigger *trigger;
	const char *name;
	const char *call;
	long wanted;			/* -errno */
	/* NULL: instead, move_pages() finds no page, and the status of each is .wanted. */
	long (*make)(const struct fixture *fx, const struct error_case *error, int node);
	unsigned int flags;		/* MPOL_MF_* */
	int pid;
	bool absent_node;
	enum caller caller;
	bool touched_by_guest;		/* the folios exist, but without PTEs here */
};

static long or_errno(long ret)
{
	return ret < 0 ? -errno : ret;
}

static size_t size_of(const struct fixture *fx)
{
	return fx->gvm->nr_pages * fx->gvm->page_size;
}

static long move_first_page(const struct fixture *fx, const struct error_case *error, int node)
{
	void *page = fx->gvm->mem;
	int status;

	return or_errno(move_pages(error->pid, 1, &page, &node, &status, error->flags));
}

static long bind_range(void *addr, size_t size, int node, unsigned int flags)
{
	struct nodemask mask = nodemask_of(node);

	return or_errno(mbind(addr, size, MPOL_BIND, mask.bits, NODEMASK_MAXNODE, flags));
}

static long bind_file(const struct fixture *fx, const struct error_case *error, int node)
{
	return bind_range(fx->gvm->mem, size_of(fx), node, error->flags);
}

/* A second mapping of the file, without its second page. */
static long bind_over_unmapped_page(const struct fixture *fx, const struct error_case *error,
				    int node)
{
	size_t size = size_of(fx), page_size = fx->gvm->page_size;
	char *alias = kvm_mmap(size, PROT_READ | PROT_WRITE, MAP_SHARED, fx->gvm->fd);
	long ret;

	kvm_munmap(alias + page_size, page_size);
	ret = bind_range(alias, size, node, error->flags);
	kvm_munmap(alias, page_size);
	kvm_munmap(alias + 2 * page_size, size - 2 * page_size);
	return ret;
}

static long migrate(const struct fixture *fx, const struct error_case *error, int node)
{
	struct nodemask from = nodemask_of(fx->from), to = nodemask_of(node);

	return or_errno(migrate_pages(error->pid, NODEMASK_MAXNODE, from.bits, to.bits));
}

static const struct error_case errors[] = {
	{ &trigger_move_pages, "bad_node", "move_pages(to an absent node)",
	  -ENODEV, move_first_page, .flags = MPOL_MF_MOVE, .absent_node = true },
	{ &trigger_move_pages, "bad_flags", "move_pages(MOVE|STRICT)",
	  -EINVAL, move_first_page, .flags = MPOL_MF_MOVE | MPOL_MF_STRICT },
	{ &trigger_move_pages, "no_process", "move_pages(of an absent process)",
	  -ESRCH, move_first_page, .flags = MPOL_MF_MOVE, .pid = ABSENT_PID },
	{ &trigger_move_pages_all, "unprivileged", "move_pages(MOVE_ALL) without CAP_SYS_NICE",
	  -EPERM, move_first_page, .flags = MPOL_MF_MOVE_ALL, .caller = WITHOUT_SYS_NICE },
	{ &trigger_move_pages_remote, "other_user", "move_pages(PID) by another user",
	  -EPERM, move_first_page, .flags = MPOL_MF_MOVE, .caller = OTHER_USER },
	{ &trigger_mbind_move, "bad_node", "mbind(to an absent node)",
	  -EINVAL, bind_file, .flags = MPOL_MF_MOVE, .absent_node = true },
	{ &trigger_mbind_move, "bad_flags", "mbind(flags 0x80000000)",
	  -EINVAL, bind_file, .flags = 1U << 31 },
	{ &trigger_mbind_move, "unmapped", "mbind(range with an unmapped page)",
	  -EFAULT, bind_over_unmapped_page, .flags = MPOL_MF_MOVE },
	{ &trigger_mbind_move_all, "unprivileged", "mbind(MOVE_ALL) without CAP_SYS_NICE",
	  -EPERM, bind_file, .flags = MPOL_MF_MOVE_ALL, .caller = WITHOUT_SYS_NICE },
	{ &trigger_migrate_pages, "bad_node", "migrate_pages(to an absent node)",
	  -EINVAL, migrate, .absent_node = true, .caller = WITH_SYS_NICE },
	{ &trigger_migrate_pages, "unprivileged",
	  "migrate_pages(to an absent node) without CAP_SYS_NICE",
	  -EPERM, migrate, .absent_node = true, .caller = WITHOUT_SYS_NICE },
	{ &trigger_migrate_pages, "no_process", "migrate_pages(of an absent process)",
	  -ESRCH, migrate, .pid = ABSENT_PID },
	{ &trigger_migrate_pages_remote, "other_user", "migrate_pages(PID) by another user",
	  -EPERM, migrate, .caller = OTHER_USER },
	{ &trigger_move_pages, "untouched", .wanted = -ENOENT },
	{ &trigger_move_pages, "guest_touched", .wanted = -ENOENT, .touched_by_guest = true },
	{ &trigger_move_pages, "unmapped", .wanted = -EFAULT },
};

/* The process of the case ends after the call. */
static void drop_sys_nice(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};

	TEST_ASSERT(!syscall(SYS_capget, &header, data), "capget: %s", strerror(errno));
	data[CAP_TO_INDEX(CAP_SYS_NICE)].effective &= ~CAP_TO_MASK(CAP_SYS_NICE);
	TEST_ASSERT(!syscall(SYS_capset, &header, data), "capset: %s", strerror(errno));
}

static long make_call(const void *data)
{
	const struct fixture *fx = data;
	struct error_case error = *(const struct error_case *)fx->test->data;

	switch (error.caller) {
	case ANY_CALLER:
		break;
	case WITH_SYS_NICE:
		if (!trigger_may_move_all())
			return NOT_ROOT;
		break;
	case WITHOUT_SYS_NICE:
		drop_sys_nice();
		break;
	case OTHER_USER:
		/* Without root, this user may be the other one already, and allowed to call. */
		if (geteuid() || setgid(OTHER_UID) || setuid(OTHER_UID))
			return NOT_ROOT;
		error.pid = getppid();
	}
	return error.make(fx, &error, error.absent_node ? numa_absent_node() : fx->to);
}

static void *unmapped_addr(const struct fixture *fx)
{
	void *alias = kvm_mmap(size_of(fx), PROT_READ | PROT_WRITE, MAP_SHARED, fx->gvm->fd);

	kvm_munmap(alias, size_of(fx));
	return alias;
}

/* KVM that emulates guest code touches guest memory through the host's mapping. */
static bool host_maps_first_page(const struct fixture *fx)
{
	u64 entry;

	return !pagemap_read(fx->gvm->mem, 1, &entry) && pagemap_present(entry);
}

/* Call move_pages() where it finds no page.  Returns false where the host maps them. */
static bool find_no_page(struct fixture *fx, const struct error_case *error)
{
	int status[OPTIONS_PAGES_MIN];
	struct trigger_result result = { .status = status };
	struct trigger_range range = trigger_range_of(fx->gvm->mem, ARRAY_SIZE(status), fx->from,
						      fx->to);

	if (error->touched_by_guest)
		gmem_guest_fill(fx->gvm);
	if (error->wanted == -EFAULT)
		range.addr = unmapped_addr(fx);
	else if (host_maps_first_page(fx))
		return false;
	trigger_fire(fx->trigger, &range, &result);
	verdict_call(&fx->verdict, fx->trigger->call, result.ret, 0, status, 0, range.nr_pages);
	verdict_expect_status(&fx->verdict, 0, range.nr_pages, error->wanted);
	return true;
}

/* Nothing moves, and all pages are on the node of the file's policy, and intact. */
static int act(struct fixture *fx)
{
	const struct error_case *error = fx->test->data;
	long ret;

	if (!error->make && !find_no_page(fx, error))
		return fixture_skip();
	gmem_guest_fill(fx->gvm);
	fixture_check_host(fx);
	fixture_inspect_before(fx);
	if (error->make) {
		ret = error->caller == OTHER_USER ? child_call(make_call, fx) : make_call(fx);
		if (ret == NOT_ROOT)
			return suite_skip("no permission to become another user (be root)");
		verdict_call(&fx->verdict, error->call, ret, error->wanted, NULL, 0, 0);
	}
	fixture_inspect_after(fx);
	fixture_expect(fx, 0, fx->gvm->nr_pages, OUTCOME_UNTOUCHED);
	return fixture_judge_content(fx);
}

/* Nothing moves, so userspace_addr hides nothing, and with it every KVM can run the guest. */
static int run(const struct suite *suite, const struct testcase *test)
{
	const struct gmem_config config = { .nr_vcpus = 1, .uaddr_is_mapping = true };

	return fixture_run(suite, test, &config, false, act);
}

void call_errors_add_cases(struct case_list *list)
{
	struct testcase test = { .skip_reason = fixture_skip_reason_one_node, .run = run };
	const struct error_case *error;

	for (error = errors; error < errors + ARRAY_SIZE(errors); error++) {
		test.row = contract_row_of(error->trigger);
		test.data = error;
		case_list_add(list, &test, "%s.%s.%s", error->trigger->name, test.row->vm->name,
			      error->name);
	}
}
