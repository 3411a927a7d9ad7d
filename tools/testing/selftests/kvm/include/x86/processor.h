/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * x86-64: instructions, registers, page tables and exceptions.
 */
#ifndef SELFTEST_KVM_PROCESSOR_H
#define SELFTEST_KVM_PROCESSOR_H

#include <linux/bits.h>
#include <linux/kvm_para.h>

#include "kvm_util.h"
#include "ucall_common.h"

#include "cpuid.h"

/* ---- Registers ------------------------------------------------------------------------- */

#define X86_EFLAGS_FIXED	BIT(1)	/* always set */
#define X86_EFLAGS_TF		BIT(8)
#define X86_EFLAGS_IF		BIT(9)

#define X86_CR0_PE		BIT(0)
#define X86_CR0_NE		BIT(5)
#define X86_CR0_WP		BIT(16)
#define X86_CR0_PG		BIT(31)

#define X86_CR4_PAE		BIT(5)
#define X86_CR4_OSFXSR		BIT(9)
#define X86_CR4_OSXMMEXCPT	BIT(10)
#define X86_CR4_LA57		BIT(12)
#define X86_CR4_OSXSAVE		BIT(18)
#define X86_CR4_SMEP		BIT(20)
#define X86_CR4_SMAP		BIT(21)
#define X86_CR4_PKE		BIT(22)

#define EFER_SCE		BIT(0)
#define EFER_LME		BIT(8)
#define EFER_LMA		BIT(10)
#define EFER_NX			BIT(11)
#define EFER_SVME		BIT(12)

#define MSR_EFER		0xc0000080
#define MSR_VM_HSAVE_PA		0xc0010117

/* What the guest is, and its requests to the hypervisor (AMD64 manual 2, 15.34 to 15.36). */
#define MSR_AMD64_SEV_ES_GHCB	0xc0010130
#define MSR_AMD64_SEV		0xc0010131
#define MSR_AMD64_SEV_ENABLED		BIT(0)
#define MSR_AMD64_SEV_ES_ENABLED	BIT(1)
#define MSR_AMD64_SEV_SNP_ENABLED	BIT(2)

/* Parts of the state that XSAVE saves. */
#define XFEATURE_MASK_FP	BIT(0)
#define XFEATURE_MASK_SSE	BIT(1)
#define XFEATURE_MASK_YMM	BIT(2)

static inline u64 get_cr0(void)
{
	u64 val;

	__asm__ __volatile__("mov %%cr0, %0" : "=r"(val) : : "memory");
	return val;
}

static inline void set_cr0(u64 val)
{
	__asm__ __volatile__("mov %0, %%cr0" : : "r"(val) : "memory");
}

static inline u64 get_cr2(void)
{
	u64 val;

	__asm__ __volatile__("mov %%cr2, %0" : "=r"(val) : : "memory");
	return val;
}

static inline u64 get_cr3(void)
{
	u64 val;

	__asm__ __volatile__("mov %%cr3, %0" : "=r"(val) : : "memory");
	return val;
}

/* Also flushes the TLB of this vCPU. */
static inline void set_cr3(u64 val)
{
	__asm__ __volatile__("mov %0, %%cr3" : : "r"(val) : "memory");
}

static inline u64 get_cr4(void)
{
	u64 val;

	__asm__ __volatile__("mov %%cr4, %0" : "=r"(val) : : "memory");
	return val;
}

static inline void set_cr4(u64 val)
{
	__asm__ __volatile__("mov %0, %%cr4" : : "r"(val) : "memory");
}

static inline u64 get_cr8(void)
{
	u64 val;

	__asm__ __volatile__("mov %%cr8, %0" : "=r"(val) : : "memory");
	return val;
}

static inline void set_cr8(u64 val)
{
	__asm__ __volatile__("mov %0, %%cr8" : : "r"(val) : "memory");
}

/* Returns extended control register @index; needs CR4.OSXSAVE. */
static inline u64 xgetbv(u32 index)
{
	u32 low, high;

	__asm__ __volatile__("xgetbv" : "=a"(low), "=d"(high) : "c"(index));
	return low | (u64)high << 32;
}

static inline void invlpg(u64 addr)
{
	__asm__ __volatile__("invlpg (%0)" : : "r"(addr) : "memory");
}

static inline u64 rdmsr(u32 msr)
{
	u32 low, high;

	__asm__ __volatile__("rdmsr" : "=a"(low), "=d"(high) : "c"(msr) : "memory");
	return low | (u64)high << 32;
}

static inline void wrmsr(u32 msr, u64 value)
{
	__asm__ __volatile__("wrmsr" : : "a"((u32)value), "d"((u32)(value >> 32)), "c"(msr)
			     : "memory");
}

DEFINE_VCPU_STATE(xsave, struct kvm_xsave, KVM_GET_XSAVE, KVM_SET_XSAVE)

u64 vcpu_get_msr(struct kvm_vcpu *vcpu, u64 msr_index);

/* Returns 1 if KVM accepted the value, 0 if not, -1 with errno on an error. */
int _vcpu_set_msr(struct kvm_vcpu *vcpu, u64 msr_index, u64 msr_value);
void vcpu_set_msr(struct kvm_vcpu *vcpu, u64 msr_index, u64 msr_value);

/* ---- Time and waiting ------------------------------------------------------------------ */

extern u64 guest_tsc_khz;	/* frequency of the guest's TSC; 0 if KVM does not know it */

static inline u64 rdtsc(void)
{
	u32 low, high;

	/* lfence waits for earlier loads. */
	__asm__ __volatile__("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return low | (u64)high << 32;
}

static inline void cpu_relax(void)
{
	__asm__ __volatile__("pause" : : : "memory");
}

static inline void udelay(unsigned long usec)
{
	u64 start = rdtsc(), cycles = guest_tsc_khz * usec / 1000;

	while (rdtsc() - start < cycles)
		cpu_relax();
}

static inline void hlt(void)
{
	__asm__ __volatile__("hlt" : : : "memory");
}

static inline void ud2(void)
{
	__asm__ __volatile__("ud2");
}

static inline void outl(u16 port, u32 value)
{
	__asm__ __volatile__("outl %0, %1" : : "a"(value), "d"(port) : "memory");
}

static inline void sti(void)
{
	__asm__ __volatile__("sti" : : : "memory");
}

static inline void cli(void)
{
	__asm__ __volatile__("cli" : : : "memory");
}

/* ---- Pages ----------------------------------------------------------------------------- */

#define PAGE_SHIFT		12
#define PAGE_SIZE		(1ULL << PAGE_SHIFT)
#define PHYSICAL_PAGE_MASK	GENMASK_ULL(51, 12)
#define PAGE_MASK		(~(PAGE_SIZE - 1) & PHYSICAL_PAGE_MASK)

/* An address that no page table can map. */
#define NONCANONICAL		0xaaaaaaaaaaaaaaaaULL

#define PTE_GET_PA(pte)		((pte) & PHYSICAL_PAGE_MASK)
#define PTE_GET_PFN(pte)	(PTE_GET_PA(pte) >> PAGE_SHIFT)

/* Levels of page tables, named by the size that one entry maps. */
enum pg_level {
	PG_LEVEL_NONE, PG_LEVEL_4K, PG_LEVEL_2M, PG_LEVEL_1G, PG_LEVEL_512G, PG_LEVEL_256T,
};

#define PG_LEVEL_SHIFT(level)	(PAGE_SHIFT + ((level) - 1) * 9)
#define PG_LEVEL_SIZE(level)	(1ULL << PG_LEVEL_SHIFT(level))
#define PG_SIZE_4K		PG_LEVEL_SIZE(PG_LEVEL_4K)
#define PG_SIZE_2M		PG_LEVEL_SIZE(PG_LEVEL_2M)
#define PG_SIZE_1G		PG_LEVEL_SIZE(PG_LEVEL_1G)

#define PTE_HUGE_MASK(mmu)	((mmu)->arch.pte_masks.huge)
#define PTE_NX_MASK(mmu)	((mmu)->arch.pte_masks.nx)
#define PTE_PRESENT_MASK(mmu)	((mmu)->arch.pte_masks.present)
#define PTE_WRITABLE_MASK(mmu)	((mmu)->arch.pte_masks.writable)
#define PTE_USER_MASK(mmu)	((mmu)->arch.pte_masks.user)
#define PTE_DIRTY_MASK(mmu)	((mmu)->arch.pte_masks.dirty)
#define PTE_ACCESSED_MASK(mmu)	((mmu)->arch.pte_masks.accessed)
#define PTE_C_BIT_MASK(mmu)	((mmu)->arch.pte_masks.c)	/* encrypted: SEV */
#define PTE_S_BIT_MASK(mmu)	((mmu)->arch.pte_masks.s)	/* shared: TDX */

#define is_present_pte(mmu, pte)	(!!(*(pte) & PTE_PRESENT_MASK(mmu)))
#define is_writable_pte(mmu, pte)	(!!(*(pte) & PTE_WRITABLE_MASK(mmu)))
#define is_accessed_pte(mmu, pte)	(!!(*(pte) & PTE_ACCESSED_MASK(mmu)))
#define is_dirty_pte(mmu, pte)		(!!(*(pte) & PTE_DIRTY_MASK(mmu)))
#define is_huge_pte(mmu, pte)		(!!(*(pte) & PTE_HUGE_MASK(mmu)))
#define is_nx_pte(mmu, pte)		(!!(*(pte) & PTE_NX_MASK(mmu)))

/* Maps one page of PG_LEVEL_SIZE(@level) bytes. */
void __virt_pg_map(struct kvm_vm *vm, struct kvm_mmu *mmu, gva_t gva, gpa_t gpa, int level);

/* Maps @nr_bytes, a multiple of PG_LEVEL_SIZE(@level), with pages of that size. */
void virt_map_level(struct kvm_vm *vm, gva_t gva, gpa_t gpa, u64 nr_bytes, int level);

/* Returns the host address of the guest's 4K page table entry for @gva. */
u64 *vm_get_pte(struct kvm_vm *vm, gva_t gva);

/* ---- Exceptions ------------------------------------------------------------------------ */

/* Registers of the interrupted code, in the order in which lib/x86/handlers.S pushes them. */
struct ex_regs {
	u64 rax, rcx, rdx, rbx, rbp, rsi, rdi;
	u64 r8, r9, r10, r11, r12, r13, r14, r15;
	u64 vector, error_code;
	u64 rip, cs, rflags, rsp, ss;
};

#define NMI_VECTOR	2

/* An entry of the interrupt descriptor table, and the operand of lidt. */
struct idt_entry {
	u16 offset0;
	u16 selector;
	u16 flags;		/* IST in bits 0-2, type in 8-11, DPL in 13-14, present in 15 */
	u16 offset1;
	u32 offset2;
	u32 reserved;
};

struct desc_ptr {
	u16 size;		/* in bytes, minus 1 */
	u64 address;
} __packed;

static inline void set_idt(const struct desc_ptr *idt)
{
	__asm__ __volatile__("lidt %0" : : "m"(*idt));
}

/*
 * Makes the guest call @handler for @vector, on the interrupted stack; the guest continues at
 * regs->rip when @handler returns.  An exception without a handler fails the test in vcpu_run().
 */
void vm_install_exception_handler(struct kvm_vm *vm, int vector,
				  void (*handler)(struct ex_regs *regs));

const char *ex_str(int vector);		/* e.g. "#PF"; "#??" for an unknown vector */

/* Returns the top of a new stack of @nr_pages pages, aligned for the entry of a function. */
gva_t vm_alloc_stack(struct kvm_vm *vm, int nr_pages);

/*
 * kvm_asm_safe() executes one instruction and returns the vector of the exception that it raised,
 * or 0 for none (thus KVM_MAGIC_DE_VECTOR for #DE).  @insn is text, with operands @inputs as in
 * asm().  The section "kvm_ex_table" gets the address of the instruction and that of the next.
 */
#define KVM_MAGIC_DE_VECTOR	0xff

struct kvm_ex_table_entry {
	u64 insn;
	u64 resume;
};

#define KVM_ASM_SAFE(insn)					\
	"xor %%r9d, %%r9d\n\t"					\
	"xor %%r10d, %%r10d\n"					\
	"1: " insn "\n"						\
	"2:\n\t"						\
	".pushsection kvm_ex_table, \"a\"\n\t"			\
	".quad 1b, 2b\n\t"					\
	".popsection\n\t"					\
	"mov %%r9b, %[vector]\n\t"				\
	"mov %%r10, %[error_code]\n\t"

#define KVM_ASM_SAFE_OUTPUTS(v, ec)	[vector] "=qm"(v), [error_code] "=rm"(ec)
#define KVM_ASM_SAFE_CLOBBERS		"r9", "r10", "cc", "memory"

#define kvm_asm_safe_ec(insn, error_code, inputs...)		\
({								\
	u8 _vector;						\
								\
	__asm__ __volatile__(KVM_ASM_SAFE(insn)			\
		: KVM_ASM_SAFE_OUTPUTS(_vector, error_code)	\
		: inputs : KVM_ASM_SAFE_CLOBBERS);		\
	_vector;						\
})

#define kvm_asm_safe(insn, inputs...)				\
({								\
	u64 _ignored;						\
								\
	kvm_asm_safe_ec(insn, _ignored, inputs);		\
})

static inline u8 rdmsr_safe(u32 msr, u64 *val)
{
	u64 error_code;
	u32 low, high;
	u8 vector;

	__asm__ __volatile__(KVM_ASM_SAFE("rdmsr")
			     : "=a"(low), "=d"(high), KVM_ASM_SAFE_OUTPUTS(vector, error_code)
			     : "c"(msr) : KVM_ASM_SAFE_CLOBBERS);
	*val = low | (u64)high << 32;
	return vector;
}

static inline u8 wrmsr_safe(u32 msr, u64 val)
{
	return kvm_asm_safe("wrmsr", "a"((u32)val), "d"((u32)(val >> 32)), "c"(msr));
}

/* ---- Hypercalls ------------------------------------------------------------------------ */

u64 kvm_hypercall(u64 nr, u64 a0, u64 a1, u64 a2, u64 a3);

static inline u64 __kvm_hypercall_map_gpa_range(gpa_t gpa, u64 size, u64 flags)
{
	return kvm_hypercall(KVM_HC_MAP_GPA_RANGE, gpa, size >> PAGE_SHIFT, flags, 0);
}

static inline void kvm_hypercall_map_gpa_range(gpa_t gpa, u64 size, u64 flags)
{
	GUEST_ASSERT_EQ(__kvm_hypercall_map_gpa_range(gpa, size, flags), 0);
}

#endif /* SELFTEST_KVM_PROCESSOR_H */
