// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <sys/mman.h>

#include "kvm_util.h"
#include "migrate/gmem/guest_image.h"
#include "migrate/mm/numa.h"

/* Words per stack frame, and frames: together two pages of the stack. */
#define FRAME_WORDS	32
#define FRAMES		28

/* The library's pointers into slot 0 stay valid: the guest_memfd is mapped at the same address. */
void slot0_gmem_create(struct gmem_vm *gvm, int node, struct slot0_gmem *slot0)
{
	struct userspace_mem_region *slot = memslot2region(gvm->vm, 0);
	size_t size = slot->region.memory_size;
	void *copy = malloc(size), *mem = slot->host_mem;

	TEST_ASSERT(copy, "out of memory");
	memcpy(copy, mem, size);
	slot0->fd = vm_create_guest_memfd(gvm->vm, size, gvm->kind->gmem_flags);
	TEST_ASSERT(mmap(mem, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, slot0->fd, 0) ==
		    mem, "mmap of a guest_memfd at %p: errno %d", mem, errno);
	numa_mbind(mem, size, node);
	memcpy(mem, copy, size);
	free(copy);
	vm_set_user_memory_region2(gvm->vm, 0, 0, 0, 0, NULL, 0, 0);
	vm_set_user_memory_region2(gvm->vm, 0, KVM_MEM_GUEST_MEMFD, 0, size, NULL, slot0->fd, 0);
	slot0->mem = mem;
	slot0->nr_pages = size / gvm->page_size;
}

/* Write to the stack, compare after a recursive call.  Returns the number of good frames. */
static noinline uint64_t go_deep(uint64_t depth)
{
	volatile uint64_t kept[FRAME_WORDS];
	uint64_t word, below;

	if (!depth)
		return 0;
	for (word = 0; word < FRAME_WORDS; word++)
		kept[word] = depth * PATTERN_STEP + word;
	below = go_deep(depth - 1);
	for (word = 0; word < FRAME_WORDS; word++)
		if (kept[word] != depth * PATTERN_STEP + word)
			return ~0ULL;
	return below == depth - 1 ? depth : ~0ULL;
}

static void call_and_take_exception(struct guest_job *job)
{
	if (go_deep(FRAMES) != FRAMES)
		job->bad_returns++;
	guest_exception(&job->exceptions);
}

void guest_calls_and_exceptions(struct gmem_vm *gvm)
{
	struct guest_job *job;
	int i;

	guest_exceptions_prepare(gvm->vm);
	for (i = 0; i < gvm->nr_vcpus; i++) {
		job = gvm->vcpus[i].job;
		job->exceptions = job->iterations;
		job->also = call_and_take_exception;
	}
}
