// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "kvm_util.h"
#include "numaif.h"
#include "migrate/gmem/gmem_vm.h"
#include "migrate/gmem/new_owner.h"
#include "migrate/mm/numa.h"

/* The file under test has number 0. */
#define FILE_NUMBER	0x6e65

static size_t words_per_page(void)
{
	return getpagesize() / sizeof(uint64_t);
}

/* Where the node has no room for unmovable memory, the pages come from another one. */
static void prefer(void *mem, size_t size, int node)
{
	struct nodemask mask = nodemask_of(node);

	kvm_mbind(mem, size, MPOL_PREFERRED, mask.bits, NODEMASK_MAXNODE, 0);
}

void new_owner_create(struct new_owner *owner, size_t nr_pages, int node, int other_node,
		      uint64_t seed)
{
	size_t size = nr_pages * getpagesize();

	owner->vm = vm_create_barebones();
	owner->fd = vm_create_guest_memfd(owner->vm, 2 * size, vm_kind_default.gmem_flags);
	owner->mem = kvm_mmap(2 * size, PROT_READ | PROT_WRITE, MAP_SHARED, owner->fd);
	owner->nr_pages = 2 * nr_pages;
	owner->pattern = (struct pattern) { .seed = seed, .file = FILE_NUMBER };
	prefer(owner->mem, size, node);
	prefer(owner->mem + size, size, other_node);
}

void new_owner_free(struct new_owner *owner)
{
	kvm_munmap(owner->mem, owner->nr_pages * getpagesize());
	kvm_close(owner->fd);
	kvm_vm_free(owner->vm);
}

void new_owner_fill(struct new_owner *owner)
{
	size_t page;

	owner->pattern.round++;
	for (page = 0; page < owner->nr_pages; page++)
		pattern_fill(&owner->pattern, page, owner->mem + page * getpagesize(),
			     words_per_page());
}

/* A hole flushes all TLBs once for each mapped page; MADV_DONTNEED flushes them once. */
void new_owner_empty(struct new_owner *owner)
{
	size_t size = owner->nr_pages * getpagesize();

	TEST_ASSERT(!madvise(owner->mem, size, MADV_DONTNEED), "MADV_DONTNEED: errno %d", errno);
	kvm_fallocate(owner->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, size);
}

size_t new_owner_bad_pages(const struct new_owner *owner)
{
	size_t page, bad = 0;

	for (page = 0; page < owner->nr_pages; page++)
		bad += pattern_check(&owner->pattern, page, owner->mem + page * getpagesize(),
				     words_per_page()) < words_per_page();
	return bad;
}
