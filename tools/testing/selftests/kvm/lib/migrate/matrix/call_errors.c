// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls that the kernel must reject, and what move_pages() reports for pages that it cannot find.
 */
#include <errno.h>
#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#include "kselftest.h"
#include "kvm_util.h"
#include "numaif.h"
#include "migrate/matrix/call_errors.h"
#include "migrate/matrix/fixture.h"
#include "migrate/mm/folio.h"
#include "migrate/mm/numa.h"
#include "migrate/trigger/trigger.h"
#include "migrate/util/child.h"

/* Returned by a call that needs root, or a second user. */
#define NOT_ROOT LONG_MIN

/* No process has this number: /proc/sys/kernel/pid_max is at most 4 Mi (PID_MAX_LIMIT). */
#define ABSENT_PID (1 << 30)

/* An unprivileged user, who may not access this process. */
#define OTHER_USER 65534

static long or_errno(long ret)
{
	return ret < 0 ? -errno : ret;
}

static size_t size_of(const struct fixture *fx)
{
	return fx->gvm->nr_pages * fx->gvm->page_size;
}

static long move_first_page(const struct fixture *fx, int pid, int node, int flags)
{
	void *page = fx->gvm->mem;
	int status;

	return or_errno(move_pages(pid, 1, &page, &node, &status, flags));
}

static long move_pages_to_absent_node(const struct fixture *fx)
{
	return move_first_page(fx, 0, numa_absent_node(), MPOL_MF_MOVE);
}

static long move_pages_with_bad_flags(const struct fixture *fx)
{
	return move_first_page(fx, 0, fx->to, MPOL_MF_MOVE | MPOL_MF_STRICT);
}

static long move_pages_of_absent_pid(const struct fixture *fx)
{
	return move_first_page(fx, ABSENT_PID, fx->to, MPOL_MF_MOVE);
}

static long bind_range(void *addr, size_t size, int node, unsigned int flags)
{
	struct nodemask mask = nodemask_of(node);

	return or_errno(mbind(addr, size, MPOL_BIND, mask.bits, NODEMASK_MAXNODE, flags));
}

static long mbind_to_absent_node(const struct fixture *fx)
{
	return bind_range(fx->gvm->mem, size_of(fx), numa_absent_node(), MPOL_MF_MOVE);
}

static long mbind_with_bad_flags(const struct fixture *fx)
{
	return bind_range(fx->gvm->mem, size_of(fx), fx->to, 1U << 31);
}

/* A second mapping of the file, without its second page. */
static long mbind_over_unmapped_page(const struct fixture *fx)
{
	size_t size = size_of(fx), page_size = fx->gvm->page_size;
	char *alias = kvm_mmap(size, PROT_READ | PROT_WRITE, MAP_SHARED, fx->gvm->fd);
	long ret;

	kvm_munmap(alias + page_size, page_size);
	ret = bind_range(alias, size, fx->to, MPOL_MF_MOVE);
	kvm_munmap(alias, page_size);
	kvm_munmap(alias + 2 * page_size, size - 2 * page_size);
	return ret;
}

static long migrate(int pid, int from, int to)
{
	struct nodemask from_mask = nodemask_of(from), to_mask = nodemask_of(to);

	return or_errno(migrate_pages(pid, NODEMASK_MAXNODE, from_mask.bits, to_mask.bits));
}

static long migrate_pages_of_absent_pid(const struct fixture *fx)
{
	return migrate(ABSENT_PID, fx->from, fx->to);
}

/* MPOL_MF_MOVE_ALL needs it.  The process of the case ends after the call. */
static void drop_sys_nice(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};

	TEST_ASSERT(!syscall(SYS_capget, &header, data), "capget: %s", strerror(errno));
	data[CAP_TO_INDEX(CAP_SYS_NICE)].effective &= ~CAP_TO_MASK(CAP_SYS_NICE);
	TEST_ASSERT(!syscall(SYS_capset, &header, data), "capset: %s", strerror(errno));
}

static long move_all_unprivileged(const struct fixture *fx)
{
	drop_sys_nice();
	return move_first_page(fx, 0, fx->to, MPOL_MF_MOVE_ALL);
}

static long mbind_all_unprivileged(const struct fixture *fx)
{
	drop_sys_nice();
	return bind_range(fx->gvm->mem, size_of(fx), fx->to, MPOL_MF_MOVE_ALL);
}

/* The kernel checks that the node exists only for callers that may leave their cpuset. */
static long migrate_pages_to_absent_node(const struct fixture *fx)
{
	return trigger_may_move_all() ? migrate(0, fx->from, numa_absent_node()) : NOT_ROOT;
}

static long migrate_pages_unprivileged(const struct fixture *fx)
{
	drop_sys_nice();
	return migrate(0, fx->from, numa_absent_node());
}

/* Returns false without root: this user may be the other one already, and allowed to call. */
static bool become_other_user(void)
{
	return !geteuid() && !setgid(OTHER_USER) && !setuid(OTHER_USER);
}

static long move_parent(const void *data)
{
	const struct fixture *fx = data;

	return become_other_user() ? move_first_page(fx, getppid(), fx->to, MPOL_MF_MOVE) :
				     NOT_ROOT;
}

static long migrate_parent(const void *data)
{
	const struct fixture *fx = data;

	return become_other_user() ? migrate(getppid(), fx->from, fx->to) : NOT_ROOT;
}

static long move_pages_by_other_user(const struct fixture *fx)
{
	return child_call(move_parent, fx);
}

static long migrate_pages_by_other_user(const struct fixture *fx)
{
	return child_call(migrate_parent, fx);
}

/* A call that fails as a whole and moves nothing. */
static const struct bad_call {
	const struct trigger *trigger;
	const char *name;
	const char *call;
	long wanted;			/* -errno */
	long (*make)(const struct fixture *fx);
} bad_calls[] = {
	{ &trigger_move_pages, "bad_node", "move_pages(to an absent node)",
	  -ENODEV, move_pages_to_absent_node },
	{ &trigger_move_pages, "bad_flags", "move_pages(MOVE|STRICT)",
	  -EINVAL, move_pages_with_bad_flags },
	{ &trigger_move_pages, "no_process", "move_pages(of an absent process)",
	  -ESRCH, move_pages_of_absent_pid },
	{ &trigger_move_pages_all, "unprivileged", "move_pages(MOVE_ALL) without CAP_SYS_NICE",
	  -EPERM, move_all_unprivileged },
	{ &trigger_move_pages_remote, "other_user", "move_pages(PID) by another user",
	  -EPERM, move_pages_by_other_user },
	{ &trigger_mbind_move, "bad_node", "mbind(to an absent node)",
	  -EINVAL, mbind_to_absent_node },
	{ &trigger_mbind_move, "bad_flags", "mbind(flags 0x80000000)",
	  -EINVAL, mbind_with_bad_flags },
	{ &trigger_mbind_move, "unmapped", "mbind(range with an unmapped page)",
	  -EFAULT, mbind_over_unmapped_page },
	{ &trigger_mbind_move_all, "unprivileged", "mbind(MOVE_ALL) without CAP_SYS_NICE",
	  -EPERM, mbind_all_unprivileged },
	{ &trigger_migrate_pages, "bad_node", "migrate_pages(to an absent node)",
	  -EINVAL, migrate_pages_to_absent_node },
	{ &trigger_migrate_pages, "unprivileged",
	  "migrate_pages(to an absent node) without CAP_SYS_NICE",
	  -EPERM, migrate_pages_unprivileged },
	{ &trigger_migrate_pages, "no_process", "migrate_pages(of an absent process)",
	  -ESRCH, migrate_pages_of_absent_pid },
	{ &trigger_migrate_pages_remote, "other_user", "migrate_pages(PID) by another user",
	  -EPERM, migrate_pages_by_other_user },
};

static int act_bad_call(struct fixture *fx)
{
	const struct bad_call *bad = fx->test->data;
	long ret;

	gmem_guest_fill(fx->gvm);
	fixture_check_host(fx);
	fixture_inspect_before(fx);
	ret = bad->make(fx);
	if (ret == NOT_ROOT)
		return suite_skip("no permission to become another user (be root)");
	verdict_call(&fx->verdict, bad->call, ret, bad->wanted, NULL, 0, 0);
	fixture_inspect_after(fx);
	fixture_expect(fx, 0, fx->gvm->nr_pages, OUTCOME_UNTOUCHED);
	return fixture_judge_content(fx);
}

/* Call move_pages() where it finds no page: each status must be @wanted. */
static bool finds_no_page(const struct fixture *fx, void *addr, int wanted)
{
	enum { NR = OPTIONS_PAGES_MIN };
	int status[NR], i;
	struct trigger_result result = { .status = status };
	struct trigger_range range = trigger_range_of(addr, NR, fx->from, fx->to);
	bool good;

	trigger_fire(&trigger_move_pages, &range, &result);
	good = !result.ret;
	for (i = 0; i < NR; i++)
		good &= status[i] == wanted;
	if (!good)
		ksft_print_msg("wanted 0 and %d times %d, got %ld and %d %d %d %d\n", NR,
			       wanted, result.ret, status[0], status[1], status[2], status[3]);
	return good;
}

static void *never_touched(struct fixture *fx)
{
	return fx->gvm->mem;
}

/* The folios exist, but this process has no PTE for them. */
static void *touched_by_guest(struct fixture *fx)
{
	gmem_guest_fill(fx->gvm);
	return fx->gvm->mem;
}

static void *unmapped_addr(struct fixture *fx)
{
	void *alias = kvm_mmap(size_of(fx), PROT_READ | PROT_WRITE, MAP_SHARED, fx->gvm->fd);

	kvm_munmap(alias, size_of(fx));
	return alias;
}

/* Addresses where move_pages() finds no page; the status of each page says so. */
static const struct page_status {
	const char *name;
	int wanted;
	void *(*prepare)(struct fixture *fx);
} page_statuses[] = {
	{ "untouched", -ENOENT, never_touched },
	{ "guest_touched", -ENOENT, touched_by_guest },
	{ "unmapped", -EFAULT, unmapped_addr },
};

/* KVM that emulates guest code touches guest memory through the host's mapping. */
static bool host_maps_first_page(const struct fixture *fx)
{
	u64 entry;

	return !pagemap_read(fx->gvm->mem, 1, &entry) && pagemap_present(entry);
}

/* Afterwards all pages are on the node of the file's policy, and intact. */
static int act_page_status(struct fixture *fx)
{
	const struct page_status *status = fx->test->data;
	void *addr = status->prepare(fx);

	if (addr == fx->gvm->mem && host_maps_first_page(fx))
		return fixture_skip();
	if (!finds_no_page(fx, addr, status->wanted))
		return KSFT_FAIL;
	gmem_guest_fill(fx->gvm);
	fixture_check_host(fx);
	fixture_inspect_before(fx);
	fixture_inspect_after(fx);
	fixture_expect(fx, 0, fx->gvm->nr_pages, OUTCOME_UNTOUCHED);
	return fixture_judge_content(fx);
}

/*
 * No page is filled before the act.  Nothing moves, so userspace_addr hides nothing, and with it
 * every KVM can run the guest.
 */
static int run(const struct suite *suite, const struct testcase *test,
	       int (*act)(struct fixture *fx))
{
	const struct fixture_config config = { .nr_vcpus = 1, .uaddr_is_mapping = true };
	struct fixture fx;
	int result;

	if (!fixture_open(&fx, suite, test, &config))
		return fixture_skip();
	result = act(&fx);
	fixture_close(&fx);
	return result;
}

static int run_bad_call(const struct suite *suite, const struct testcase *test)
{
	return run(suite, test, act_bad_call);
}

static int run_page_status(const struct suite *suite, const struct testcase *test)
{
	return run(suite, test, act_page_status);
}

void call_errors_add_cases(struct case_list *list)
{
	struct testcase test = { .skip_reason = fixture_skip_reason_one_node };
	size_t i;

	test.run = run_bad_call;
	for (i = 0; i < ARRAY_SIZE(bad_calls); i++) {
		test.row = contract_row_of(bad_calls[i].trigger);
		test.data = &bad_calls[i];
		case_list_add(list, &test, bad_calls[i].name);
	}
	test.run = run_page_status;
	test.row = contract_row_of(&trigger_move_pages);
	for (i = 0; i < ARRAY_SIZE(page_statuses); i++) {
		test.data = &page_statuses[i];
		case_list_add(list, &test, page_statuses[i].name);
	}
}
