// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kvm_util.h"
#include "kselftest.h"
#include "migrate/runner/running_contract.h"
#include "migrate/util/btf.h"
#include "migrate/verdict/contract.h"

/* The migration series makes AS_UNMOVABLE a mapping flag of its own. */
static int btf_has_unmovable(void)
{
	int has = btf_vmlinux_has("mapping_flags");

	return has > 0 ? btf_vmlinux_has("AS_UNMOVABLE") : has ?: -ENOENT;
}

/* Returns the flags of KVM_CREATE_GUEST_MEMFD for an ordinary VM; 0 where there is none. */
static uint64_t offered_flags(void)
{
	int kvm_fd = open(KVM_DEV_PATH, O_RDWR | O_CLOEXEC);
	int vm_fd = ioctl(kvm_fd, KVM_CREATE_VM, VM_TYPE_DEFAULT);
	int flags = ioctl(vm_fd, KVM_CHECK_EXTENSION, KVM_CAP_GUEST_MEMFD_FLAGS);

	if (vm_fd >= 0)
		close(vm_fd);
	if (kvm_fd >= 0)
		close(kvm_fd);
	return flags > 0 ? flags : 0;
}

static void print_doubts(int has_unmovable, uint64_t offered, const struct contract *contract)
{
	uint64_t unknown = contract_unknown_flags(offered);

	if (contract->flag_bit && !has_unmovable)
		ksft_print_msg("KVM offers GUEST_MEMFD_FLAG_MIGRATABLE, but the kernel's BTF has "
			       "no AS_UNMOVABLE: the flag counts\n");
	if (!unknown || contract->flag_bit)
		return;
	ksft_print_msg("KVM offers flags 0x%" PRIx64 " for guest_memfd, which are unknown here\n",
		       unknown);
	if (contract->id == CONTRACT_OPT_IN)
		ksft_print_msg("if one of them is for migration, give -k opt-in=BIT, else "
			       "-k movable\n");
	else
		ksft_print_msg("they are not for migration: the kernel's BTF has no "
			       "AS_UNMOVABLE\n");
}

int running_contract(struct contract *contract)
{
	int has_unmovable = btf_has_unmovable(), r;
	uint64_t offered = offered_flags();

	r = contract_of_kernel(has_unmovable, offered, contract);
	if (!r)
		print_doubts(has_unmovable, offered, contract);
	return r;
}
