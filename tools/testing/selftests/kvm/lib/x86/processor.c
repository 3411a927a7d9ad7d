// SPDX-License-Identifier: GPL-2.0-only
/* Sets up x86-64 VMs and vCPUs, which start in 64-bit mode at the guest function of the test. */
#include "processor.h"
#include "sev.h"
#include "x86_internal.h"

#define IDT_ENTRIES		256
#define IDT_INTERRUPT_GATE	(14 << 8)
#define IDT_PRESENT		(1 << 15)
#define IDT_IST1		1

/* Offsets in the guest's GDT. */
#define GUEST_CODE_SELECTOR	0x08
#define GUEST_DATA_SELECTOR	0x10
#define GUEST_TSS_SELECTOR	0x18

bool host_cpu_is_intel;
bool host_cpu_is_amd;
bool host_cpu_is_hygon;
bool host_cpu_is_amd_compatible;
u64 guest_tsc_khz;

static void __attribute__((constructor)) identify_host_cpu(void)
{
	u32 regs[4];
	char vendor[12];

	cpuid_count(0, 0, regs);
	memcpy(vendor, &regs[KVM_CPUID_EBX], 4);
	memcpy(vendor + 4, &regs[KVM_CPUID_EDX], 4);
	memcpy(vendor + 8, &regs[KVM_CPUID_ECX], 4);
	host_cpu_is_intel = !memcmp(vendor, "GenuineIntel", sizeof(vendor));
	host_cpu_is_amd = !memcmp(vendor, "AuthenticAMD", sizeof(vendor));
	host_cpu_is_hygon = !memcmp(vendor, "HygonGenuine", sizeof(vendor));
	host_cpu_is_amd_compatible = host_cpu_is_amd || host_cpu_is_hygon;
}

/* ---- VMs ------------------------------------------------------------------------------- */

void vm_arch_init_mode(struct kvm_vm *vm)
{
	TEST_ASSERT(vm->mode == VM_MODE_PXXVYY_4K, "x86 does not support guest mode %d", vm->mode);
	vm->pa_bits = kvm_cpu_property(X86_PROPERTY_MAX_PHY_ADDR);
	if (!vm->pa_bits)
		vm->pa_bits = 36;
	/* Four levels suffice for tests, also where the CPU has five, and are faster to walk. */
	vm->va_bits = 48;
	vm->mmu.pgtable_levels = 4;

	vm->arch.sev_fd = -1;
	if (is_sev_vm(vm)) {
		vm->arch.sev_fd = open_sev_dev_path_or_exit();
		vm->arch.c_bit = BIT_ULL(kvm_cpu_property(X86_PROPERTY_SEV_C_BIT));
		vm->gpa_tag_mask = vm->arch.c_bit;
	}
}

/*
 * AMD CPUs reserve 12 GiB below the end of the physical address space, or below 1 TiB before
 * family 17h, for HyperTransport (AMD64 manual 2, "reserved address ranges").
 */
static u64 amd_reserved_gfn(struct kvm_vm *vm)
{
	u64 reserved = 12ULL << (30 - vm->page_shift);
	u64 end = 1ULL << (40 - vm->page_shift);
	u32 bits;

	if (this_cpu_family() >= 0x17) {
		bits = this_cpu_property(X86_PROPERTY_MAX_PHY_ADDR);
		if (bits)
			end = (1ULL << (bits - vm->page_shift)) >>
			      this_cpu_property(X86_PROPERTY_PHYS_ADDR_REDUCTION);
	}
	return end - reserved;
}

unsigned long vm_compute_max_gfn(struct kvm_vm *vm)
{
	/* Nested paging may support fewer address bits than the CPU. */
	u32 bits = kvm_cpu_property(X86_PROPERTY_GUEST_MAX_PHY_ADDR);
	u64 max_gfn;

	if (!bits || bits > vm->pa_bits)
		bits = vm->pa_bits;
	max_gfn = (1ULL << (bits - vm->page_shift)) - 1;
	if (host_cpu_is_amd_compatible && vm->pa_bits >= 40)
		max_gfn = min(max_gfn, amd_reserved_gfn(vm) - 1);
	return max_gfn;
}

/* Offset of IST1, the first stack of the interrupt stack table, in the task state segment. */
#define TSS_IST1	36

/* Descriptors: null, 64-bit code, data, and a task state segment (which takes two). */
static void vm_init_gdt(struct kvm_vm *vm)
{
	gva_t stack = __vm_alloc_page(vm, MEM_REGION_DATA) + PAGE_SIZE;
	u64 *gdt, tss;

	vm->arch.gdt = __vm_alloc_page(vm, MEM_REGION_DATA);
	vm->arch.tss = __vm_alloc_page(vm, MEM_REGION_DATA);
	gdt = addr_gva2hva(vm, vm->arch.gdt);
	tss = vm->arch.tss;

	/* #DF uses this stack: the guest's own may have overflowed. */
	memcpy((char *)addr_gva2hva(vm, tss) + TSS_IST1, &stack, sizeof(stack));

	gdt[GUEST_CODE_SELECTOR / 8] = 0x00af9b000000ffff;
	gdt[GUEST_DATA_SELECTOR / 8] = 0x00cf93000000ffff;
	gdt[GUEST_TSS_SELECTOR / 8] = 0x00008b0000000067 | (tss & 0xffffff) << 16 |
				      (tss >> 24 & 0xff) << 56;
	gdt[GUEST_TSS_SELECTOR / 8 + 1] = tss >> 32;
}

static void vm_init_idt(struct kvm_vm *vm)
{
	struct idt_entry *idt;
	u64 entry;
	int i;

	vm->arch.idt = __vm_alloc_page(vm, MEM_REGION_DATA);
	vm->handlers = __vm_alloc_page(vm, MEM_REGION_DATA);
	write_guest_global(vm, exception_handlers, vm->handlers);

	idt = addr_gva2hva(vm, vm->arch.idt);
	for (i = 0; i < IDT_ENTRIES; i++) {
		entry = (u64)idt_entries + i * IDT_ENTRY_SIZE;
		idt[i].offset0 = entry;
		idt[i].offset1 = entry >> 16;
		idt[i].offset2 = entry >> 32;
		idt[i].selector = GUEST_CODE_SELECTOR;
		idt[i].flags = IDT_PRESENT | IDT_INTERRUPT_GATE;
	}
	/* With a stack of its own, #DF reports a stack overflow instead of a triple fault. */
	idt[DF_VECTOR].flags |= IDT_IST1;
}

void vm_create_irqchip(struct kvm_vm *vm)
{
	int ret = __vm_ioctl(vm, KVM_CREATE_IRQCHIP, NULL);

	/* Kernels without CONFIG_KVM_IOAPIC support only the split irqchip. */
	if (ret && errno == ENOTTY && kvm_has_cap(KVM_CAP_SPLIT_IRQCHIP))
		vm_enable_cap(vm, KVM_CAP_SPLIT_IRQCHIP, 24);
	else
		TEST_ASSERT_VM_VCPU_IOCTL(!ret, KVM_CREATE_IRQCHIP, ret, vm);
	vm->has_irqchip = true;
}

void kvm_arch_vm_post_create(struct kvm_vm *vm, unsigned int nr_vcpus)
{
	int khz;

	(void)nr_vcpus;
	vm_create_irqchip(vm);
	vm_init_gdt(vm);
	vm_init_idt(vm);
	if (is_sev_snp_vm(vm))
		snp_vm_init(vm);
	else if (is_sev_es_vm(vm))
		sev_es_vm_init(vm);
	else if (is_sev_vm(vm))
		sev_vm_init(vm);

	khz = __vm_ioctl(vm, KVM_GET_TSC_KHZ, NULL);
	guest_tsc_khz = khz > 0 ? khz : 0;
	sync_global_to_guest(vm, guest_tsc_khz);

	/* Guest code needs the host's CPU vendor, whatever CPUID the vCPU has. */
	sync_global_to_guest(vm, host_cpu_is_amd);
	sync_global_to_guest(vm, host_cpu_is_hygon);
	sync_global_to_guest(vm, host_cpu_is_intel);
	sync_global_to_guest(vm, host_cpu_is_amd_compatible);
}

void kvm_arch_vm_finalize_vcpus(struct kvm_vm *vm)
{
	(void)vm;
}

void kvm_arch_vm_release(struct kvm_vm *vm)
{
	if (vm->arch.sev_fd >= 0)
		kvm_free_fd(vm->arch.sev_fd);
}

bool kvm_arch_has_default_irqchip(void)
{
	return true;
}

/* ---- vCPUs ----------------------------------------------------------------------------- */

static struct kvm_segment data_segment(void)
{
	return (struct kvm_segment){
		.selector = GUEST_DATA_SELECTOR, .limit = ~0U, .type = 3, .s = 1, .present = 1,
		.db = 1, .g = 1,
	};
}

static void vcpu_init_sregs(struct kvm_vcpu *vcpu)
{
	struct kvm_vm *vm = vcpu->vm;
	struct kvm_sregs sregs;

	vcpu_sregs_get(vcpu, &sregs);
	sregs.cr0 = X86_CR0_PE | X86_CR0_NE | X86_CR0_PG;
	sregs.cr3 = vm->mmu.pgd;
	sregs.cr4 |= X86_CR4_PAE | X86_CR4_OSFXSR;
	if (kvm_cpu_has(X86_FEATURE_XSAVE))
		sregs.cr4 |= X86_CR4_OSXSAVE;
	sregs.efer |= EFER_LME | EFER_LMA | EFER_NX;

	sregs.idt = (struct kvm_dtable){ .base = vm->arch.idt, .limit = PAGE_SIZE - 1 };
	sregs.gdt = (struct kvm_dtable){ .base = vm->arch.gdt, .limit = PAGE_SIZE - 1 };
	sregs.ldt = (struct kvm_segment){ .unusable = 1 };
	sregs.tr = (struct kvm_segment){
		.selector = GUEST_TSS_SELECTOR, .base = vm->arch.tss, .limit = 0x67, .type = 11,
		.present = 1,
	};
	sregs.cs = (struct kvm_segment){
		.selector = GUEST_CODE_SELECTOR, .limit = ~0U, .type = 11, .s = 1, .present = 1,
		.l = 1, .g = 1,
	};
	sregs.ds = data_segment();
	sregs.es = sregs.ds;
	sregs.fs = sregs.ds;
	sregs.gs = sregs.ds;
	sregs.ss = sregs.ds;
	vcpu_sregs_set(vcpu, &sregs);
}

static void vcpu_init_xcr0(struct kvm_vcpu *vcpu)
{
	struct kvm_xcrs xcrs = {
		.nr_xcrs = 1, .xcrs = { { .xcr = 0, .value = kvm_cpu_supported_xcr0() } },
	};

	if (kvm_cpu_has(X86_FEATURE_XSAVE))
		vcpu_ioctl(vcpu, KVM_SET_XCRS, &xcrs);
}

gva_t vm_alloc_stack(struct kvm_vm *vm, int nr_pages)
{
	u64 size = (u64)nr_pages * PAGE_SIZE;

	/* At function entry, the ABI requires rsp + 8 to be aligned to 16. */
	return __vm_alloc(vm, size, DEFAULT_GUEST_STACK_VADDR_MIN, MEM_REGION_DATA) + size - 8;
}

/* The test will restore the registers from a saved state, which needs CPUID set first. */
struct kvm_vcpu *vm_arch_vcpu_recreate(struct kvm_vm *vm, u32 id)
{
	struct kvm_vcpu *vcpu = __vm_vcpu_add(vm, id);

	vcpu_init_cpuid(vcpu, kvm_get_supported_cpuid());
	return vcpu;
}

struct kvm_vcpu *vm_arch_vcpu_add(struct kvm_vm *vm, u32 vcpu_id)
{
	/* With an in-kernel irqchip, all vCPUs except the first would wait for a SIPI. */
	struct kvm_mp_state runnable = { .mp_state = KVM_MP_STATE_RUNNABLE };
	struct kvm_vcpu *vcpu = vm_arch_vcpu_recreate(vm, vcpu_id);
	struct kvm_regs regs;

	vcpu_init_sregs(vcpu);
	vcpu_init_xcr0(vcpu);

	vcpu_regs_get(vcpu, &regs);
	regs.rflags |= X86_EFLAGS_FIXED;
	regs.rsp = vm_alloc_stack(vm, DEFAULT_STACK_PGS);
	vcpu_regs_set(vcpu, &regs);
	vcpu_mp_state_set(vcpu, &runnable);

	/* Some CPUID bits depend on CR4 and XCR0. */
	vcpu_get_cpuid(vcpu);
	return vcpu;
}

void vcpu_arch_set_entry_point(struct kvm_vcpu *vcpu, void *guest_code)
{
	struct kvm_regs regs;

	vcpu_regs_get(vcpu, &regs);
	regs.rip = (u64)guest_code;
	vcpu_regs_set(vcpu, &regs);
}

void vcpu_args_set(struct kvm_vcpu *vcpu, unsigned int num, ...)
{
	struct kvm_regs regs;
	__u64 *arg[] = { &regs.rdi, &regs.rsi, &regs.rdx, &regs.rcx, &regs.r8, &regs.r9 };
	unsigned int i;
	va_list args;

	TEST_ASSERT(num >= 1 && num <= ARRAY_SIZE(arg), "%u arguments: 1 to 6 fit in registers",
		    num);
	vcpu_regs_get(vcpu, &regs);
	va_start(args, num);
	for (i = 0; i < num; i++)
		*arg[i] = va_arg(args, u64);
	va_end(args);
	vcpu_regs_set(vcpu, &regs);
}

/* ---- MSRs and hypercalls --------------------------------------------------------------- */

struct one_msr {
	struct kvm_msrs header;
	struct kvm_msr_entry entry;
};

u64 vcpu_get_msr(struct kvm_vcpu *vcpu, u64 msr_index)
{
	struct one_msr msr = { .header.nmsrs = 1, .entry.index = msr_index };
	int ret = __vcpu_ioctl(vcpu, KVM_GET_MSRS, &msr.header);

	TEST_ASSERT(ret == 1, "cannot read MSR %#lx: KVM_GET_MSRS returned %d", msr_index, ret);
	return msr.entry.data;
}

int _vcpu_set_msr(struct kvm_vcpu *vcpu, u64 msr_index, u64 msr_value)
{
	struct one_msr msr = {
		.header.nmsrs = 1, .entry = { .index = msr_index, .data = msr_value },
	};

	return __vcpu_ioctl(vcpu, KVM_SET_MSRS, &msr.header);
}

void vcpu_set_msr(struct kvm_vcpu *vcpu, u64 msr_index, u64 msr_value)
{
	int ret = _vcpu_set_msr(vcpu, msr_index, msr_value);

	TEST_ASSERT(ret == 1, "cannot set MSR %#lx to %#lx: KVM_SET_MSRS returned %d", msr_index,
		    msr_value, ret);
}

u64 kvm_hypercall(u64 nr, u64 a0, u64 a1, u64 a2, u64 a3)
{
	u64 ret = nr;

	if (host_cpu_is_amd_compatible)
		__asm__ __volatile__("vmmcall" : "+a"(ret) : "b"(a0), "c"(a1), "d"(a2), "S"(a3)
				     : "memory");
	else
		__asm__ __volatile__("vmcall" : "+a"(ret) : "b"(a0), "c"(a1), "d"(a2), "S"(a3)
				     : "memory");
	return ret;
}
