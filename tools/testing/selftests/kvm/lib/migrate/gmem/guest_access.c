// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "kvm_util.h"
#include "migrate/gmem/guest_access.h"

int gmem_guest_try_again(struct gmem_vm *gvm)
{
	struct gmem_vcpu *gv = &gvm->vcpus[0];

	if (__vcpu_run(gv->vcpu))
		return -errno;
	TEST_ASSERT(gmem_vcpu_is_done(gv), "the guest did not finish its command: exit reason %s",
		    exit_reason_str(gv->vcpu->run->exit_reason));
	return 0;
}

int gmem_guest_try_read(struct gmem_vm *gvm, size_t page)
{
	gvm->vcpus[0].job->peek_gva = gvm->gva + page * gvm->page_size;
	gmem_vcpu_command(&gvm->vcpus[0], GUEST_PEEK, 0, 1);
	return gmem_guest_try_again(gvm);
}

size_t gmem_guest_fault_page(const struct gmem_vm *gvm)
{
	const struct kvm_run *run = gvm->vcpus[0].vcpu->run;
	u64 mask = ~(gvm->page_size - 1);
	size_t page;

	if (run->exit_reason != KVM_EXIT_MEMORY_FAULT)
		return NO_FAULT_PAGE;
	for (page = 0; page < gvm->nr_pages; page++)
		if (!((gmem_gpa(gvm, page) ^ run->memory_fault.gpa) & mask))
			return page;
	return NO_FAULT_PAGE;
}

u64 gmem_guest_word_read(const struct gmem_vm *gvm)
{
	return gvm->vcpus[0].job->peeked;
}

void gmem_leave_out(struct gmem_vm *gvm, size_t first, size_t nr)
{
	int i;

	TEST_ASSERT(!gvm->split, "a VM with two slots leaves out its hole only");
	gvm->left_out = first;
	gvm->left_out_end = first + nr;
	for (i = 0; i < gvm->nr_vcpus; i++) {
		gvm->vcpus[i].job->hole = first;
		gvm->vcpus[i].job->hole_end = first + nr;
	}
}
