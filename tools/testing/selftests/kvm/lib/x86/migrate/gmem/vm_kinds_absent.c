// SPDX-License-Identifier: GPL-2.0-only
#include "kvm_util.h"
#include "processor.h"
#include "migrate/gmem/private_vm.h"

/* CPUID does not show a host that its CPU has TDX. */
static const char *tdx_skip_reason(const struct vm_kind *kind, int kvm_fd)
{
	if (!host_cpu_is_intel)
		return "the CPU has no TDX (an Intel Xeon, enabled in the firmware)";
	if (!vm_kind_is_offered(kind, kvm_fd))
		return "KVM offers no TDX VMs (kvm_intel.tdx=1, CONFIG_KVM_INTEL_TDX, TDX enabled "
		       "in the firmware)";
	return "this test does not launch TDX VMs";
}

const struct vm_kind vm_kind_tdx = {
	.name = "tdx",
	.type = KVM_X86_TDX_VM,
	.private_mem = true,
	.skip_reason = tdx_skip_reason,
};

const struct vm_kind * const vm_kinds_absent[] = {
	&vm_kind_tdx, NULL
};
