// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests the x86 part of the library: exceptions, page tables, fatal exits, and private memory if
 * the kernel supports software-protected VMs.
 */
#include <linux/sizes.h>

#include "../library_test.h"
#include "processor.h"
#include "sev.h"
#include "migrate/gmem/tdx.h"

#define UNMAPPED	0x123456789000UL

/* Creates a VM with one vCPU that will enter @guest_code. */
static struct kvm_vcpu *new_vcpu(void *guest_code)
{
	struct kvm_vcpu *vcpu;

	vm_create_with_one_vcpu(&vcpu, guest_code);
	return vcpu;
}

static void run_to_done(struct kvm_vcpu *vcpu)
{
	vcpu_run(vcpu);
	TEST_ASSERT_EQ(get_ucall(vcpu, NULL), UCALL_DONE);
	kvm_vm_free(vcpu->vm);
}

/* ---- Exceptions with a handler --------------------------------------------------------- */

static struct ex_regs seen;

static void guest_saves_regs(struct ex_regs *regs)
{
	u64 flags;

	__asm__ __volatile__("pushfq; pop %0" : "=r"(flags) : : "memory");
	/* The ABI requires a clear direction flag. */
	GUEST_ASSERT(!(flags & BIT(10)));
	seen = *regs;
	if (regs->vector == UD_VECTOR)
		regs->rip += 2;		/* the length of ud2 */
	if (regs->vector == PF_VECTOR)
		regs->rax = (u64)&seen;	/* a mapped address */
}

static void guest_takes_exceptions(void)
{
	u64 value = UNMAPPED;

	ud2();
	GUEST_ASSERT_EQ(seen.vector, UD_VECTOR);

	/* The handler changes the address, and the CPU restarts the load. */
	__asm__ __volatile__("mov (%0), %0" : "+a"(value) : : "memory");
	GUEST_ASSERT_EQ(seen.vector, PF_VECTOR);
	GUEST_ASSERT_EQ(seen.rax, UNMAPPED);
	GUEST_ASSERT_EQ(value, UNMAPPED);
	GUEST_ASSERT_EQ(get_cr2(), UNMAPPED);
	GUEST_DONE();
}

static void handled(void)
{
	struct kvm_vcpu *vcpu = new_vcpu(guest_takes_exceptions);

	vm_install_exception_handler(vcpu->vm, UD_VECTOR, guest_saves_regs);
	vm_install_exception_handler(vcpu->vm, PF_VECTOR, guest_saves_regs);
	run_to_done(vcpu);
}

static u64 loaded[14], stored[14];

/* Loads all registers but rsp and rbp from @loaded, raises #UD, and saves them to @stored. */
static void guest_keeps_registers(void)
{
	u64 flags;
	int i;

	for (i = 0; i < 14; i++)
		loaded[i] = 0x1111111111111111UL * (i + 1);
	__asm__ __volatile__(
		"mov %[loaded], %%rax\n\t"
		"mov 8(%%rax), %%rcx; mov 16(%%rax), %%rdx; mov 24(%%rax), %%rbx\n\t"
		"mov 32(%%rax), %%rsi; mov 40(%%rax), %%rdi; mov 48(%%rax), %%r8\n\t"
		"mov 56(%%rax), %%r9; mov 64(%%rax), %%r10; mov 72(%%rax), %%r11\n\t"
		"mov 80(%%rax), %%r12; mov 88(%%rax), %%r13; mov 96(%%rax), %%r14\n\t"
		"mov 104(%%rax), %%r15; mov (%%rax), %%rax\n\t"
		"std; stc; ud2\n\t"
		"mov %%rax, %[first]; mov %[stored], %%rax\n\t"
		"mov %%rcx, 8(%%rax); mov %%rdx, 16(%%rax); mov %%rbx, 24(%%rax)\n\t"
		"mov %%rsi, 32(%%rax); mov %%rdi, 40(%%rax); mov %%r8, 48(%%rax)\n\t"
		"mov %%r9, 56(%%rax); mov %%r10, 64(%%rax); mov %%r11, 72(%%rax)\n\t"
		"mov %%r12, 80(%%rax); mov %%r13, 88(%%rax); mov %%r14, 96(%%rax)\n\t"
		"mov %%r15, 104(%%rax); pushfq; pop %0; cld"
		: "=a"(flags), [first] "=m"(stored[0])
		: [loaded] "i"(loaded), [stored] "i"(stored)
		: "rcx", "rdx", "rbx", "rsi", "rdi", "r8", "r9", "r10", "r11",
		  "r12", "r13", "r14", "r15", "cc", "memory");
	for (i = 0; i < 14; i++)
		GUEST_ASSERT_EQ(stored[i], loaded[i]);
	/* iretq restored the carry and direction flags. */
	GUEST_ASSERT_EQ(flags & (BIT(0) | BIT(10)), BIT(0) | BIT(10));
	GUEST_DONE();
}

static void registers_survive(void)
{
	struct kvm_vcpu *vcpu = new_vcpu(guest_keeps_registers);

	vm_install_exception_handler(vcpu->vm, UD_VECTOR, guest_saves_regs);
	run_to_done(vcpu);
}

static void guest_expects_faults(void)
{
	u64 error_code, value;

	GUEST_ASSERT_EQ(kvm_asm_safe("ud2"), UD_VECTOR);
	GUEST_ASSERT_EQ(kvm_asm_safe("nop"), 0);
	GUEST_ASSERT_EQ(kvm_asm_safe_ec("movb $0, (%[at])", error_code, [at] "r"(UNMAPPED)),
			PF_VECTOR);
	GUEST_ASSERT_EQ(error_code, 2);
	GUEST_ASSERT_EQ(kvm_asm_safe("div %[by]", "a"(1), "d"(0), [by] "r"(0)),
			KVM_MAGIC_DE_VECTOR);
	GUEST_ASSERT_EQ(rdmsr_safe(0xdeadbeef, &value), GP_VECTOR);
	GUEST_DONE();
}

static void fixed_up(void)
{
	run_to_done(new_vcpu(guest_expects_faults));
}

/* ---- Guests that fail ------------------------------------------------------------------ */

static void guest_writes_nowhere(void)
{
	WRITE_ONCE(*(int *)UNMAPPED, 1);
}

static void unhandled(void)
{
	vcpu_run(new_vcpu(guest_writes_nowhere));
}

/* Recurses until the stack overflows; the compiler must not see that the recursion is infinite. */
static noinline u64 guest_recurses(volatile u64 *depth)
{
	volatile u64 local = *depth + 1;

	return local ? guest_recurses(&local) + local : 0;
}

static void guest_overflows_stack(void)
{
	volatile u64 depth = 0;

	guest_recurses(&depth);
}

static void stack_overflow(void)
{
	vcpu_run(new_vcpu(guest_overflows_stack));
}

static void guest_triple_faults(void)
{
	struct { u16 limit; u64 base; } __packed no_idt = { 0, 0 };

	__asm__ __volatile__("lidt %0; ud2" : : "m"(no_idt));
}

static void triple_fault(void)
{
	struct kvm_vcpu *vcpu = new_vcpu(guest_triple_faults);

	vcpu_run(vcpu);
	TEST_ASSERT_KVM_EXIT_REASON(vcpu, KVM_EXIT_SHUTDOWN);
	TEST_ASSERT_EQ(get_ucall(vcpu, NULL), UCALL_DONE);
}

/* After kvm_vm_free(), the report of a failure must not have the exits of that VM. */
static void old_exit_forgotten(void)
{
	struct kvm_vcpu *vcpu = new_vcpu(guest_triple_faults);

	vcpu_run(vcpu);
	TEST_ASSERT_KVM_EXIT_REASON(vcpu, KVM_EXIT_SHUTDOWN);
	kvm_vm_free(vcpu->vm);
	printf("# the report:\n");
	kvm_dump_exits(stdout);
	printf("# is empty\n");
}

static void *run_in_thread(void *vcpu)
{
	vcpu_run(vcpu);
	return NULL;
}

static void died_in_thread(void)
{
	struct kvm_vcpu *vcpu = new_vcpu(guest_triple_faults);
	pthread_t thread;

	kvm_pthread_create(&thread, NULL, run_in_thread, vcpu);
	kvm_pthread_join(thread, NULL);
	TEST_FAIL("noticed by another thread");
}

static void too_many_arguments(void)
{
	vcpu_args_set(new_vcpu(guest_triple_faults), 7, 1UL, 2UL, 3UL, 4UL, 5UL, 6UL, 7UL);
}

/* ---- Page tables ----------------------------------------------------------------------- */

static void guest_writes(u64 *mem)
{
	*mem = 1;
	GUEST_DONE();
}

static void huge_page(void)
{
	struct kvm_vcpu *vcpu = new_vcpu(guest_writes);
	struct kvm_vm *vm = vcpu->vm;
	gva_t gva = 0x7000000000;

	vm_userspace_mem_region_add(vm, VM_MEM_SRC_ANONYMOUS, SZ_4G, 1, SZ_2M / PAGE_SIZE, 0);
	virt_map_level(vm, gva, SZ_4G, SZ_2M, PG_LEVEL_2M);
	TEST_ASSERT_EQ(addr_gva2gpa(vm, gva + 0x12345), SZ_4G + 0x12345);
	vcpu_args_set(vcpu, 1, gva + SZ_1M);
	vcpu_run(vcpu);
	TEST_ASSERT_EQ(*(u64 *)addr_gpa2hva(vm, SZ_4G + SZ_1M), 1);
	kvm_vm_free(vm);
}

static void mapped_twice(void)
{
	struct kvm_vm *vm = vm_create(1);

	virt_map(vm, SZ_4G, 0, 2);
	virt_map(vm, SZ_4G + PAGE_SIZE, 0, 1);
}

/* ---- The first code of a TD ------------------------------------------------------------ */

#define TD_ARG	0x123456789abcdef0UL

static void guest_of_td(u64 arg)
{
	u64 stack;

	__asm__ __volatile__("mov %%rsp, %0" : "=r"(stack));
	GUEST_ASSERT_EQ(arg, TD_ARG);
	GUEST_ASSERT(get_cr0() & X86_CR0_PG);
	GUEST_ASSERT(get_cr4() & X86_CR4_PAE);
	GUEST_ASSERT(stack < SZ_4G);
	/* The IDT works. */
	GUEST_ASSERT_EQ(kvm_asm_safe("ud2"), UD_VECTOR);
	GUEST_DONE();
}

/* As the TDX module starts a vCPU: flat 32-bit segments, no paging, EFER.LME. */
static void enter_protected_mode(struct kvm_vcpu *vcpu, gpa_t boot)
{
	const struct kvm_segment flat = {
		.limit = ~0U, .type = 3, .s = 1, .present = 1, .db = 1, .g = 1,
	};
	struct kvm_regs regs = {
		.rip = TDX_RESET_VECTOR, .rcx = boot, .rflags = X86_EFLAGS_FIXED,
	};
	struct kvm_sregs sregs;

	vcpu_sregs_get(vcpu, &sregs);
	sregs.cr0 = X86_CR0_PE | X86_CR0_NE;
	sregs.cr3 = 0;
	sregs.cr4 = BIT(6);
	sregs.efer = EFER_SCE | EFER_LME | EFER_NX;
	sregs.cs = sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = flat;
	sregs.cs.type = 11;
	sregs.gdt = sregs.idt = (struct kvm_dtable) {};
	vcpu_sregs_set(vcpu, &sregs);
	vcpu_regs_set(vcpu, &regs);
}

static void td_boot(void)
{
	struct kvm_vcpu *vcpus[2];
	struct kvm_vm *vm = vm_create_with_vcpus(2, guest_triple_faults, vcpus);
	u32 i;

	tdx_boot_add(vm, 0);
	for (i = 0; i < 2; i++)
		enter_protected_mode(vcpus[i], tdx_boot_set(vm, i, guest_of_td, TD_ARG));
	for (i = 0; i < 2; i++) {
		vcpu_run(vcpus[i]);
		TEST_ASSERT_EQ(get_ucall(vcpus[i], NULL), UCALL_DONE);
	}
	kvm_vm_free(vm);
}

static void td_boot_no_room(void)
{
	struct kvm_vm *vm = vm_create(1);

	tdx_boot_add(vm, 0);
	tdx_boot_set(vm, 63, guest_of_td, TD_ARG);
}

/* ---- Encrypted memory ------------------------------------------------------------------ */

/* Page walks ignore this bit. */
#define SOFTWARE_BIT	BIT_ULL(58)

/* Creates a VM with the page tables of a SEV VM, but with a C-bit that encrypts nothing. */
static struct kvm_vcpu *new_vcpu_with_c_bit(void *guest_code)
{
	struct kvm_vm *vm = ____vm_create(VM_SHAPE_DEFAULT);
	u64 nr_pages = 4096;

	vm->nr_runnable_vcpus = 1;
	vm->arch.c_bit = SOFTWARE_BIT;
	vm->gpa_tag_mask = SOFTWARE_BIT;
	vm_userspace_mem_region_add(vm, VM_MEM_SRC_ANONYMOUS, 0, 0, nr_pages, 0);
	kvm_vm_elf_load(vm, "/proc/self/exe");
	ucall_init(vm, nr_pages * PAGE_SIZE);
	kvm_arch_vm_post_create(vm, 1);
	return vm_vcpu_add(vm, 0, guest_code);
}

static void c_bit(void)
{
	struct kvm_vcpu *vcpu = new_vcpu_with_c_bit(guest_writes);
	struct kvm_vm *vm = vcpu->vm;
	gva_t encrypted = vm_alloc_page(vm);
	gva_t shared = vm_alloc_shared(vm, PAGE_SIZE, 0, MEM_REGION_TEST_DATA);

	TEST_ASSERT_EQ(*vm_get_pte(vm, encrypted) & SOFTWARE_BIT, SOFTWARE_BIT);
	TEST_ASSERT_EQ(*vm_get_pte(vm, (gva_t)guest_writes & ~(PAGE_SIZE - 1)) & SOFTWARE_BIT,
		       SOFTWARE_BIT);
	TEST_ASSERT_EQ(*vm_get_pte(vm, shared) & SOFTWARE_BIT, 0);
	TEST_ASSERT_EQ(vm_is_gpa_protected(vm, addr_gva2gpa(vm, encrypted)), true);
	TEST_ASSERT_EQ(vm_is_gpa_protected(vm, addr_gva2gpa(vm, shared)), false);
	TEST_ASSERT_EQ(vm_is_gpa_protected(vm, vm->mmu.pgd), true);

	vcpu_args_set(vcpu, 1, encrypted);
	vcpu_run(vcpu);
	TEST_ASSERT_EQ(get_ucall(vcpu, NULL), UCALL_DONE);
	TEST_ASSERT_EQ(*(u64 *)addr_gva2hva(vm, encrypted), 1);
	kvm_vm_free(vm);
}

static void page_tables_encrypted(void)
{
	struct kvm_vm *vm = new_vcpu_with_c_bit(guest_writes)->vm;

	vm->arch.is_pt_protected = true;
	addr_gva2gpa(vm, (gva_t)guest_writes);
}

static void no_sev_vm(void)
{
	struct kvm_sev_guest_status status = {};

	vm_sev_ioctl(vm_create_barebones(), KVM_SEV_GUEST_STATUS, &status);
}

/* ---- Private memory -------------------------------------------------------------------- */

static void guest_touches_both(u64 *private, u64 *shared)
{
	GUEST_ASSERT_EQ(READ_ONCE(*private), 0);
	WRITE_ONCE(*private, 0x11);
	GUEST_ASSERT_EQ(READ_ONCE(*shared), 0x22);
	GUEST_SYNC(0);
	GUEST_ASSERT_EQ(READ_ONCE(*private), 0x33);
	GUEST_DONE();
}

static void private_memory(void)
{
	const struct vm_shape shape = {
		.type = KVM_X86_SW_PROTECTED_VM, .mode = VM_MODE_DEFAULT,
	};
	const gpa_t gpa = SZ_4G, shared = gpa + PAGE_SIZE;
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	__TEST_REQUIRE(kvm_check_cap(KVM_CAP_VM_TYPES) & BIT(KVM_X86_SW_PROTECTED_VM),
		       "no software-protected VMs (needs Linux 6.8 with "
		       "CONFIG_KVM_SW_PROTECTED_VM, and nested paging)");
	vm = vm_create_shape_with_one_vcpu(shape, &vcpu, guest_touches_both);
	vm_mem_add(vm, VM_MEM_SRC_ANONYMOUS, gpa, 1, 2, KVM_MEM_GUEST_MEMFD, -1, 0);
	vm_mem_set_private(vm, gpa, PAGE_SIZE);
	virt_map(vm, gpa, gpa, 2);

	*(u64 *)addr_gpa2hva(vm, gpa) = 0x33;
	*(u64 *)addr_gpa2hva(vm, shared) = 0x22;
	vcpu_args_set(vcpu, 2, gpa, shared);
	vcpu_run(vcpu);
	TEST_ASSERT_EQ(get_ucall(vcpu, NULL), UCALL_SYNC);

	vm_mem_set_shared(vm, gpa, PAGE_SIZE);
	run_to_done(vcpu);
}

static const struct library_case cases[] = {
	LIBRARY_CASE(handled, 0),
	LIBRARY_CASE(registers_survive, 0),
	LIBRARY_CASE(fixed_up, 0),
	LIBRARY_CASE(unhandled, STATUS_ASSERTION, "unhandled guest exception #PF (vector 14)",
		     "error code 0x2 write of a not present page", "rip 0x",
		     "guest_writes_nowhere+", "cr2 0x123456789000"),
	LIBRARY_CASE(stack_overflow, STATUS_ASSERTION, "unhandled guest exception #DF (vector 8)",
		     "guest_recurses", "cr2 0x"),
	LIBRARY_CASE(triple_fault, STATUS_ASSERTION, "UCALL_DONE",
		     "vCPU 0 exited: reason 8 (SHUTDOWN)", "rip 0x", "cr0 0x"),
	LIBRARY_CASE(old_exit_forgotten, 0, "# the report:\n# is empty\n"),
	LIBRARY_CASE(died_in_thread, STATUS_ASSERTION, "noticed by another thread",
		     "vCPU 0 exited: reason 8 (SHUTDOWN)"),
	LIBRARY_CASE(too_many_arguments, STATUS_ASSERTION, "7 arguments: 1 to 6"),
	LIBRARY_CASE(huge_page, 0),
	LIBRARY_CASE(mapped_twice, STATUS_ASSERTION, "gva 0x100001000 is mapped already"),
	LIBRARY_CASE(td_boot, 0),
	LIBRARY_CASE(td_boot_no_room, STATUS_ASSERTION, "no room to start vCPU 63"),
	LIBRARY_CASE(c_bit, 0),
	LIBRARY_CASE(page_tables_encrypted, STATUS_ASSERTION, "the page tables are encrypted"),
	LIBRARY_CASE(no_sev_vm, STATUS_ASSERTION,
		     "KVM_SEV_GUEST_STATUS failed: returned -1, errno ", "firmware error 0"),
	LIBRARY_CASE(private_memory, 0),
};

int main(int argc, char *argv[])
{
	return run_library_cases(argc, argv, cases, ARRAY_SIZE(cases));
}
