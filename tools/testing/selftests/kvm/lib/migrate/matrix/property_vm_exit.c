// SPDX-License-Identifier: GPL-2.0-only
/*
 * Property vm_exit_race; see migrate/matrix/property_table.h.
 *
 * A process creates a VM, hands its guest_memfd over and is killed while the guest runs and pages
 * move.  The file outlives its VM: kvm_gmem_release() drops the last reference to struct kvm when
 * this process closes it.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest.h"
#include "kvm_util.h"
#include "migrate/matrix/lifetime.h"
#include "migrate/matrix/move_thread.h"
#include "migrate/matrix/property.h"
#include "migrate/mm/numa.h"
#include "migrate/util/child.h"

/* What the process of the VM tells: the number of the file, then that the guest runs. */
static void tell(int pipe, int fd)
{
	TEST_ASSERT_EQ(write(pipe, &fd, sizeof(fd)), sizeof(fd));
}

static int hear(int pipe)
{
	int fd;

	TEST_ASSERT(read(pipe, &fd, sizeof(fd)) == sizeof(fd),
		    "the process of the VM died early");
	return fd;
}

/* Returns a duplicate of file descriptor @fd of process @pid. */
static int get_fd(pid_t pid, int fd)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0), copy;

	TEST_ASSERT(pidfd >= 0, "pidfd_open: %s", strerror(errno));
	copy = syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	TEST_ASSERT(copy >= 0, "pidfd_getfd: %s", strerror(errno));
	kvm_close(pidfd);
	return copy;
}

/* The process of the VM.  It maps the file, but touches no page of it. */
static void run_vm(const struct fixture *fx, int pipe)
{
	struct gmem_config config = {
		.nr_pages = fx->gvm->nr_pages,
		.nr_vcpus = 2,
		.node = fx->from,
		.seed = fx->suite->options.seed,
	};
	struct gmem_vm *gvm = gmem_vm_create(fx->gvm->kind, &config);

	gmem_guest_fill(gvm);
	tell(pipe, gvm->fd);
	gmem_guest_start(gvm);
	gmem_guest_iterate(gvm);
	tell(pipe, -1);
	for (;;)
		pause();
}

/* The file of a VM that has ended. */
struct left_file {
	struct gmem_vm gvm;		/* .mem and what describes the content */
	u64 *counters;			/* the counter words after the end */
};

/* Returns the number of bad pages; the first call notes the counter words. */
static size_t count_bad(struct left_file *left)
{
	size_t words = GUEST_COUNTER_WORD(left->gvm.page_size), page, bad = 0;
	bool first = !left->counters;

	if (first)
		left->counters = calloc(left->gvm.nr_pages, sizeof(*left->counters));
	TEST_ASSERT(left->counters, "out of memory");
	for (page = 0; page < left->gvm.nr_pages; page++) {
		const u64 *mem = gmem_page(&left->gvm, page);

		if (first)
			left->counters[page] = READ_ONCE(mem[words]);
		bad += pattern_check(&left->gvm.pattern, page, mem, words) < words ||
		       READ_ONCE(mem[words]) != left->counters[page] ||
		       mem[words] < pattern_word(&left->gvm.pattern, page, words);
	}
	return bad;
}

/* Without a VM, the pages move as before. */
static size_t count_not_moved(const struct left_file *left, const struct fixture *fx)
{
	size_t nr = left->gvm.nr_pages, page, stay = 0;
	struct trigger_range range = trigger_range_of(left->gvm.mem, nr, fx->to, fx->from);
	struct trigger_result result = { .status = calloc(nr, sizeof(int)) };
	struct folio_info *info = calloc(nr, sizeof(*info));

	TEST_ASSERT(info && result.status, "out of memory");
	trigger_fire(fx->trigger, &range, &result);
	range = trigger_range_of(left->gvm.mem, nr, fx->from, fx->to);
	trigger_fire(fx->trigger, &range, &result);
	TEST_ASSERT(!folio_inspect(left->gvm.mem, nr, info), "cannot inspect the pages");
	for (page = 0; page < nr; page++)
		stay += info[page].node != fx->to;
	free(info);
	free(result.status);
	return outcome_moves(fx->expected.outcome) ? stay : 0;
}

static int judge_left_file(struct left_file *left, struct fixture *fx)
{
	size_t bad = count_bad(left), stay = count_not_moved(left, fx);
	size_t bad_later = count_bad(left);

	free(left->counters);
	if (!bad && !stay && !bad_later)
		return KSFT_PASS;
	ksft_print_msg("after the end of the VM: %zu of %zu pages do not move, wanted 0; wrong "
		       "words in %zu pages, and in %zu after a move; %s\n", stay,
		       left->gvm.nr_pages, bad, bad_later, suite_context(fx->suite));
	return KSFT_FAIL;
}

/* Map the file and move its pages until the VM is gone. */
static void move_until_end(struct left_file *left, const struct fixture *fx, int pipe, pid_t vm)
{
	struct fixture moved = *fx;
	struct move_thread mover;
	size_t page;

	left->gvm.mem = kvm_mmap(left->gvm.nr_pages * left->gvm.page_size,
				 PROT_READ | PROT_WRITE, MAP_SHARED, left->gvm.fd);
	for (page = 0; page < left->gvm.nr_pages; page++)
		READ_ONCE(*(char *)gmem_page(&left->gvm, page));
	moved.gvm = &left->gvm;
	move_thread_start(&mover, &moved);
	hear(pipe);
	kill(vm, SIGKILL);
	waitpid(vm, NULL, 0);
	move_thread_await_move(&mover);
	move_thread_stop(&mover);
}

static int exit_round(struct fixture *fx)
{
	struct left_file left = {
		.gvm = {
			.nr_pages = fx->gvm->nr_pages, .page_size = fx->gvm->page_size,
			/* Of the first gmem_guest_fill(). */
			.pattern = { .seed = fx->suite->options.seed, .round = 1 },
		},
	};
	int pipes[2], result;
	pid_t vm;

	TEST_ASSERT(!pipe(pipes), "pipe: %s", strerror(errno));
	vm = child_fork();
	if (!vm) {
		kvm_close(pipes[0]);
		run_vm(fx, pipes[1]);
	}
	kvm_close(pipes[1]);
	left.gvm.fd = get_fd(vm, hear(pipes[0]));
	move_until_end(&left, fx, pipes[0], vm);
	result = judge_left_file(&left, fx);
	kvm_munmap(left.gvm.mem, left.gvm.nr_pages * left.gvm.page_size);
	kvm_close(left.gvm.fd);
	kvm_close(pipes[0]);
	return result;
}

int act_vm_exit_race(struct fixture *fx)
{
	unsigned long round, rounds = lifetime_rounds(fx, LIFETIME_VMS);
	int result = KSFT_PASS;

	for (round = 0; round < rounds && !result; round++)
		result = exit_round(fx);
	if (result)
		ksft_print_msg("round %lu of %lu\n", round, rounds);
	return result;
}
