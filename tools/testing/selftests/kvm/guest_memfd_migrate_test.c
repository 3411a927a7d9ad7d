// SPDX-License-Identifier: GPL-2.0-only
/*
 * Do guest_memfd folios move between NUMA nodes as the kernel promises, and with nothing lost?
 *
 * Property: whatever asks the kernel to migrate guest memory, the outcome is the one that the
 * kernel's contract promises (migrate/matrix/contract_table.h), for every page: node, page frame,
 * the call's
 * answer; and guest and host read what was written last: before, during and after.
 *
 * Algorithm, for each row of the contract (a trigger on a kind of VM) and each property
 * (migrate/matrix/property.h): bind a guest_memfd to one node, fill it with a pattern that differs
 * in
 * every word, fire the trigger at another node, note all pages before and after, judge once.
 * Where the contract says REFUSED, the same trigger must move a shmem mapping in the same test:
 * a trigger that did nothing refuses nothing.  Where it says NEVER, the mechanism meets pages
 * under test and a control side by side, as migrate/matrix/must_not_touch.h describes.  Beside the
 * rows: calls
 * that the kernel must reject, and what it answers for pages that are not there.
 *
 * Contract by kernel: the host maps guest_memfd since Linux 6.18, and since 6.19 the NUMA policy
 * of its file decides where folios are allocated.  Up to 7.3 they are "unmovable", with the
 * migration series "movable".
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#include "kvm_util.h"
#include "numaif.h"
#include "migrate/matrix/alloc_zone.h"
#include "migrate/matrix/fixture.h"
#include "migrate/matrix/mapping_flags.h"
#include "migrate/matrix/must_not_touch.h"
#include "migrate/matrix/property.h"
#include "migrate/mm/numa.h"
#include "migrate/trigger/trigger.h"
#include "migrate/util/child.h"

/* A call that the kernel must reject as a whole, with nothing moved. */
struct bad_call {
	const struct trigger *trigger;
	const char *name;
	const char *call;
	long wanted;			/* -errno */
	long (*make)(const struct fixture *fx);
};

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

/* No process has this number: /proc/sys/kernel/pid_max is at most 4 Mi (PID_MAX_LIMIT). */
#define ABSENT_PID (1 << 30)

static long move_pages_of_no_process(const struct fixture *fx)
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

/* A second mapping of the file, with its second page cut out. */
static long mbind_over_hole(const struct fixture *fx)
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

/* Of a call that only root can make, or have somebody else make. */
#define NOT_ROOT LONG_MIN

static long migrate(int pid, int from, int to)
{
	struct nodemask from_mask = nodemask_of(from), to_mask = nodemask_of(to);

	return or_errno(migrate_pages(pid, NODEMASK_MAXNODE, from_mask.bits, to_mask.bits));
}

static long migrate_pages_of_no_process(const struct fixture *fx)
{
	return migrate(ABSENT_PID, fx->from, fx->to);
}

/* What MPOL_MF_MOVE_ALL takes.  The process of the case has nothing else to do with it. */
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

/* Whether the node is there is told only to who may use nodes outside of his cpuset. */
static long migrate_pages_to_absent_node(const struct fixture *fx)
{
	return trigger_may_move_all() ? migrate(0, fx->from, numa_absent_node()) : NOT_ROOT;
}

static long migrate_pages_unprivileged(const struct fixture *fx)
{
	drop_sys_nice();
	return migrate(0, fx->from, numa_absent_node());
}

/* Calls of a process of another user, who may not look at this one either. */
#define NOBODY 65534

/* False for who is not root, and so may be nobody already: the call would be allowed. */
static bool become_nobody(void)
{
	return !geteuid() && !setgid(NOBODY) && !setuid(NOBODY);
}

static long move_as_nobody(const void *data)
{
	const struct fixture *fx = data;

	if (!become_nobody())
		return NOT_ROOT;
	return move_first_page(fx, getppid(), fx->to, MPOL_MF_MOVE);
}

static long migrate_as_nobody(const void *data)
{
	const struct fixture *fx = data;

	if (!become_nobody())
		return NOT_ROOT;
	return migrate(getppid(), fx->from, fx->to);
}

static long move_pages_by_nobody(const struct fixture *fx)
{
	return child_call(move_as_nobody, fx);
}

static long migrate_pages_by_nobody(const struct fixture *fx)
{
	return child_call(migrate_as_nobody, fx);
}

static const struct bad_call bad_calls[] = {
	{ &trigger_move_pages, "bad_node", "move_pages(to a node that is not there)",
	  -ENODEV, move_pages_to_absent_node },
	{ &trigger_move_pages, "bad_flags", "move_pages(MOVE|STRICT)",
	  -EINVAL, move_pages_with_bad_flags },
	{ &trigger_move_pages, "no_process", "move_pages(of no process)",
	  -ESRCH, move_pages_of_no_process },
	{ &trigger_move_pages_all, "unprivileged", "move_pages(MOVE_ALL) without CAP_SYS_NICE",
	  -EPERM, move_all_unprivileged },
	{ &trigger_move_pages_remote, "other_user", "move_pages(PID) by another user",
	  -EPERM, move_pages_by_nobody },
	{ &trigger_mbind_move, "bad_node", "mbind(to a node that is not there)",
	  -EINVAL, mbind_to_absent_node },
	{ &trigger_mbind_move, "bad_flags", "mbind(flags 0x80000000)",
	  -EINVAL, mbind_with_bad_flags },
	{ &trigger_mbind_move, "unmapped", "mbind(range with a hole)",
	  -EFAULT, mbind_over_hole },
	{ &trigger_mbind_move_all, "unprivileged", "mbind(MOVE_ALL) without CAP_SYS_NICE",
	  -EPERM, mbind_all_unprivileged },
	{ &trigger_migrate_pages, "bad_node", "migrate_pages(to a node that is not there)",
	  -EINVAL, migrate_pages_to_absent_node },
	{ &trigger_migrate_pages, "unprivileged",
	  "migrate_pages(to a node that is not there) without CAP_SYS_NICE",
	  -EPERM, migrate_pages_unprivileged },
	{ &trigger_migrate_pages, "no_process", "migrate_pages(of no process)",
	  -ESRCH, migrate_pages_of_no_process },
	{ &trigger_migrate_pages_remote, "other_user", "migrate_pages(PID) by another user",
	  -EPERM, migrate_pages_by_nobody },
};

static int act_bad_call(struct fixture *fx, const void *data)
{
	const struct bad_call *bad = data;
	long ret;

	gmem_guest_fill(fx->gvm);
	fixture_check_host(fx);
	fixture_look_before(fx);
	ret = bad->make(fx);
	if (ret == NOT_ROOT)
		return suite_skip("only root can make this call, or have another user make it "
				  "(be root)");
	verdict_call(&fx->verdict, bad->call, ret, bad->wanted, NULL, 0, 0);
	fixture_look_after(fx);
	fixture_expect(fx, 0, fx->gvm->nr_pages, OUTCOME_UNTOUCHED);
	return fixture_judge_with_content(fx);
}

/* Call move_pages() where it finds no page: each status is @wanted and nothing is moved. */
static bool finds_no_page(const struct fixture *fx, void *addr, int wanted)
{
	enum { NR = OPTIONS_PAGES_MIN };
	int status[NR], i;
	struct trigger_result result = { .status = status };
	struct trigger_range range = {
		.addr = addr,
		.nr_pages = NR,
		.from = fx->from,
		.to = fx->to,
	};
	bool good;

	trigger_move_pages.fire(&range, &result);
	good = !result.ret;
	for (i = 0; i < NR; i++)
		good &= status[i] == wanted;
	if (!good)
		ksft_print_msg("wanted 0 and %d times %d, got %ld and %d %d %d %d\n", NR,
			       wanted, result.ret, status[0], status[1], status[2], status[3]);
	return good;
}

/* Addresses where move_pages() finds no page of the process, and says so page by page. */
struct page_answer {
	const char *name;
	int wanted;			/* the status of each */
	void *(*prepare)(struct fixture *fx);
};

static void *never_touched(struct fixture *fx)
{
	return fx->gvm->mem;
}

/* The folios are there, but no page table entry of this process leads to them. */
static void *touched_by_guest(struct fixture *fx)
{
	gmem_guest_fill(fx->gvm);
	return fx->gvm->mem;
}

static void *not_mapped(struct fixture *fx)
{
	void *alias = kvm_mmap(size_of(fx), PROT_READ | PROT_WRITE, MAP_SHARED, fx->gvm->fd);

	kvm_munmap(alias, size_of(fx));
	return alias;
}

static const struct page_answer page_answers[] = {
	{ "untouched", -ENOENT, never_touched },
	{ "guest_touched", -ENOENT, touched_by_guest },
	{ "unmapped", -EFAULT, not_mapped },
};

/* KVM that emulates guest code touches guest memory through the host's mapping. */
static bool host_maps_first_page(const struct fixture *fx)
{
	u64 entry;

	return !pagemap_read(fx->gvm->mem, 1, &entry) && pagemap_present(entry);
}

/* Afterwards all pages are where the file's policy puts them, and intact. */
static int act_page_answer(struct fixture *fx, const void *data)
{
	const struct page_answer *answer = data;
	void *addr = answer->prepare(fx);

	if (addr == fx->gvm->mem && host_maps_first_page(fx))
		return fixture_skip();
	if (!finds_no_page(fx, addr, answer->wanted))
		return KSFT_FAIL;
	gmem_guest_fill(fx->gvm);
	fixture_check_host(fx);
	fixture_look_before(fx);
	fixture_look_after(fx);
	fixture_expect(fx, 0, fx->gvm->nr_pages, OUTCOME_UNTOUCHED);
	return fixture_judge_with_content(fx);
}

/* Nothing moves here, so userspace_addr hides nothing, and every KVM can run the guest. */
static int run_with_uaddr(const struct suite *suite, const struct testcase *test,
			  int (*act)(struct fixture *fx, const void *data))
{
	const struct fixture_config config = { .nr_vcpus = 1, .uaddr_is_mapping = true };
	struct fixture fx;
	int result;

	if (!fixture_open(&fx, suite, test, &config))
		return fixture_skip();
	result = act(&fx, test->data);
	fixture_close(&fx);
	return result;
}

static int run_bad_call(const struct suite *suite, const struct testcase *test)
{
	return run_with_uaddr(suite, test, act_bad_call);
}

static int run_page_answer(const struct suite *suite, const struct testcase *test)
{
	return run_with_uaddr(suite, test, act_page_answer);
}

static const struct contract_row *row_of(const struct trigger *trigger)
{
	size_t i;

	for (i = 0; i < nr_contract_rows; i++)
		if (contract_rows[i].trigger == trigger)
			return &contract_rows[i];
	TEST_FAIL("the contract has no row for %s", trigger->name);
}

static void add_properties(struct testcase **next, const struct contract_row *row)
{
	size_t i;

	for (i = 0; i < nr_properties; i++) {
		const struct testcase test = {
			.skip_reason = property_skip_reason,
			.run = property_run,
			.row = row,
			.env = properties[i].env,
			.data = &properties[i],
		};

		if (property_applies(&properties[i], row))
			contract_row_add_case(next, &test, properties[i].name);
	}
}

static void add_never(struct testcase **next, const struct contract_row *row)
{
	size_t i;

	for (i = 0; i < nr_must_not_touch_properties && row->trigger->must_not_touch; i++) {
		const struct testcase test = {
			.skip_reason = must_not_touch_skip_reason,
			.run = must_not_touch_run,
			.row = row,
			.data = &must_not_touch_properties[i],
		};

		contract_row_add_case(next, &test, must_not_touch_properties[i].name);
	}
}

static void add_places(struct testcase **next)
{
	size_t i;

	for (i = 0; i < nr_allocation_rows; i++) {
		const struct testcase test = {
			.skip_reason = fixture_skip_reason_one_node,
			.run = alloc_zone_run,
			.row = &allocation_rows[i],
		};

		contract_row_add_case(next, &test, "allocated");
	}
}

static void add_answers(struct testcase **next)
{
	struct testcase test = { .skip_reason = fixture_skip_reason_one_node };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad_calls); i++) {
		test.run = run_bad_call;
		test.row = row_of(bad_calls[i].trigger);
		test.data = &bad_calls[i];
		contract_row_add_case(next, &test, bad_calls[i].name);
	}
	for (i = 0; i < ARRAY_SIZE(page_answers); i++) {
		test.run = run_page_answer;
		test.row = row_of(&trigger_move_pages);
		test.data = &page_answers[i];
		contract_row_add_case(next, &test, page_answers[i].name);
	}
}

static void add_flags(struct testcase **next)
{
	struct testcase test = {
		.skip_reason = fixture_skip_reason_two_nodes,
		.run = mapping_flag_case_run,
		.row = row_of(&trigger_move_pages),
	};
	size_t i;

	for (i = 0; i < nr_mapping_flag_cases; i++) {
		test.data = &mapping_flag_cases[i];
		snprintf(test.name, sizeof(test.name), "mapping_flags.%s.%s", test.row->vm->name,
			 mapping_flag_cases[i].name);
		*(*next)++ = test;
	}
}

/* Where nobody promises a contract: one move by move_pages() decides what all others must do. */
static int probe(const struct suite *suite)
{
	const struct testcase test = { .name = "probe", .row = row_of(&trigger_move_pages) };
	const struct fixture_config config = { .nr_vcpus = 1, .uaddr_is_mapping = true };
	struct fixture fx;

	TEST_ASSERT(fixture_open(&fx, suite, &test, &config), "cannot set up a VM");
	gmem_host_fill(fx.gvm);
	fixture_fire(&fx, 0, fx.gvm->nr_pages, 0);
	return fx.verdict.ret ? CONTRACT_UNMOVABLE : CONTRACT_MOVABLE;
}

int main(int argc, char **argv)
{
	struct suite suite = {
		.program = "guest_memfd_migrate_test",
		.options = { .contract = -1, .pages = 64, .rounds = 2 },
	};
	size_t most = nr_contract_rows * (nr_properties + nr_must_not_touch_properties) +
		      ARRAY_SIZE(bad_calls) + ARRAY_SIZE(page_answers) + nr_allocation_rows +
		      nr_mapping_flag_cases;
	struct testcase cases[most], *next = cases;
	size_t i;

	for (i = 0; i < nr_contract_rows; i++) {
		add_properties(&next, &contract_rows[i]);
		add_never(&next, &contract_rows[i]);
	}
	add_answers(&next);
	add_places(&next);
	add_flags(&next);
	vm_keep_one_open();
	return suite_main(&suite, argc, argv, cases, next - cases, probe);
}
