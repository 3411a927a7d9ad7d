// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "kvm_util.h"
#include "migrate/mm/numa.h"
#include "migrate/trigger/trigger.h"
#include "migrate/matrix/side_file.h"

/* A vCPU that faults on a page holds a reference for a moment. */
#define TRIES 8

void side_file_create(struct side_file *file, struct fixture *fx, size_t nr_pages, u32 slot,
		      gpa_t gpa, bool uaddr_is_mapping)
{
	size_t size = nr_pages * fx->gvm->page_size;

	*file = (struct side_file) {
		.fx = fx, .nr_pages = nr_pages, .from = fx->from, .to = fx->to,
		.fd = vm_create_guest_memfd(fx->gvm->vm, size, fx->gvm->kind->gmem_flags),
	};
	file->mem = kvm_mmap(size, PROT_READ | PROT_WRITE, MAP_SHARED, file->fd);
	numa_mbind(file->mem, size, file->from);
	memset(file->mem, 0, size);
	vm_set_user_memory_region2(fx->gvm->vm, slot, KVM_MEM_GUEST_MEMFD, gpa, size,
				   uaddr_is_mapping ? file->mem : NULL, file->fd, 0);
}

void side_file_free(struct side_file *file)
{
	kvm_munmap(file->mem, file->nr_pages * file->fx->gvm->page_size);
	kvm_close(file->fd);
}

static size_t count_not_on(const struct side_file *file, int node)
{
	struct folio_info *info = calloc(file->nr_pages, sizeof(*info));
	size_t i, nr = 0;

	TEST_ASSERT(info && !folio_inspect(file->mem, file->nr_pages, info),
		    "cannot inspect the pages");
	for (i = 0; i < file->nr_pages; i++)
		nr += info[i].node != node;
	free(info);
	return nr;
}

size_t side_file_move(struct side_file *file)
{
	bool moves = outcome_moves(file->fx->expected.outcome);
	struct trigger_range range = trigger_range_of(file->mem, file->nr_pages, file->from,
						      file->to);
	struct trigger_result result = { .status = calloc(file->nr_pages, sizeof(int)) };
	int tries, node = moves ? file->to : file->from;
	size_t stay = file->nr_pages;

	TEST_ASSERT(result.status, "out of memory");
	for (tries = 0; tries < TRIES && stay; tries++) {
		trigger_fire(file->fx->trigger, &range, &result);
		stay = count_not_on(file, node);
	}
	free(result.status);
	if (moves && !stay) {
		file->to = file->from;
		file->from = node;
	}
	return stay;
}
