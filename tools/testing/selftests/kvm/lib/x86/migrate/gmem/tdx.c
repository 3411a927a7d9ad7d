// SPDX-License-Identifier: GPL-2.0-only
/* The launch of a TD.  Comments name the function of arch/x86/kvm/vmx/tdx.c that checks a rule. */
#include <stdlib.h>
#include <sys/ioctl.h>

#include "migrate/gmem/tdx.h"

#define NR_CPUID_ENTRIES	256	/* KVM_MAX_CPUID_ENTRIES */

/* Guest code and its stacks; memory that is never touched costs nothing. */
#define SLOT0_PAGES	4096

/* x87 and SSE: AMX needs a permission, and guest code uses general registers only. */
#define XFAM	(BIT(0) | BIT(1))

/* What KVM_TDX_CAPABILITIES returned: the same for all TDs. */
static struct kvm_tdx_capabilities *caps;

/* ---- KVM_MEMORY_ENCRYPT_OP ------------------------------------------------------------- */

static int tdx_ioctl(int fd, struct kvm_tdx_cmd *cmd)
{
	return ioctl(fd, KVM_MEMORY_ENCRYPT_OP, cmd);
}

/* Fails the test unless the command succeeds; @fd is a VM or a vCPU. */
#define tdx_do(fd, _id, _data)							\
do {										\
	struct kvm_tdx_cmd _cmd = { .id = _id, .data = (u64)(uintptr_t)(_data) };\
										\
	if (tdx_ioctl(fd, &_cmd))						\
		tdx_fail(#_id, _cmd.hw_error, caps);				\
} while (0)

static void *zalloc(size_t size)
{
	void *mem = calloc(1, size);

	TEST_ASSERT(mem, "out of memory");
	return mem;
}

/* ---- The VM ---------------------------------------------------------------------------- */

static int read_capabilities(int vm_fd)
{
	size_t entries = NR_CPUID_ENTRIES * sizeof(struct kvm_cpuid_entry2);
	struct kvm_tdx_cmd cmd = { .id = KVM_TDX_CAPABILITIES };

	free(caps);
	caps = zalloc(sizeof(*caps) + entries);
	caps->cpuid.nent = NR_CPUID_ENTRIES;
	cmd.data = (uintptr_t)caps;
	return tdx_ioctl(vm_fd, &cmd);
}

/* Returns what KVM supports of a leaf, or a leaf of zeroes. */
static struct kvm_cpuid_entry2 supported_entry(u32 function, u32 index)
{
	const struct kvm_cpuid2 *supported = kvm_get_supported_cpuid();
	u32 i;

	for (i = 0; i < supported->nent; i++)
		if (supported->entries[i].function == function &&
		    supported->entries[i].index == index)
			return supported->entries[i];
	return (struct kvm_cpuid_entry2) {};
}

/*
 * setup_tdparams_cpuids() takes configurable leaves and bits only, each leaf once.  Without the
 * flag, an entry would stand for all subleaves.
 */
static struct kvm_cpuid_entry2 configured_entry(const struct kvm_cpuid_entry2 *mask)
{
	struct kvm_cpuid_entry2 e = supported_entry(mask->function, mask->index);

	e = (struct kvm_cpuid_entry2) {
		.function = mask->function, .index = mask->index,
		.flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX,
		.eax = e.eax & mask->eax, .ebx = e.ebx & mask->ebx,
		.ecx = e.ecx & mask->ecx, .edx = e.edx & mask->edx,
	};
	/* setup_tdparams_eptp_controls() reads the width of addresses here. */
	if (e.function == 0x80000008)
		e.eax = (e.eax & ~GENMASK(23, 16)) | TDX_GPA_BITS << 16;
	return e;
}

static struct kvm_tdx_init_vm *init_vm_params(void)
{
	u32 i, nr = caps->cpuid.nent;
	struct kvm_tdx_init_vm *params = zalloc(sizeof(*params) +
						nr * sizeof(struct kvm_cpuid_entry2));

	/* No attribute: without SEPT_VE_DISABLE, #VE tells the guest which page to accept. */
	params->xfam = caps->supported_xfam & XFAM;
	params->cpuid.nent = nr;
	for (i = 0; i < nr; i++)
		params->cpuid.entries[i] = configured_entry(&caps->cpuid.entries[i]);
	return params;
}

/* Returns the result of ioctl(), and the status of the TDX module. */
static int init_vm(int vm_fd, u64 *hw_error)
{
	struct kvm_tdx_init_vm *params = init_vm_params();
	struct kvm_tdx_cmd cmd = { .id = KVM_TDX_INIT_VM, .data = (uintptr_t)params };
	int ret = tdx_ioctl(vm_fd, &cmd);

	free(params);
	*hw_error = cmd.hw_error;
	return ret;
}

/* __tdx_td_init() takes a key ID and charges the misc cgroup.  The launch reports other errors. */
const char *tdx_skip_reason(int vm_fd)
{
	u64 hw_error;

	if (read_capabilities(vm_fd) || !init_vm(vm_fd, &hw_error))
		return NULL;
	switch (errno) {
	case ENOSPC:
		return "no TDX key ID is free (end other TDX guests)";
	case EBUSY:
		return "the misc cgroup allows no further TDX guest (raise misc.max)";
	}
	return NULL;
}

/* The same as __vm_create(), which knows no TDX: slot 0 has a guest_memfd. */
struct kvm_vm *tdx_vm_create(u32 nr_vcpus, u64 extra_pages)
{
	struct vm_shape shape = { .mode = VM_MODE_DEFAULT, .type = KVM_X86_TDX_VM };
	struct kvm_vm *vm = ____vm_create(shape);
	u64 hw_error = 0;

	__TEST_REQUIRE(nr_vcpus <= vm_check_cap(vm, KVM_CAP_MAX_VCPUS),
		       "KVM allows a TD fewer vCPUs than the test needs (more CPUs)");
	vm->arch.s_bit = TDX_SHARED_BIT;
	vm->gpa_tag_mask = TDX_SHARED_BIT;
	vm_userspace_mem_region_add(vm, VM_MEM_SRC_ANONYMOUS, 0, 0, SLOT0_PAGES + extra_pages,
				    KVM_MEM_GUEST_MEMFD);
	kvm_vm_elf_load(vm, "/proc/self/exe");
	/* KVM_CREATE_IRQCHIP fails for a TD: this makes the split irqchip. */
	kvm_arch_vm_post_create(vm, nr_vcpus);
	tdx_boot_add(vm, KVM_MEM_GUEST_MEMFD);
	vm_install_exception_handler(vm, VE_VECTOR, tdx_guest_ve);
	if (read_capabilities(vm->fd))
		tdx_fail("KVM_TDX_CAPABILITIES", 0, NULL);
	if (init_vm(vm->fd, &hw_error))
		tdx_fail("KVM_TDX_INIT_VM", hw_error, caps);
	return vm;
}

/* ---- vCPUs ----------------------------------------------------------------------------- */

/* tdx_vcpu_init() enables x2APIC, which kvm_apic_set_base() refuses before CPUID has it. */
struct kvm_vcpu *tdx_vcpu_add(struct kvm_vm *vm, u32 id, void *guest_code, u64 arg)
{
	struct kvm_vcpu *vcpu = __vm_vcpu_add(vm, id);

	vcpu->cpuid = allocate_kvm_cpuid2(NR_CPUID_ENTRIES);
	tdx_do(vcpu->fd, KVM_TDX_GET_CPUID, vcpu->cpuid);
	if (__vcpu_ioctl(vcpu, KVM_SET_CPUID2, vcpu->cpuid))
		tdx_fail("KVM_SET_CPUID2", 0, caps);
	tdx_do(vcpu->fd, KVM_TDX_INIT_VCPU, tdx_boot_set(vm, id, guest_code, arg));
	return vcpu;
}

/* ---- Memory ---------------------------------------------------------------------------- */

/*
 * tdx_vcpu_init_mem_region() takes any vCPU of the TD, moves .source_addr and .gpa on and returns
 * -EINTR for a signal; -EAGAIN asks for the same.
 */
static void init_region(struct kvm_vcpu *vcpu, gpa_t gpa, const void *source, u64 nr_pages)
{
	struct kvm_memory_attributes private = {
		.address = gpa, .size = nr_pages * PAGE_SIZE,
		.attributes = KVM_MEMORY_ATTRIBUTE_PRIVATE,
	};
	struct kvm_tdx_init_mem_region region = {
		.source_addr = (uintptr_t)source, .gpa = gpa, .nr_pages = nr_pages,
	};
	struct kvm_tdx_cmd cmd = { .id = KVM_TDX_INIT_MEM_REGION, .data = (uintptr_t)&region };
	int ret;

	if (__vm_ioctl(vcpu->vm, KVM_SET_MEMORY_ATTRIBUTES, &private))
		tdx_fail("KVM_SET_MEMORY_ATTRIBUTES", 0, caps);
	do {
		ret = tdx_ioctl(vcpu->fd, &cmd);
	} while (ret && (errno == EINTR || errno == EAGAIN));
	if (ret)
		tdx_fail("KVM_TDX_INIT_MEM_REGION", cmd.hw_error, caps);
}

static void init_slot(struct kvm_vcpu *vcpu, u32 slot)
{
	struct kvm_vm *vm = vcpu->vm;
	const struct kvm_userspace_memory_region2 *region = &memslot2region(vm, slot)->region;
	u64 size = vm->page_size;
	gpa_t gpa = region->guest_phys_addr, end = gpa + region->memory_size, next;

	for (; gpa < end; gpa = next) {
		bool protected = vm_is_gpa_protected(vm, gpa);

		for (next = gpa + size; next < end; next += size)
			if (vm_is_gpa_protected(vm, next) != protected)
				break;
		if (protected)
			init_region(vcpu, gpa, addr_gpa2hva(vm, gpa), (next - gpa) / size);
	}
}

void tdx_init_memory(struct kvm_vcpu *vcpu)
{
	init_slot(vcpu, 0);
	init_slot(vcpu, TDX_BOOT_SLOT);
	vcpu->vm->arch.is_pt_protected = true;
}

void tdx_init_page(struct kvm_vcpu *vcpu, gpa_t gpa, const void *source)
{
	init_region(vcpu, gpa, source, 1);
}

void tdx_finalize(struct kvm_vm *vm)
{
	tdx_do(vm->fd, KVM_TDX_FINALIZE_VM, 0);
}

void tdx_fail_run(struct kvm_vcpu *vcpu)
{
	const struct kvm_run *run = vcpu->run;
	bool fatal = run->exit_reason == KVM_EXIT_SYSTEM_EVENT;
	char step[128];

	/* tdx_report_fatal_error() copies all registers: r12 is the guest's error code. */
	snprintf(step, sizeof(step), "KVM_RUN of the first command: exit %u (%s), code %#llx",
		 run->exit_reason, exit_reason_str(run->exit_reason),
		 fatal ? run->system_event.data[12] : 0);
	errno = 0;
	tdx_fail(step, 0, caps);
}
