// SPDX-License-Identifier: GPL-2.0-only
/*
 * The layout of the virtual machine control block (VMCB), its intercepts and MSRs are those of the
 * AMD64 Architecture Programmer's Manual, volume 2, appendix B and chapter 15.
 */
#include <stddef.h>

#include "kvm_util.h"
#include "processor.h"
#include "migrate/gmem/svm.h"

#define PAT_DEFAULT		0x0007040600070406ULL

#define INTERCEPT_SHUTDOWN	BIT(31)	/* of .intercepts[0] */
#define INTERCEPT_VMRUN		BIT(0)	/* of .intercepts[1] */
#define INTERCEPT_VMMCALL	BIT(1)

struct vmcb_segment {
	u16 selector, attributes;
	u32 limit;
	u64 base;
};

struct vmcb {
	u32 exceptions[3];
	u32 intercepts[2];
	u8 reserved_14[0x58 - 0x14];
	u32 asid;
	u8 tlb_control, reserved_5d[3];
	u8 reserved_60[0x70 - 0x60];
	u64 exit_code, exit_info_1, exit_info_2, exit_int_info;
	u64 nested_control;
	u8 reserved_98[0xb0 - 0x98];
	u64 nested_cr3;
	u8 reserved_b8[0x400 - 0xb8];
	struct vmcb_segment es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;
	u8 reserved_4a0[0x4cb - 0x4a0];
	u8 cpl;
	u32 reserved_4cc;
	u64 efer;
	u8 reserved_4d8[0x548 - 0x4d8];
	u64 cr4, cr3, cr0, dr7, dr6, rflags, rip;
	u8 reserved_580[0x5d8 - 0x580];
	u64 rsp;
	u8 reserved_5e0[0x5f8 - 0x5e0];
	u64 rax;
	u8 reserved_600[0x640 - 0x600];
	u64 cr2;
	u8 reserved_648[0x668 - 0x648];
	u64 pat;
	u8 reserved_670[0x1000 - 0x670];
} __packed;

_Static_assert(sizeof(struct vmcb) == 0x1000, "a VMCB is a page");
_Static_assert(offsetof(struct vmcb, nested_cr3) == 0xb0, "VMCB, control area");
_Static_assert(offsetof(struct vmcb, cr4) == 0x548, "VMCB, state save area");
_Static_assert(offsetof(struct vmcb, pat) == 0x668, "VMCB, state save area");

const char *svm_skip_reason(void)
{
	if (!kvm_cpu_has(X86_FEATURE_SVM))
		return "KVM offers no nested SVM (an AMD CPU, kvm_amd.nested=1)";
	return NULL;
}

/* The guest's code in L1.  L2 has @job in rdi, as guest_main() takes it, and never exits to L1. */
static void l1_main(struct guest_job *job, u64 vmcb, u64 host_save)
{
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SVME);
	wrmsr(MSR_VM_HSAVE_PA, host_save);
	__asm__ __volatile__("vmload\n\t"
			     "vmrun"
			     : : "a"(vmcb), "D"(job) : "memory");
	GUEST_FAIL("L2 exited to L1");
}

/* Segment attributes: type, S, DPL, P in bits 0-7; AVL, L, D/B, G in bits 8-11. */
static struct vmcb_segment segment_of(const struct kvm_segment *segment)
{
	u16 attributes = segment->type | segment->s << 4 | segment->dpl << 5 |
			 segment->present << 7 | segment->avl << 8 | segment->l << 9 |
			 segment->db << 10 | segment->g << 11;

	return (struct vmcb_segment) {
		.selector = segment->selector, .attributes = attributes,
		.limit = segment->limit, .base = segment->base,
	};
}

static struct vmcb_segment table_of(const struct kvm_dtable *table)
{
	return (struct vmcb_segment) { .limit = table->limit, .base = table->base };
}

/* L2 starts in guest_main() with the page tables of L1 and a stack of its own. */
static void fill_vmcb(struct vmcb *vmcb, struct kvm_vcpu *vcpu, u64 nested_cr3, u64 stack)
{
	struct kvm_sregs sregs;

	vcpu_sregs_get(vcpu, &sregs);
	*vmcb = (struct vmcb) {
		.intercepts = { INTERCEPT_SHUTDOWN, INTERCEPT_VMRUN | INTERCEPT_VMMCALL },
		.asid = 1,
		.nested_control = 1,
		.nested_cr3 = nested_cr3,
		.es = segment_of(&sregs.es), .cs = segment_of(&sregs.cs),
		.ss = segment_of(&sregs.ss), .ds = segment_of(&sregs.ds),
		.fs = segment_of(&sregs.fs), .gs = segment_of(&sregs.gs),
		.gdtr = table_of(&sregs.gdt), .idtr = table_of(&sregs.idt),
		.tr = segment_of(&sregs.tr),
		.efer = sregs.efer | EFER_SVME,
		.cr4 = sregs.cr4, .cr3 = sregs.cr3, .cr0 = sregs.cr0,
		.dr7 = 0x400, .dr6 = 0xffff0ff0,
		.rflags = X86_EFLAGS_FIXED,
		.rip = (u64)guest_main,
		.rsp = stack,
		.pat = PAT_DEFAULT,
	};
}

/* Nested page tables: an identity map of slot 0 and of the pages under test. */
static u64 map_for_l2(struct gmem_vm *gvm)
{
	const struct kvm_userspace_memory_region2 *slot0 = &memslot2region(gvm->vm, 0)->region;
	struct kvm_mmu npt = gvm->vm->mmu;
	size_t page;
	gpa_t gpa;

	/* The CPU walks these tables as user mode does. */
	npt.arch.pte_masks.writable |= npt.arch.pte_masks.user;
	npt.pgd = vm_alloc_page_table(gvm->vm);
	for (gpa = slot0->guest_phys_addr; gpa < slot0->guest_phys_addr + slot0->memory_size;
	     gpa += PAGE_SIZE)
		__virt_pg_map(gvm->vm, &npt, gpa, gpa, PG_LEVEL_4K);
	for (page = 0; page < gvm->nr_pages; page++)
		__virt_pg_map(gvm->vm, &npt, gmem_gpa(gvm, page), gmem_gpa(gvm, page),
			      PG_LEVEL_4K);
	return npt.pgd;
}

static void enter_l2(struct gmem_vcpu *gv, u64 nested_cr3, gva_t job)
{
	struct kvm_vm *vm = gv->owner->vm;
	gva_t vmcb = vm_alloc_page(vm), host_save = vm_alloc_page(vm);

	fill_vmcb(addr_gva2hva(vm, vmcb), gv->vcpu, nested_cr3,
		  vm_alloc_stack(vm, DEFAULT_STACK_PGS));
	vcpu_arch_set_entry_point(gv->vcpu, l1_main);
	vcpu_args_set(gv->vcpu, 3, job, addr_gva2gpa(vm, vmcb), addr_gva2gpa(vm, host_save));
}

void svm_enter_l2(struct gmem_vm *gvm)
{
	u64 nested_cr3 = map_for_l2(gvm);
	int i;

	for (i = 0; i < gvm->nr_vcpus; i++)
		enter_l2(&gvm->vcpus[i], nested_cr3, gvm->vcpus[i].job_gva);
}
