// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <time.h>

#include "kvm_util.h"
#include "numaif.h"
#include "migrate/mm/numa.h"
#include "migrate/perf/perf_memory.h"
#include "migrate/trigger/trigger.h"

const char * const perf_kind_names[] = { "guest_memfd", "shmem", "anon" };

uint64_t perf_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/*
 * The slot of the guest_memfd does not have its mapping as userspace_addr, so that only its own
 * invalidation zaps the guest's mappings; those of the other kinds are zapped by the MMU notifier.
 */
static struct gmem_vm *create_vm(const struct perf_memory *memory, const struct perf_case *test,
				 int node)
{
	const struct gmem_vm owner = {
		.mem = memory->mem,
		.nr_pages = memory->nr_pages,
		.page_size = getpagesize(),
	};
	const struct gmem_config config = {
		.nr_pages = memory->nr_pages,
		.nr_vcpus = test->nr_vcpus,
		.node = node,
		.over = memory->mem ? &owner : NULL,
	};

	return gmem_vm_create(&vm_kind_default, &config);
}

static void prepare_arguments(struct perf_memory *memory)
{
	size_t i;

	memory->pages = calloc(memory->nr_pages, sizeof(*memory->pages));
	memory->nodes = calloc(memory->nr_pages, sizeof(*memory->nodes));
	memory->status = calloc(memory->nr_pages, sizeof(*memory->status));
	TEST_ASSERT(memory->pages && memory->nodes && memory->status, "out of memory");
	for (i = 0; i < memory->nr_pages; i++)
		memory->pages[i] = (char *)memory->mem + i * getpagesize();
}

void perf_memory_create(struct perf_memory *memory, enum perf_kind kind,
			const struct perf_case *test, size_t nr_pages, int node)
{
	size_t size = nr_pages * getpagesize();

	*memory = (struct perf_memory) { .kind = kind, .nr_pages = nr_pages };
	if (kind != PERF_GUEST_MEMFD)
		memory->mem = numa_mmap(size, kind == PERF_SHMEM ? MAP_SHARED : MAP_PRIVATE, node);
	if (kind == PERF_GUEST_MEMFD || test->nr_vcpus)
		memory->gvm = create_vm(memory, test, node);
	if (memory->gvm) {
		memory->mem = memory->gvm->mem;
		gmem_host_fill(memory->gvm);
	} else {
		memset(memory->mem, 0x5a, size);
	}
	if (test->user == PERF_GUEST_RUNS)
		memory->logs = perf_guest_prepare(memory->gvm);
	prepare_arguments(memory);
}

void perf_memory_free(struct perf_memory *memory)
{
	if (memory->gvm)
		gmem_vm_free(memory->gvm);
	if (memory->kind != PERF_GUEST_MEMFD)
		kvm_munmap(memory->mem, memory->nr_pages * getpagesize());
	free(memory->pages);
	free(memory->nodes);
	free(memory->status);
}

size_t perf_memory_on(struct perf_memory *memory, int node)
{
	size_t i, on = 0;
	long r = move_pages(0, memory->nr_pages, memory->pages, NULL, memory->status, 0);

	TEST_ASSERT(!r, "move_pages() without nodes: %ld, errno %d", r, errno);
	for (i = 0; i < memory->nr_pages; i++)
		on += memory->status[i] == node;
	return on;
}

static void set_nodes(struct perf_memory *memory, int node)
{
	size_t i;

	for (i = 0; i < memory->nr_pages; i++)
		memory->nodes[i] = node;
}

/* A count of pages that stay is no error; perf_memory_on() tells. */
static void call_on(struct perf_memory *memory, const struct perf_case *test, size_t first,
		    size_t nr, const struct nodemask *from, const struct nodemask *to)
{
	int flags = test->mappers ? MPOL_MF_MOVE_ALL : MPOL_MF_MOVE;
	long r = -1;

	switch (test->call) {
	case PERF_MOVE_PAGES:
		r = move_pages(0, nr, memory->pages + first, memory->nodes + first,
			       memory->status + first, flags);
		break;
	case PERF_MBIND:
		r = mbind(memory->pages[first], nr * getpagesize(), MPOL_BIND, to->bits,
			  NODEMASK_MAXNODE, flags);
		break;
	case PERF_MIGRATE_PAGES:
		r = migrate_pages(0, NODEMASK_MAXNODE, from->bits, to->bits);
		break;
	}
	TEST_ASSERT(r >= 0, "the call that moves pages: %ld, errno %d (%s)", r, errno,
		    strerror(errno));
}

uint64_t perf_memory_move(struct perf_memory *memory, const struct perf_case *test, int from,
			  int to)
{
	const struct nodemask source = nodemask_of(from), target = nodemask_of(to);
	size_t batch = test->batch ?: memory->nr_pages, first;
	uint64_t begin;

	set_nodes(memory, to);
	begin = perf_now();
	for (first = 0; first < memory->nr_pages; first += batch)
		call_on(memory, test, first, min(batch, memory->nr_pages - first), &source,
			&target);
	return perf_now() - begin;
}
