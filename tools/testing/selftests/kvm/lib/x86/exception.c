// SPDX-License-Identifier: GPL-2.0-only
/* Guest exceptions: calls the handlers, and reports unhandled exceptions to the test. */
#include "processor.h"
#include "symbol.h"
#include "x86_internal.h"

gva_t exception_handlers;

/* All kvm_asm_safe() of the program; the linker defines the bounds unless the table is empty. */
extern const struct kvm_ex_table_entry __start_kvm_ex_table[] __weak;
extern const struct kvm_ex_table_entry __stop_kvm_ex_table[] __weak;

const char *ex_str(int vector)
{
#define EX(name)	case name##_VECTOR: return "#" #name
	switch (vector) {
	case DE_VECTOR:
	case KVM_MAGIC_DE_VECTOR:
		return "#DE";
	case NMI_VECTOR:
		return "NMI";
	EX(DB);
	EX(BP);
	EX(OF);
	EX(BR);
	EX(UD);
	EX(NM);
	EX(DF);
	EX(TS);
	EX(NP);
	EX(SS);
	EX(GP);
	EX(PF);
	EX(MF);
	EX(AC);
	EX(MC);
	EX(XM);
	EX(VE);
	EX(CP);
	EX(HV);
	EX(VC);
	EX(SX);
	}
#undef EX
	return "#??";
}

/* ---- Guest code ------------------------------------------------------------------------ */

void route_exception(struct ex_regs *regs);

/* Skips the faulting instruction of kvm_asm_safe(); returns false for any other instruction. */
static bool fixup_exception(struct ex_regs *regs)
{
	const struct kvm_ex_table_entry *entry;

	for (entry = __start_kvm_ex_table; entry < __stop_kvm_ex_table; entry++) {
		if (entry->insn == regs->rip) {
			regs->rip = entry->resume;
			regs->r9 = regs->vector == DE_VECTOR ? KVM_MAGIC_DE_VECTOR : regs->vector;
			regs->r10 = regs->error_code;
			return true;
		}
	}
	return false;
}

/* lib/x86/handlers.S calls it for every exception and interrupt. */
void route_exception(struct ex_regs *regs)
{
	typedef void (*handler_t)(struct ex_regs *regs);
	const handler_t *handlers = (const handler_t *)exception_handlers;

	if (handlers && handlers[regs->vector]) {
		handlers[regs->vector](regs);
		return;
	}
	if (!fixup_exception(regs))
		ucall(UCALL_UNHANDLED, 2, (u64)regs, get_cr2());
}

/* ---- Host code ------------------------------------------------------------------------- */

void vm_install_exception_handler(struct kvm_vm *vm, int vector,
				  void (*handler)(struct ex_regs *regs))
{
	gva_t *handlers = addr_gva2hva(vm, vm->handlers);

	handlers[vector] = (gva_t)handler;
}

/* Writes the meaning of a page fault's error code to @buf; returns @buf. */
static const char *page_fault_str(u64 error_code, char *buf, size_t size)
{
	snprintf(buf, size, "%s of a %s page%s%s",
		 error_code & BIT(4) ? "execution" : error_code & BIT(1) ? "write" : "read",
		 error_code & BIT(0) ? "present" : "not present",
		 error_code & BIT(2) ? ", by user mode" : "",
		 error_code & BIT(3) ? ", reserved bit set" : "");
	return buf;
}

static void report_exception(struct kvm_vcpu *vcpu, const struct ucall *uc)
{
	const struct ex_regs *regs;
	char name[128], fault[80] = "";

	TEST_ASSERT(!vcpu->vm->arch.is_pt_protected,
		    "unhandled guest exception on vCPU %u; its registers are in encrypted memory",
		    vcpu->id);
	regs = addr_gva2hva(vcpu->vm, uc->args[0]);
	if (regs->vector == PF_VECTOR)
		page_fault_str(regs->error_code, fault, sizeof(fault));
	else if (regs->vector == DF_VECTOR)
		strcpy(fault, "(stack overflow? see rsp and cr2)");
	TEST_FAIL("unhandled guest exception %s (vector %lu) on vCPU %u\n"
		  "  error code %#lx %s\n"
		  "  rip %s, cr2 %#lx, rflags %#lx\n"
		  "  rax %#lx rbx %#lx rcx %#lx rdx %#lx\n"
		  "  rsi %#lx rdi %#lx rbp %#lx rsp %#lx\n"
		  "  r8 %#lx r9 %#lx r10 %#lx r11 %#lx\n"
		  "  r12 %#lx r13 %#lx r14 %#lx r15 %#lx",
		  ex_str(regs->vector), regs->vector, vcpu->id, regs->error_code, fault,
		  symbol_name(regs->rip, name, sizeof(name)), uc->args[1], regs->rflags,
		  regs->rax, regs->rbx, regs->rcx, regs->rdx, regs->rsi, regs->rdi, regs->rbp,
		  regs->rsp, regs->r8, regs->r9, regs->r10, regs->r11, regs->r12, regs->r13,
		  regs->r14, regs->r15);
}

void assert_on_unhandled_exception(struct kvm_vcpu *vcpu)
{
	const struct ucall *uc = ucall_arch_get_ucall(vcpu);
	struct ucall copy;

	/* Most ucalls are others: check the command before copying the whole struct. */
	if (!uc || uc == (void *)-1 || (uc->cmd != UCALL_ABORT && uc->cmd != UCALL_UNHANDLED))
		return;
	if (get_ucall(vcpu, &copy) == UCALL_UNHANDLED)
		report_exception(vcpu, &copy);
	REPORT_GUEST_ASSERT(copy);
}
