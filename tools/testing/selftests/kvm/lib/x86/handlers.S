/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entry points for the 256 exceptions and interrupts of a guest.
 *
 * Entry n starts at idt_entries + n * IDT_ENTRY_SIZE.  It pushes a zero error code if the CPU
 * pushed none, and the vector; common_entry completes the struct ex_regs (processor.h).
 */
#define IDT_ENTRY_SIZE	16

	.text
	.globl	idt_entries
	.balign	IDT_ENTRY_SIZE
idt_entries:
	vector = 0
	.rept	256
	.balign	IDT_ENTRY_SIZE
	/* The CPU pushes an error code for #DF, #TS, #NP, #SS, #GP, #PF, #AC, #CP, #VC and #SX. */
	.if	(vector != 8) && ((vector < 10) || (vector > 14)) && (vector != 17) && \
		(vector != 21) && (vector != 29) && (vector != 30)
	pushq	$0
	.endif
	pushq	$vector
	jmp	common_entry
	vector = vector + 1
	.endr

	.type	common_entry, @function
common_entry:
	.irp	reg, r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax
	pushq	%\reg
	.endr

	/* The ABI requires an aligned stack and a clear direction flag. */
	cld
	movq	%rsp, %rdi
	movq	%rsp, %rbx
	andq	$-16, %rsp
	call	route_exception
	movq	%rbx, %rsp

	.irp	reg, rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
	popq	%\reg
	.endr
	addq	$16, %rsp	/* vector and error code */
	iretq
	.size	common_entry, . - common_entry

	.section .note.GNU-stack, "", @progbits
