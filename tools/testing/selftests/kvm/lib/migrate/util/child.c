// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kvm_util.h"
#include "migrate/util/child.h"

#define STACK_SIZE	(64 << 10)

void *shared_alloc(size_t size)
{
	return kvm_mmap(size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
}

pid_t child_fork(void)
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

void child_wait(pid_t pid)
{
	int status;

	TEST_ASSERT_EQ(waitpid(pid, &status, 0), pid);
	TEST_ASSERT(!status, "the child process ended with status 0x%x", status);
}

long child_call(long (*call)(const void *data), const void *data)
{
	long *shared_ret = shared_alloc(sizeof(*shared_ret)), ret;
	pid_t pid = child_fork();

	if (!pid) {
		*shared_ret = call(data);
		_exit(0);
	}
	child_wait(pid);
	ret = *shared_ret;
	kvm_munmap(shared_ret, sizeof(*shared_ret));
	return ret;
}

struct vm_call {
	long (*call)(const void *data);
	const void *data;
	long ret;
};

static int run_vm_call(void *arg)
{
	struct vm_call *vm_call = arg;

	vm_call->ret = vm_call->call(vm_call->data);
	return 0;
}

/* CLONE_VFORK: this thread waits for the child. */
long child_call_vm(long (*call)(const void *data), const void *data)
{
	struct vm_call vm_call = { .call = call, .data = data };
	char *stack = kvm_mmap(STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			       -1);
	pid_t pid = clone(run_vm_call, stack + STACK_SIZE, CLONE_VM | CLONE_VFORK | SIGCHLD,
			  &vm_call);

	TEST_ASSERT(pid > 0, "clone: %s", strerror(errno));
	child_wait(pid);
	kvm_munmap(stack, STACK_SIZE);
	return vm_call.ret;
}
