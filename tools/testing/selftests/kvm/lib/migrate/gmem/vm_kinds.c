// SPDX-License-Identifier: GPL-2.0-only
#include "kvm_util.h"
#include "migrate/gmem/gmem_vm.h"
#include "migrate/gmem/unmapped_pfns.h"

const struct vm_kind vm_kind_default = {
	.name = "default",
	.type = VM_TYPE_DEFAULT,
	.gmem_flags = GUEST_MEMFD_FLAG_MMAP | GUEST_MEMFD_FLAG_INIT_SHARED,
};

const struct vm_kind vm_kind_default_unshared = {
	.name = "default_unshared",
	.type = VM_TYPE_DEFAULT,
	.gmem_flags = GUEST_MEMFD_FLAG_MMAP,
	.unmapped = &unmapped_by_trace,
};

struct vm_kind vm_kind_default_migratable = {
	.name = "default_migratable",
	.type = VM_TYPE_DEFAULT,
	.gmem_flags = GUEST_MEMFD_FLAG_MMAP | GUEST_MEMFD_FLAG_INIT_SHARED,
	.unflagged = &vm_kind_default,
};

struct vm_kind vm_kind_default_unshared_migratable = {
	.name = "default_unshared_migratable",
	.type = VM_TYPE_DEFAULT,
	.gmem_flags = GUEST_MEMFD_FLAG_MMAP,
	.unflagged = &vm_kind_default_unshared,
	.unmapped = &unmapped_by_trace,
};
