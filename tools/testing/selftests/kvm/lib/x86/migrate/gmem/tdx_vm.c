// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMs with TDX.  A guest ends a command by a write to an I/O port that it asks KVM for, and accepts
 * private memory that was not launched when it touches a page for the first time.
 */
#include "kvm_util.h"
#include "processor.h"
#include "migrate/gmem/launch.h"
#include "migrate/gmem/private_vm.h"
#include "migrate/gmem/tdx.h"
#include "migrate/gmem/unmapped_pfns.h"

/* Not the port of ucalls: the library reads registers then, which KVM refuses for a TD. */
#define DONE_PORT	0x2000

/* CPUID does not show a host that its CPU has TDX. */
static const char *kind_skip_reason(const struct vm_kind *kind, int kvm_fd)
{
	if (!host_cpu_is_intel)
		return "the CPU has no TDX (an Intel Xeon, enabled in the firmware)";
	if (!vm_kind_is_offered(kind, kvm_fd))
		return "KVM offers no TDX VMs (kvm_intel.tdx=1, CONFIG_KVM_INTEL_TDX, TDX enabled "
		       "in the firmware)";
	return NULL;
}

static const char *launch_skip_reason(const struct vm_kind *kind, int vm_fd)
{
	(void)kind;
	return tdx_skip_reason(vm_fd);
}

static struct kvm_vm *create(const struct vm_kind *kind, u32 nr_vcpus, u64 extra_pages)
{
	(void)kind;
	return tdx_vm_create(nr_vcpus, extra_pages);
}

static struct kvm_vcpu *add_vcpu(struct gmem_vm *gvm, u32 id, gva_t job)
{
	return tdx_vcpu_add(gvm->vm, id, guest_main, job);
}

static void start(struct gmem_vm *gvm)
{
	tdx_init_memory(gvm->vcpus[0].vcpu);
}

static void fill(struct gmem_vm *gvm, size_t page, const void *content)
{
	tdx_init_page(gvm->vcpus[0].vcpu, gmem_gpa(gvm, page), content);
}

static void finish(struct gmem_vm *gvm)
{
	tdx_finalize(gvm->vm);
}

static void guest_done(void)
{
	tdx_guest_out(DONE_PORT);
}

/* Where the first command is not done, the launch was wrong. */
static bool is_done(struct kvm_vcpu *vcpu)
{
	static bool runs;

	if (vcpu->run->exit_reason == KVM_EXIT_IO && vcpu->run->io.port == DONE_PORT)
		runs = true;
	else if (!runs)
		tdx_fail_run(vcpu);
	else
		return false;
	return true;
}

static const struct launch_ops tdx_launch = {
	.skip_reason = launch_skip_reason,
	.create = create,
	.add_vcpu = add_vcpu,
	.start = start,
	.fill = fill,
	.finish = finish,
	.map = encrypted_vm_map,
	.guest_done = guest_done,
	.is_done = is_done,
	.convert_clears = true,
};

const struct vm_kind vm_kind_tdx = {
	.name = "tdx",
	.type = KVM_X86_TDX_VM,
	.private_mem = true,
	.unmapped = &unmapped_by_trace,
	.launch = &tdx_launch,
	.skip_reason = kind_skip_reason,
};
