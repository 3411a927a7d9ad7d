// SPDX-License-Identifier: GPL-2.0-only
#include <unistd.h>

#include "kvm_util.h"
#include "processor.h"
#include "migrate/gmem/private_vm.h"

/* Some CPUs return another leaf for one that they lack, and the kernel's library uses that. */
static bool has_sev_leaf(void)
{
	return this_cpu_property(KVM_X86_CPU_PROPERTY(0x80000000, 0, EAX, 0, 31)) >= 0x8000001f;
}

/* Hardware first, then KVM, then permissions: the reason is the first thing to provide. */
#define DEFINE_SEV_KIND(_name, _type, _feature, text, parameter)				\
static const char *_name##_skip_reason(const struct vm_kind *kind, int kvm_fd)			\
{												\
	if (!has_sev_leaf() || !this_cpu_has(_feature))						\
		return "the CPU has no " text " (an AMD EPYC, enabled in the firmware)";	\
	if (!vm_kind_is_offered(kind, kvm_fd))							\
		return "KVM offers no " text " VMs (" parameter "=1, and free ASIDs, set in "	\
		       "the firmware)";								\
	if (access("/dev/sev", R_OK | W_OK))							\
		return "no access to /dev/sev (be root, CONFIG_CRYPTO_DEV_SP_PSP)";		\
	return "this test does not launch " text " VMs";					\
}												\
												\
static const struct vm_kind vm_kind_##_name = {						\
	.name = #_name,										\
	.type = _type,										\
	.private_mem = true,									\
	.skip_reason = _name##_skip_reason,							\
}

DEFINE_SEV_KIND(sev, KVM_X86_SEV_VM, X86_FEATURE_SEV, "SEV", "kvm_amd.sev");
DEFINE_SEV_KIND(sev_es, KVM_X86_SEV_ES_VM, X86_FEATURE_SEV_ES, "SEV-ES", "kvm_amd.sev_es");
DEFINE_SEV_KIND(snp, KVM_X86_SNP_VM, X86_FEATURE_SEV_SNP, "SEV-SNP", "kvm_amd.sev_snp");

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

static const struct vm_kind vm_kind_tdx = {
	.name = "tdx",
	.type = KVM_X86_TDX_VM,
	.private_mem = true,
	.skip_reason = tdx_skip_reason,
};

const struct vm_kind * const vm_kinds_absent[] = {
	&vm_kind_sev, &vm_kind_sev_es, &vm_kind_snp, &vm_kind_tdx, NULL
};
