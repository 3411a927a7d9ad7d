// SPDX-License-Identifier: GPL-2.0-only
#include <sched.h>
#include <string.h>

#include "kvm_util.h"
#include "migrate/perf/guest_clock.h"
#include "migrate/perf/perf_guest.h"

/* One for each vCPU, in guest memory that does not move. */
struct perf_log {
	uint64_t phase;
	uint64_t nr[NR_PERF_PHASES];
	struct histogram ticks[NR_PERF_PHASES];
};

/* In the guest's copy of this variable: the guest's address of the logs. */
static struct perf_log *guest_logs;

#define load(p)		__atomic_load_n((p), __ATOMIC_ACQUIRE)
#define store(p, value)	__atomic_store_n((p), (value), __ATOMIC_RELEASE)

static void touch(const struct guest_job *job, uint64_t page)
{
	uint64_t *words = (uint64_t *)(job->gva + page * job->page_size);
	uint64_t *word = words + GUEST_COUNTER_WORD(job->page_size);

	store(word, load(word) + 1);
}

/* Guest code, called by guest_run(); the pages are those of GUEST_RUN. */
static void touch_until_stop(struct guest_job *job)
{
	struct perf_log *log = &guest_logs[job->first];
	uint64_t then = guest_clock(), now, page, phase;

	while (!load(&job->stop)) {
		for (page = job->first; page < job->end; page += job->step) {
			phase = load(&log->phase);
			touch(job, page);
			now = guest_clock();
			histogram_add(&log->ticks[phase], now - then);
			store(&log->nr[phase], log->nr[phase] + 1);
			then = now;
		}
	}
}

struct perf_log *perf_guest_prepare(struct gmem_vm *gvm)
{
	gva_t gva = vm_alloc_shared(gvm->vm, gvm->nr_vcpus * sizeof(struct perf_log),
				    KVM_UTIL_MIN_VADDR, MEM_REGION_TEST_DATA);
	int i;

	guest_logs = (struct perf_log *)gva;
	sync_global_to_guest(gvm->vm, guest_logs);
	for (i = 0; i < gvm->nr_vcpus; i++)
		gvm->vcpus[i].job->also = touch_until_stop;
	return addr_gva2hva(gvm->vm, gva);
}

void perf_guest_start(struct gmem_vm *gvm, struct perf_log *logs)
{
	memset(logs, 0, gvm->nr_vcpus * sizeof(*logs));
	gmem_guest_start(gvm);
}

void perf_guest_set_phase(struct gmem_vm *gvm, struct perf_log *logs, enum perf_phase phase)
{
	int i;

	for (i = 0; i < gvm->nr_vcpus; i++)
		store(&logs[i].phase, phase);
}

void perf_guest_warm_up(struct gmem_vm *gvm, struct perf_log *logs)
{
	uint64_t target[GMEM_VCPUS_MAX];
	int i;

	perf_guest_set_phase(gvm, logs, PERF_WARM_UP);
	/* The current round of touches may have passed some pages already. */
	for (i = 0; i < gvm->nr_vcpus; i++)
		target[i] = load(&logs[i].nr[PERF_WARM_UP]) + 2 * gvm->nr_pages;
	for (i = 0; i < gvm->nr_vcpus; i++) {
		while (load(&logs[i].nr[PERF_WARM_UP]) < target[i]) {
			TEST_ASSERT(!load(&gvm->vcpus[i].stopped), "vCPU %d died", i);
			sched_yield();
		}
	}
}

void perf_guest_stop(struct gmem_vm *gvm, struct perf_log *logs, struct perf_touches *touches)
{
	int i, phase, deaths = gmem_guest_stop(gvm, stdout);

	TEST_ASSERT(!deaths, "%d vCPUs died", deaths);
	for (phase = 0; phase < NR_PERF_PHASES; phase++) {
		touches[phase].ticks_per_ms = guest_clock_khz(gvm->vcpus[0].vcpu);
		for (i = 0; i < gvm->nr_vcpus; i++) {
			histogram_merge(&touches[phase].ticks, &logs[i].ticks[phase]);
			touches[phase].nr += logs[i].nr[phase];
		}
	}
}
