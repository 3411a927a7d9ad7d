// SPDX-License-Identifier: GPL-2.0-only
/* The first code of a vCPU of a TD, and what it loads. */
#include <stddef.h>

#include "migrate/gmem/tdx.h"

/* Offsets in struct tdx_boot, for the code below. */
#define BOOT_GDT	"0x00"
#define BOOT_ENTRY64	"0x08"
#define BOOT_CR3	"0x10"
#define BOOT_IDT	"0x18"
#define BOOT_RSP	"0x28"
#define BOOT_RIP	"0x30"
#define BOOT_ARG	"0x38"

struct tdx_boot {
	struct { u16 limit; u32 base; u16 unused; } __packed gdt;
	struct { u32 offset; u16 selector, unused; } __packed entry64;
	u64 cr3;
	struct { u16 limit; u64 base; u8 unused[6]; } __packed idt;
	u64 rsp, rip, arg;
};

_Static_assert(offsetof(struct tdx_boot, entry64) == 0x08, "BOOT_ENTRY64");
_Static_assert(offsetof(struct tdx_boot, cr3) == 0x10, "BOOT_CR3");
_Static_assert(offsetof(struct tdx_boot, idt) == 0x18, "BOOT_IDT");
_Static_assert(offsetof(struct tdx_boot, rsp) == 0x28, "BOOT_RSP");
_Static_assert(offsetof(struct tdx_boot, rip) == 0x30, "BOOT_RIP");
_Static_assert(offsetof(struct tdx_boot, arg) == 0x38, "BOOT_ARG");

/*
 * The TDX module starts a vCPU in protected mode without paging, with flat 32-bit segments and
 * EFER.LME set.  CR0.NE and CR4.MCE must stay set, and EFER must not be written.
 *
 * The host copies the code to the end of the boot page, which the page tables map to itself.
 */
__asm__(
"	.pushsection .rodata\n"
"	.balign	16\n"
"	.code32\n"
"tdx_boot_code:\n"
"	lgdtl	" BOOT_GDT "(%ecx)\n"
"	movl	%cr4, %eax\n"
"	orl	$0x220, %eax\n"		/* PAE, OSFXSR */
"	movl	%eax, %cr4\n"
"	movl	" BOOT_CR3 "(%ecx), %eax\n"
"	movl	%eax, %cr3\n"
"	movl	%cr0, %eax\n"
"	orl	$0x80000000, %eax\n"	/* PG */
"	movl	%eax, %cr0\n"
"	ljmpl	*" BOOT_ENTRY64 "(%ecx)\n"
"	.balign	16, 0xcc\n"
"	jmp	tdx_boot_code\n"	/* the reset vector */
"	.balign	16, 0xcc\n"
"tdx_boot_code_end:\n"
"	.code64\n"
"	.popsection\n"

"	.pushsection .text\n"
"	.type	tdx_boot_entry64, @function\n"
"tdx_boot_entry64:\n"
"	movl	$0x10, %eax\n"		/* the data segment */
"	movl	%eax, %ds\n"
"	movl	%eax, %es\n"
"	movl	%eax, %ss\n"
"	movl	%eax, %fs\n"
"	movl	%eax, %gs\n"
"	movl	%ecx, %ecx\n"
"	lidt	" BOOT_IDT "(%rcx)\n"
"	movq	" BOOT_RSP "(%rcx), %rsp\n"
"	movq	" BOOT_ARG "(%rcx), %rdi\n"
"	jmp	*" BOOT_RIP "(%rcx)\n"
"	.size	tdx_boot_entry64, . - tdx_boot_entry64\n"
"	.popsection\n"
);

#define CODE_SELECTOR	0x08

void tdx_boot_add(struct kvm_vm *vm, u32 slot_flags)
{
	size_t size = tdx_boot_code_end - tdx_boot_code;
	gpa_t gpa;

	vm_mem_add(vm, VM_MEM_SRC_ANONYMOUS, TDX_BOOT_GPA, TDX_BOOT_SLOT, 1, slot_flags, -1, 0);
	gpa = vm_phy_pages_alloc(vm, 1, TDX_BOOT_GPA, TDX_BOOT_SLOT);
	virt_map(vm, gpa, gpa, 1);
	memcpy((char *)addr_gpa2hva(vm, gpa) + vm->page_size - size, tdx_boot_code, size);
}

/*
 * The task register stays as the TDX module sets it, so #DF has no stack of its own: LTR would mark
 * the descriptor that all vCPUs share as busy.
 */
gpa_t tdx_boot_set(struct kvm_vm *vm, u32 id, void *guest_code, u64 arg)
{
	gpa_t gpa = TDX_BOOT_GPA + id * sizeof(struct tdx_boot);
	struct tdx_boot *boot = addr_gpa2hva(vm, gpa);

	TEST_ASSERT(gpa + sizeof(*boot) <= TDX_RESET_VECTOR + 16 -
		    (tdx_boot_code_end - tdx_boot_code), "no room to start vCPU %u", id);
	boot->gdt.limit = vm->page_size - 1;
	boot->gdt.base = vm->arch.gdt;
	boot->entry64.offset = (uintptr_t)tdx_boot_entry64;
	boot->entry64.selector = CODE_SELECTOR;
	boot->cr3 = vm->mmu.pgd;
	boot->idt.limit = vm->page_size - 1;
	boot->idt.base = vm->arch.idt;
	boot->rsp = vm_alloc_stack(vm, DEFAULT_STACK_PGS);
	boot->rip = (uintptr_t)guest_code;
	boot->arg = arg;
	return gpa;
}
