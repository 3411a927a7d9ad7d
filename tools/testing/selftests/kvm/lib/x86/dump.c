// SPDX-License-Identifier: GPL-2.0-only
/* Prints the registers of a vCPU. */
#include "processor.h"
#include "symbol.h"

static void dump_segment(FILE *stream, const char *name, const struct kvm_segment *seg, int indent)
{
	fprintf(stream, "%*s%-3s selector %#x base %#llx limit %#x type %#x s %u dpl %u present %u"
		" db %u l %u g %u%s\n", indent, "", name, seg->selector, seg->base, seg->limit,
		seg->type, seg->s, seg->dpl, seg->present, seg->db, seg->l, seg->g,
		seg->unusable ? " unusable" : "");
}

static void dump_regs(FILE *stream, const struct kvm_regs *r, int indent)
{
	char name[128];

	fprintf(stream, "%*srip %s, rflags %#llx\n", indent, "",
		symbol_name(r->rip, name, sizeof(name)), r->rflags);
	fprintf(stream, "%*srax %016llx rbx %016llx rcx %016llx rdx %016llx\n", indent, "",
		r->rax, r->rbx, r->rcx, r->rdx);
	fprintf(stream, "%*srsi %016llx rdi %016llx rbp %016llx rsp %016llx\n", indent, "",
		r->rsi, r->rdi, r->rbp, r->rsp);
	fprintf(stream, "%*sr8  %016llx r9  %016llx r10 %016llx r11 %016llx\n", indent, "",
		r->r8, r->r9, r->r10, r->r11);
	fprintf(stream, "%*sr12 %016llx r13 %016llx r14 %016llx r15 %016llx\n", indent, "",
		r->r12, r->r13, r->r14, r->r15);
}

static void dump_sregs(FILE *stream, const struct kvm_sregs *s, int indent)
{
	fprintf(stream, "%*scr0 %#llx cr2 %#llx cr3 %#llx cr4 %#llx cr8 %#llx efer %#llx\n",
		indent, "", s->cr0, s->cr2, s->cr3, s->cr4, s->cr8, s->efer);
	dump_segment(stream, "cs", &s->cs, indent);
	dump_segment(stream, "ds", &s->ds, indent);
	dump_segment(stream, "es", &s->es, indent);
	dump_segment(stream, "fs", &s->fs, indent);
	dump_segment(stream, "gs", &s->gs, indent);
	dump_segment(stream, "ss", &s->ss, indent);
	dump_segment(stream, "tr", &s->tr, indent);
	fprintf(stream, "%*sgdt base %#llx limit %#x, idt base %#llx limit %#x\n", indent, "",
		s->gdt.base, s->gdt.limit, s->idt.base, s->idt.limit);
}

/* KVM_GET_REGS fails for a dead VM: print that, and do not fail the test. */
void vcpu_arch_dump(FILE *stream, struct kvm_vcpu *vcpu, u8 indent)
{
	struct kvm_regs regs;
	struct kvm_sregs sregs;

	fprintf(stream, "%*svCPU %u:\n", indent, "", vcpu->id);
	if (__vcpu_ioctl(vcpu, KVM_GET_REGS, &regs) || __vcpu_ioctl(vcpu, KVM_GET_SREGS, &sregs)) {
		fprintf(stream, "%*sno registers: %s\n", indent + 2, "", strerror(errno));
		return;
	}
	/* KVM resets the vCPU: arch/x86/kvm/svm/svm.c, shutdown_interception(). */
	if (vcpu->run->exit_reason == KVM_EXIT_SHUTDOWN && !(sregs.cr0 & X86_CR0_PE))
		fprintf(stream, "%*s(AMD: the triple fault reset the registers)\n",
			indent + 2, "");
	dump_regs(stream, &regs, indent + 2);
	dump_sregs(stream, &sregs, indent + 2);
}
