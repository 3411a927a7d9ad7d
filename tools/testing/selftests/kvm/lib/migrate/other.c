// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kvm_util.h"
#include "migrate/other.h"

#define STACK_SIZE	(64 << 10)

void *other_memory(size_t size)
{
	return kvm_mmap(size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
}

void other_memory_free(void *mem, size_t size)
{
	kvm_munmap(mem, size);
}

/* A child that does not outlive this process. */
static pid_t start_child(void)
{
	pid_t parent = getpid(), pid = fork();

	TEST_ASSERT(pid >= 0, "fork: %s", strerror(errno));
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	return 0;
}

static void wait_for(pid_t pid)
{
	int status;

	TEST_ASSERT_EQ(waitpid(pid, &status, 0), pid);
	TEST_ASSERT(!status, "the other process ended with status 0x%x", status);
}

long other_call(long (*call)(const void *data), const void *data)
{
	long *answer = other_memory(sizeof(*answer)), ret;
	pid_t pid = start_child();

	if (!pid) {
		*answer = call(data);
		_exit(0);
	}
	wait_for(pid);
	ret = *answer;
	other_memory_free(answer, sizeof(*answer));
	return ret;
}

struct order {
	long (*call)(const void *data);
	const void *data;
	long answer;
};

static int carry_out(void *arg)
{
	struct order *order = arg;

	order->answer = order->call(order->data);
	return 0;
}

/* This thread waits until the other process has ended (CLONE_VFORK). */
long other_call_sharing(long (*call)(const void *data), const void *data)
{
	struct order order = { .call = call, .data = data };
	char *stack = kvm_mmap(STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			       -1);
	pid_t pid = clone(carry_out, stack + STACK_SIZE, CLONE_VM | CLONE_VFORK | SIGCHLD, &order);

	TEST_ASSERT(pid > 0, "clone: %s", strerror(errno));
	wait_for(pid);
	kvm_munmap(stack, STACK_SIZE);
	return order.answer;
}

static size_t count_bad(const struct gmem_vm *gvm)
{
	size_t page, bad = 0;

	for (page = 0; page < gvm->nr_pages; page++)
		bad += gmem_host_check(gvm, page) < GUEST_PAGE_WORDS(gvm->page_size);
	return bad;
}

/* In the other process: an answer, then another one for each order until there are no more. */
static void serve(const struct gmem_vm *gvm, int orders, int answers)
{
	size_t bad;
	char order;

	do {
		bad = count_bad(gvm);
		if (write(answers, &bad, sizeof(bad)) != sizeof(bad))
			_exit(1);
	} while (read(orders, &order, 1) == 1);
	_exit(0);
}

static size_t read_answer(const struct sharer *sharer)
{
	size_t bad;

	TEST_ASSERT(read(sharer->answers, &bad, sizeof(bad)) == sizeof(bad),
		    "the process that shares the memory died");
	return bad;
}

void sharer_start(struct sharer *sharer, const struct gmem_vm *gvm)
{
	int orders[2], answers[2];

	TEST_ASSERT(!pipe(orders) && !pipe(answers), "pipe: %s", strerror(errno));
	sharer->pid = start_child();
	if (!sharer->pid) {
		close(orders[1]);
		close(answers[0]);
		serve(gvm, orders[0], answers[1]);
	}
	close(orders[0]);
	close(answers[1]);
	sharer->orders = orders[1];
	sharer->answers = answers[0];
	sharer->bad = read_answer(sharer);
}

size_t sharer_finish(struct sharer *sharer)
{
	size_t bad;

	TEST_ASSERT_EQ(write(sharer->orders, "", 1), 1);
	bad = read_answer(sharer);
	kvm_close(sharer->orders);
	kvm_close(sharer->answers);
	wait_for(sharer->pid);
	return sharer->bad ?: bad;
}
