// SPDX-License-Identifier: GPL-2.0-only
/*
 * vCPU threads that use the memory while the host migrates it.
 */
#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "kvm_util.h"
#include "processor.h"
#include "ucall_common.h"
#include "migrate/gmem/gmem_vm.h"
#include "migrate/gmem/launch.h"
#include "migrate/util/ksft_text.h"

static void end_launch(struct gmem_vm *gvm)
{
	if (gvm->kind->launch && !gvm->launched)
		gvm->kind->launch->finish(gvm);
	gvm->launched = true;
}

void gmem_vcpu_command(struct gmem_vcpu *gv, enum guest_command command, size_t first, size_t step)
{
	const struct launch_ops *launch = gv->owner->kind->launch;

	end_launch(gv->owner);
	gv->job->command = command;
	gv->job->stop = false;
	gv->job->pause = false;
	gv->job->pausing = false;
	gv->job->pattern = gv->owner->pattern;
	gv->job->gva = gv->owner->gva;
	/* Shared memory needs no acceptance. */
	gv->job->accept = launch && gv->owner->gva == GMEM_GVA ? launch->guest_accept : NULL;
	gv->job->first = first;
	gv->job->step = step;
	gv->job->end = gv->owner->nr_pages;
}

bool gmem_vcpu_is_done(struct gmem_vcpu *gv)
{
	const struct launch_ops *launch = gv->owner->kind->launch;

	if (launch && launch->is_done)
		return launch->is_done(gv->vcpu);
	return get_ucall(gv->vcpu, NULL) == UCALL_SYNC;
}

/* A thread of this niceness gets a quarter of a CPU that it shares with another thread. */
#define NICE 5

/* Run the guest until a signal comes.  Returns false where something else ended KVM_RUN. */
static bool run_until_signal(struct gmem_vcpu *gv, int *r)
{
	*r = __vcpu_run(gv->vcpu);
	if (!*r || errno != EINTR)
		return false;
	gv->vcpu->run->immediate_exit = false;
	__atomic_add_fetch(&gv->interrupted, 1, __ATOMIC_RELEASE);
	return true;
}

/* No assertion: a migration bug can kill the guest, which a case reports. */
static void *run_vcpu(void *arg)
{
	struct gmem_vcpu *gv = arg;
	int r;

	if (gv->owner->yielding)
		setpriority(PRIO_PROCESS, kvm_gettid(), NICE);
	while (run_until_signal(gv, &r))
		;
	gv->died = r || !gmem_vcpu_is_done(gv);
	__atomic_store_n(&gv->stopped, true, __ATOMIC_RELEASE);
	return NULL;
}

void gmem_guest_start(struct gmem_vm *gvm)
{
	gmem_guest_start_command(gvm, GUEST_RUN);
}

void gmem_guest_start_command(struct gmem_vm *gvm, enum guest_command command)
{
	int i, step = gvm->nr_vcpus;

	step += gvm->nr_host_users;

	for (i = 0; i < gvm->nr_vcpus; i++) {
		struct gmem_vcpu *gv = &gvm->vcpus[i];

		gmem_vcpu_command(gv, command, i, step);
		gv->stopped = false;
		gv->died = false;
		kvm_pthread_create(&gv->thread, NULL, run_vcpu, gv);
		gv->running = true;
	}
}

static void describe_death(struct gmem_vcpu *gv, FILE *out)
{
	u32 reason = gv->vcpu->run->exit_reason;
	char *text = NULL;
	size_t size;
	FILE *dump = open_memstream(&text, &size);

	fprintf(out, "# vCPU %u died in the guest: exit reason %u (%s)\n", gv->vcpu->id, reason,
		exit_reason_str(reason));
	if (!dump)
		return;
	vcpu_dump(dump, gv->vcpu, 2);
	fclose(dump);
	ksft_print_text(out, text);
	free(text);
}

int gmem_guest_stop(struct gmem_vm *gvm, FILE *out)
{
	int i, deaths = 0;

	for (i = 0; i < gvm->nr_vcpus; i++)
		__atomic_store_n(&gvm->vcpus[i].job->stop, true, __ATOMIC_RELEASE);
	for (i = 0; i < gvm->nr_vcpus; i++) {
		struct gmem_vcpu *gv = &gvm->vcpus[i];

		if (!gv->running)
			continue;
		kvm_pthread_join(gv->thread, NULL);
		gv->running = false;
		if (gv->died) {
			deaths++;
			describe_death(gv, out);
		}
	}
	return deaths;
}

bool gmem_guest_running(const struct gmem_vm *gvm)
{
	return gvm->vcpus[0].running;
}

/* Wait until @word of the job of @gv is at least @value.  Returns false if the vCPU died. */
static bool wait_for(const struct gmem_vcpu *gv, const u64 *word, u64 value)
{
	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) < value) {
		if (__atomic_load_n(&gv->stopped, __ATOMIC_ACQUIRE))
			return false;
		sched_yield();
	}
	return true;
}

bool gmem_guest_iterate(struct gmem_vm *gvm)
{
	u64 target[GMEM_VCPUS_MAX];
	int i;

	/* The current iteration may have passed pages already, so wait for the next one. */
	for (i = 0; i < gvm->nr_vcpus; i++)
		target[i] = __atomic_load_n(&gvm->vcpus[i].job->iterations, __ATOMIC_ACQUIRE) + 2;
	for (i = 0; i < gvm->nr_vcpus; i++)
		if (!wait_for(&gvm->vcpus[i], &gvm->vcpus[i].job->iterations, target[i]))
			return false;
	return true;
}

static void set_pause(struct gmem_vm *gvm, bool pause)
{
	int i;

	for (i = 0; i < gvm->nr_vcpus; i++)
		__atomic_store_n(&gvm->vcpus[i].job->pause, pause, __ATOMIC_RELEASE);
}

bool gmem_guest_pause(struct gmem_vm *gvm)
{
	int i;

	set_pause(gvm, true);
	for (i = 0; i < gvm->nr_vcpus; i++)
		if (!wait_for(&gvm->vcpus[i], &gvm->vcpus[i].job->pausing, true))
			return false;
	return true;
}

void gmem_guest_resume(struct gmem_vm *gvm)
{
	set_pause(gvm, false);
}
