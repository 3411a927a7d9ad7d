// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <sys/mman.h>

#include "kvm_util.h"
#include "migrate/gmem/gmem_vm.h"
#include "migrate/mm/numa.h"

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
