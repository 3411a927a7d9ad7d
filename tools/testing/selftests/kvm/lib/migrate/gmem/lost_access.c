// SPDX-License-Identifier: GPL-2.0-only
#include <sched.h>
#include <signal.h>

#include "kvm_util.h"
#include "processor.h"
#include "migrate/gmem/lost_access.h"

static void on_signal(int sig)
{
	(void)sig;
}

static bool has_ended(const struct gmem_vcpu *gv)
{
	return __atomic_load_n(&gv->stopped, __ATOMIC_ACQUIRE);
}

/* With .immediate_exit, a signal that comes before KVM_RUN ends that, too. */
static u64 interrupt(struct gmem_vcpu *gv)
{
	u64 before = __atomic_load_n(&gv->interrupted, __ATOMIC_ACQUIRE);

	WRITE_ONCE(gv->vcpu->run->immediate_exit, true);
	pthread_kill(gv->thread, SIGUSR1);
	return before;
}

void gmem_guest_bounce(struct gmem_vm *gvm)
{
	struct sigaction action = { .sa_handler = on_signal };
	u64 before[GMEM_VCPUS_MAX];
	int i;

	/* The handler stays: a thread that has ended its guest may get the signal later. */
	sigaction(SIGUSR1, &action, NULL);
	for (i = 0; i < gvm->nr_vcpus; i++)
		before[i] = interrupt(&gvm->vcpus[i]);
	for (i = 0; i < gvm->nr_vcpus; i++)
		while (__atomic_load_n(&gvm->vcpus[i].interrupted, __ATOMIC_ACQUIRE) == before[i] &&
		       !has_ended(&gvm->vcpus[i]))
			sched_yield();
}

/* Two iterations from now: the current one may have passed pages already. */
static bool goes_on(const struct gmem_vcpu *gv, u64 target)
{
	while (!has_ended(gv)) {
		if (__atomic_load_n(&gv->job->iterations, __ATOMIC_ACQUIRE) >= target)
			return true;
		sched_yield();
	}
	return false;
}

static void end_thread(struct gmem_vcpu *gv)
{
	__atomic_store_n(&gv->job->stop, true, __ATOMIC_RELEASE);
	kvm_pthread_join(gv->thread, NULL);
	gv->running = false;
	gv->vcpu->run->immediate_exit = false;
}

int gmem_guest_await_loss(struct gmem_vm *gvm)
{
	u64 target[GMEM_VCPUS_MAX];
	int i, nr = 0;

	for (i = 0; i < gvm->nr_vcpus; i++)
		target[i] = __atomic_load_n(&gvm->vcpus[i].job->iterations, __ATOMIC_ACQUIRE) + 2;
	for (i = 0; i < gvm->nr_vcpus; i++)
		nr += goes_on(&gvm->vcpus[i], target[i]);
	for (i = 0; i < gvm->nr_vcpus; i++)
		end_thread(&gvm->vcpus[i]);
	return nr;
}

void gmem_guest_recover(struct gmem_vm *gvm)
{
	int i;

	for (i = 0; i < gvm->nr_vcpus; i++) {
		struct gmem_vcpu *gv = &gvm->vcpus[i];

		if (!gv->died)
			continue;
		vcpu_run(gv->vcpu);
		TEST_ASSERT(gmem_vcpu_is_done(gv),
			    "vCPU %u does not go on with new memory: exit reason %u (%s)",
			    gv->vcpu->id, gv->vcpu->run->exit_reason,
			    exit_reason_str(gv->vcpu->run->exit_reason));
		gv->died = false;
	}
}

size_t gmem_guest_bad_pages(const struct gmem_vm *gvm)
{
	size_t page, bad = 0;

	for (page = 0; page < gvm->nr_pages; page++)
		bad += gvm->pages[page].bad_word != GUEST_NO_BAD_WORD;
	return bad;
}
