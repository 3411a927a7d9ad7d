// SPDX-License-Identifier: GPL-2.0-only
/* Guest code of a TD; numbers as in arch/x86/include/asm/shared/tdx.h and uapi/asm/vmx.h. */
#include "migrate/gmem/tdx.h"

#define TDG_VP_VMCALL		0
#define TDG_VP_VEINFO_GET	3
#define TDG_MEM_PAGE_ACCEPT	6

#define EXIT_REASON_IO_INSTRUCTION	30
#define EXIT_REASON_EPT_VIOLATION	48
#define TDVMCALL_REPORT_FATAL_ERROR	0x10003

/* TDG.VP.VMCALL passes the registers of a mask: r10 to r15. */
#define VMCALL_REGS	0xfc00

#define TDX_ERROR	(1ULL << 63)
#define STATUS_MASK	0xffffffff00000000ULL
#define OPERAND_BUSY	0x8000020000000000ULL

struct tdcall {
	u64 rcx, rdx, r8, r9, r10, r11, r12, r13, r14, r15;
};

/* Returns the status of the TDX module; all registers are in and out. */
static u64 tdcall(u64 leaf, struct tdcall *regs)
{
	register u64 r8 __asm__("r8") = regs->r8;
	register u64 r9 __asm__("r9") = regs->r9;
	register u64 r10 __asm__("r10") = regs->r10;
	register u64 r11 __asm__("r11") = regs->r11;
	register u64 r12 __asm__("r12") = regs->r12;
	register u64 r13 __asm__("r13") = regs->r13;
	register u64 r14 __asm__("r14") = regs->r14;
	register u64 r15 __asm__("r15") = regs->r15;

	/* Assemblers before binutils 2.36 do not know TDCALL. */
	__asm__ __volatile__(".byte 0x66, 0x0f, 0x01, 0xcc"
			     : "+a"(leaf), "+c"(regs->rcx), "+d"(regs->rdx), "+r"(r8), "+r"(r9),
			       "+r"(r10), "+r"(r11), "+r"(r12), "+r"(r13), "+r"(r14), "+r"(r15)
			     : : "memory", "cc");
	regs->r8 = r8;
	regs->r9 = r9;
	regs->r10 = r10;
	return leaf;
}

static void vmcall(u64 function, u64 r12, u64 r13, u64 r14)
{
	struct tdcall regs = {
		.rcx = VMCALL_REGS, .r11 = function, .r12 = r12, .r13 = r13, .r14 = r14,
	};

	tdcall(TDG_VP_VMCALL, &regs);
}

void tdx_guest_out(u16 port)
{
	vmcall(EXIT_REASON_IO_INSTRUCTION, 1 /* byte */, 1 /* write */, port);
}

/* Another vCPU may accept the page first, or hold a lock of the TDX module: #VE comes again. */
static void accept(gpa_t gpa)
{
	struct tdcall regs = { .rcx = gpa & ~(PAGE_SIZE - 1) /* level 0: 4 KiB */ };
	u64 status = tdcall(TDG_MEM_PAGE_ACCEPT, &regs);

	if (status & TDX_ERROR && (status & STATUS_MASK) != OPERAND_BUSY)
		vmcall(TDVMCALL_REPORT_FATAL_ERROR, status >> 32 & 0x7fffffff, 0, 0);
}

void tdx_guest_ve(struct ex_regs *regs)
{
	struct tdcall info = {};

	(void)regs;
	tdcall(TDG_VP_VEINFO_GET, &info);
	if (info.rcx != EXIT_REASON_EPT_VIOLATION)
		vmcall(TDVMCALL_REPORT_FATAL_ERROR, info.rcx, 0, 0);
	accept(info.r9);
}
