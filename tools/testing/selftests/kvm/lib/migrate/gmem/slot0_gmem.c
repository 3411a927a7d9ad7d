// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VM whose program, stacks and page tables are in a guest_memfd, too.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "kvm_util.h"
#include "numaif.h"
#include "migrate/gmem/gmem_vm.h"
#include "migrate/mm/numa.h"

/*
 * The library has set up slot 0 in memory of its own.  Put a guest_memfd with the same content at
 * the same addresses of the process, so that what points there stays right, and give it to the VM.
 */
void slot0_gmem_create(struct gmem_vm *gvm, int node, struct slot0_gmem *own)
{
	struct userspace_mem_region *slot = memslot2region(gvm->vm, 0);
	size_t size = slot->region.memory_size;
	struct nodemask mask = nodemask_of(node);
	void *copy = malloc(size), *mem = slot->host_mem;

	TEST_ASSERT(copy, "out of memory");
	memcpy(copy, mem, size);
	own->fd = vm_create_guest_memfd(gvm->vm, size, gvm->kind->gmem_flags);
	TEST_ASSERT(mmap(mem, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, own->fd, 0) ==
		    mem, "mmap of a guest_memfd at %p: errno %d", mem, errno);
	kvm_mbind(mem, size, MPOL_BIND, mask.bits, NODEMASK_MAXNODE, 0);
	memcpy(mem, copy, size);
	free(copy);
	vm_set_user_memory_region2(gvm->vm, 0, 0, 0, 0, NULL, 0, 0);
	vm_set_user_memory_region2(gvm->vm, 0, KVM_MEM_GUEST_MEMFD, 0, size, NULL, own->fd, 0);
	own->mem = mem;
	own->nr_pages = size / gvm->page_size;
}
