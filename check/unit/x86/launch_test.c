// SPDX-License-Identifier: GPL-2.0-only
/*
 * The launch of TDs, held against the rules of Documentation/virt/kvm/x86/intel-tdx.rst and
 * arch/x86/kvm/vmx/tdx.c: no CPU with TDX ran it.
 */
#include <ucontext.h>

#include "kvm/library_test.h"
#include "migrate/gmem/launch.h"
#include "migrate/gmem/private_vm.h"
#include "migrate/gmem/tdx.h"

#include "recorder.h"

/* ---- Rules ----------------------------------------------------------------------------- */

/* The file is arch/x86/kvm/vmx/tdx.c, unless the text has another. */
static const struct rule tdx_rules[] = {
	{ SPLIT_IRQCHIP, NEVER_AFTER, CREATE_VCPU, EEXIST, "kvm_vm_ioctl_enable_cap() in x86.c" },
	{ TDX_INIT_VM, NEVER_AFTER, TDX_INIT_VM, EINVAL, "tdx_td_init()" },
	{ CREATE_VCPU, NEEDS, TDX_INIT_VM, EIO, "tdx_vcpu_create()" },
	{ CREATE_VCPU, NEVER_AFTER, TDX_FINALIZE_VM, EIO, "tdx_vcpu_create()" },
	{ CREATE_VCPU, NEEDS, SPLIT_IRQCHIP, EINVAL, "tdx_vcpu_create()" },
	{ TDX_GET_CPUID, NEVER_AFTER, TDX_FINALIZE_VM, EINVAL, "tdx_vcpu_ioctl()" },
	/* intel-tdx.rst has the two in the other order, but x2APIC mode needs the CPUID bit. */
	{ TDX_INIT_VCPU, NEEDS, SET_CPUID2, EINVAL, "tdx_vcpu_init(), kvm_apic_set_base()" },
	{ TDX_INIT_VCPU, NEVER_AFTER, TDX_INIT_VCPU, EINVAL, "tdx_vcpu_init()" },
	{ TDX_INIT_VCPU, NEVER_AFTER, TDX_FINALIZE_VM, EINVAL, "tdx_vcpu_unlocked_ioctl()" },
	{ TDX_INIT_MEM_REGION, NEEDS, TDX_INIT_VCPU, EINVAL, "tdx_vcpu_init_mem_region()" },
	{ TDX_INIT_MEM_REGION, NEEDS, CREATE_GUEST_MEMFD, EINVAL, "kvm_gmem_populate()" },
	{ TDX_INIT_MEM_REGION, NEEDS, SET_USER_MEMORY_REGION2, EINVAL, "kvm_gmem_populate()" },
	{ TDX_INIT_MEM_REGION, NEEDS, SET_MEMORY_ATTRIBUTES, EINVAL, "intel-tdx.rst" },
	{ TDX_INIT_MEM_REGION, NEVER_AFTER, TDX_FINALIZE_VM, EINVAL, "tdx_vcpu_unlocked_ioctl()" },
	{ TDX_FINALIZE_VM, NEEDS, TDX_INIT_VM, EINVAL, "tdx_td_finalize()" },
	{ TDX_FINALIZE_VM, NEVER_AFTER, TDX_FINALIZE_VM, EINVAL, "tdx_td_finalize()" },
	{ RUN, NEEDS, TDX_INIT_VCPU, EINVAL, "tdx_vcpu_needs_initialization()" },
	{ RUN, NEEDS, TDX_FINALIZE_VM, EINVAL, "tdx_vcpu_needs_initialization()" },
};

/* The launch in the shortest order that the rules allow. */
static const enum step tdx_order[] = {
	CREATE_VM, TDX_CAPABILITIES, SPLIT_IRQCHIP, TDX_INIT_VM,
	CREATE_VCPU, TDX_GET_CPUID, SET_CPUID2, TDX_INIT_VCPU,
	CREATE_GUEST_MEMFD, SET_USER_MEMORY_REGION2, SET_MEMORY_ATTRIBUTES, TDX_INIT_MEM_REGION,
	TDX_FINALIZE_VM, RUN,
};

/* ---- The kernel's side of the commands ------------------------------------------------- */

#define SUPPORTED_ATTRIBUTES	BIT(28)	/* SEPT_VE_DISABLE */
#define SUPPORTED_XFAM		0x602e7

/* The bits that can be configured; those of leaf 7 lack TSX, as in td_init_cpuid_entry2(). */
static const struct kvm_cpuid_entry2 configurable[] = {
	{ .function = 1, .eax = 0x0fff3fff, .ecx = 0x01044d8a, .edx = 0x10000000 },
	{ .function = 7, .ebx = 0xd03127eb, .ecx = 0x1b415f4e, .edx = 0x00a01400 },
	{ .function = 7, .index = 1, .eax = 0x00001c30 },
	{ .function = 0x80000008, .eax = 0x00ff0000, .ebx = 0x00000200 },
};

/* What the TDX module gives to the TD. */
static const struct kvm_cpuid_entry2 td_cpuid[] = {
	{ .function = 0, .eax = 7 },
	{ .function = 1, .ecx = BIT(21) },
	{ .function = 0x80000000, .eax = 0x80000008 },
	{ .function = 0x80000008, .eax = 0x00300034 },
};

static int tdx_capabilities(struct kvm_tdx_capabilities *caps)
{
	caps->supported_attrs = SUPPORTED_ATTRIBUTES;
	caps->supported_xfam = SUPPORTED_XFAM;
	return fill_cpuid(&caps->cpuid, configurable, ARRAY_SIZE(configurable));
}

static const struct kvm_cpuid_entry2 *configurable_entry(const struct kvm_cpuid_entry2 *e)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(configurable); i++)
		if (configurable[i].function == e->function && configurable[i].index == e->index)
			return &configurable[i];
	REFUSED("leaf %#x.%u", e->function, e->index);
}

/* setup_tdparams() and what the TDX module checks. */
static void check_init_vm(const struct kvm_tdx_init_vm *init)
{
	u32 i, width = 0;

	if (init->attributes & ~SUPPORTED_ATTRIBUTES || init->xfam & ~SUPPORTED_XFAM)
		REFUSED("attributes %#llx, xfam %#llx", init->attributes, init->xfam);
	for (i = 0; i < ARRAY_SIZE(init->reserved); i++)
		if (init->reserved[i])
			REFUSED("reserved fields that are not zero");
	for (i = 0; i < init->cpuid.nent; i++) {
		const struct kvm_cpuid_entry2 *e = &init->cpuid.entries[i];
		const struct kvm_cpuid_entry2 *mask = configurable_entry(e);

		if (e->eax & ~mask->eax || e->ebx & ~mask->ebx || e->ecx & ~mask->ecx ||
		    e->edx & ~mask->edx)
			REFUSED("bits of leaf %#x.%u", e->function, e->index);
		if (!(e->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX))
			REFUSED("leaf %#x for all subleaves", e->function);
		if (e->function == 0x80000008)
			width = e->eax >> 16 & 0xff;
	}
	if (width != 48 && width != 52)
		REFUSED("guest addresses of %u bits", width);
}

static void check_region(const struct kvm_tdx_init_mem_region *region)
{
	u64 page = region->gpa / PAGE_SIZE, end = page + region->nr_pages;

	if (!region->source_addr || region->source_addr % PAGE_SIZE || region->gpa % PAGE_SIZE ||
	    !region->nr_pages || region->gpa >> 47)
		REFUSED("%#llx pages from %#llx to gpa %#llx", region->nr_pages,
			region->source_addr, region->gpa);
	page_ranges_add(&recorder.launched, page, region->nr_pages);
	for (; page < end; page++)
		if (!page_ranges_has(&recorder.private, page) ||
		    !page_ranges_has(&recorder.gmem, page))
			REFUSED("page %#lx: not private or without guest_memfd", page);
}

static int tdx_step(struct recorded_vcpu *vcpu, const struct kvm_tdx_cmd *cmd)
{
	switch (cmd->id) {
	case KVM_TDX_CAPABILITIES:
		return take_step(TDX_CAPABILITIES, NULL) ?: tdx_capabilities((void *)cmd->data);
	case KVM_TDX_INIT_VM:
		check_init_vm((void *)cmd->data);
		return take_step(TDX_INIT_VM, NULL);
	case KVM_TDX_GET_CPUID:
		return take_step(TDX_GET_CPUID, vcpu) ?:
			fill_cpuid((void *)cmd->data, td_cpuid, ARRAY_SIZE(td_cpuid));
	case KVM_TDX_INIT_VCPU:
		if (take_step(TDX_INIT_VCPU, vcpu))
			return -1;
		return vcpu->x2apic ? 0 : refuse(EINVAL);
	case KVM_TDX_INIT_MEM_REGION:
		if (take_step(TDX_INIT_MEM_REGION, vcpu))
			return -1;
		check_region((void *)cmd->data);
		return 0;
	case KVM_TDX_FINALIZE_VM:
		return take_step(TDX_FINALIZE_VM, NULL);
	}
	REFUSED("command %u", cmd->id);
}

static bool is_for_vcpu(u32 id)
{
	return id == KVM_TDX_GET_CPUID || id == KVM_TDX_INIT_VCPU || id == KVM_TDX_INIT_MEM_REGION;
}

static int encrypt_op(struct recorded_vcpu *vcpu, void *arg)
{
	struct kvm_tdx_cmd *cmd = arg;
	int ret;

	if (cmd->flags || cmd->hw_error || is_for_vcpu(cmd->id) != !!vcpu)
		REFUSED("command %u with flags %#x, hw_error %#llx, of a %s", cmd->id, cmd->flags,
			cmd->hw_error, vcpu ? "vCPU" : "VM");
	ret = tdx_step(vcpu, cmd);
	cmd->hw_error = ret ? recorder.fail_hw_error : 0;
	return ret;
}

/* ---- Launches by the library ----------------------------------------------------------- */

#define TEST_GPA	(1ULL << 32)
#define TEST_SLOT	10

static void guest_code(u64 arg)
{
	GUEST_ASSERT(arg);
}

static struct kvm_vm *new_td(struct kvm_vcpu **vcpus, u32 nr)
{
	struct kvm_vm *vm;
	u32 i;

	recorder_start(tdx_rules, ARRAY_SIZE(tdx_rules));
	vm = tdx_vm_create(nr, 0);
	for (i = 0; i < nr; i++)
		vcpus[i] = tdx_vcpu_add(vm, i, guest_code, i);
	return vm;
}

static void assert_steps(const enum step *want, size_t nr)
{
	size_t i;

	for (i = 0; i < recorder.nr_steps; i++)
		printf("# step %s\n", step_names[recorder.steps[i]]);
	TEST_ASSERT_EQ(recorder.nr_steps, nr);
	for (i = 0; i < nr; i++)
		TEST_ASSERT(recorder.steps[i] == want[i], "step %zu: want %s, got %s", i,
			    step_names[want[i]], step_names[recorder.steps[i]]);
}

/* Every call, in order; pages and vCPUs only once. */
static void tdx_launch(void)
{
	static const enum step want[] = {
		CREATE_VM, CREATE_GUEST_MEMFD, SET_USER_MEMORY_REGION2, SPLIT_IRQCHIP,
		CREATE_GUEST_MEMFD, SET_USER_MEMORY_REGION2, TDX_CAPABILITIES, TDX_INIT_VM,
		CREATE_VCPU, TDX_GET_CPUID, SET_CPUID2, TDX_INIT_VCPU,
		SET_MEMORY_ATTRIBUTES, TDX_INIT_MEM_REGION, TDX_FINALIZE_VM, RUN,
	};
	struct kvm_vcpu *vcpus[2];
	struct kvm_vm *vm = new_td(vcpus, 2);

	tdx_init_memory(vcpus[1]);
	tdx_finalize(vm);
	vcpu_run(vcpus[0]);
	vcpu_run(vcpus[1]);
	assert_steps(want, ARRAY_SIZE(want));
	kvm_vm_free(vm);
}

/* The guest finds its program, stack, page tables and the reset vector, and no shared page. */
static void tdx_memory(void)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = new_td(&vcpu, 1);
	gva_t shared = vm_alloc_shared(vm, PAGE_SIZE, KVM_UTIL_MIN_VADDR, MEM_REGION_TEST_DATA);
	gpa_t program = addr_gva2gpa(vm, (gva_t)guest_code & ~(PAGE_SIZE - 1));
	gpa_t gdt = addr_gva2gpa(vm, vm->arch.gdt), idt = addr_gva2gpa(vm, vm->arch.idt);
	gpa_t stack = addr_gva2gpa(vm, DEFAULT_GUEST_STACK_VADDR_MIN);
	gpa_t shared_gpa = addr_gva2gpa(vm, shared);
	u64 pte = *vm_get_pte(vm, shared), code_pte = *vm_get_pte(vm, (gva_t)guest_code);
	u8 *boot = addr_gpa2hva(vm, TDX_BOOT_GPA);

	tdx_init_memory(vcpu);
	TEST_ASSERT(recorder_launched(program) && recorder_launched(vm->mmu.pgd) &&
		    recorder_launched(gdt) && recorder_launched(idt) && recorder_launched(stack),
		    "a page is missing");
	TEST_ASSERT(recorder_launched(TDX_BOOT_GPA) && !recorder_launched(shared_gpa),
		    "the reset vector is missing, or a shared page was launched");
	TEST_ASSERT(pte & BIT(47) && !(code_pte & BIT(47)), "PTE %#lx of shared memory, %#lx of "
		    "the program", pte, code_pte);
	TEST_ASSERT(boot[0xff0] == 0xe9 || boot[0xff0] == 0xeb, "no jump at the reset vector");
	kvm_vm_free(vm);
}

/* Memory under test. */
static void tdx_test_memory(void)
{
	static char content[PAGE_SIZE] __aligned(PAGE_SIZE);
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = new_td(&vcpu, 1);
	int fd = vm_create_guest_memfd(vm, 2 * PAGE_SIZE, 0);

	vm_set_user_memory_region2(vm, TEST_SLOT, KVM_MEM_GUEST_MEMFD, TEST_GPA, 2 * PAGE_SIZE,
				   NULL, fd, 0);
	tdx_init_memory(vcpu);
	tdx_init_page(vcpu, TEST_GPA, content);
	TEST_ASSERT(recorder_launched(TEST_GPA) && !recorder_launched(TEST_GPA + PAGE_SIZE),
		    "not the page that was asked for");
	tdx_finalize(vm);
	kvm_vm_free(vm);
}

/* The kind of VM of the migration tests: memory under test, launched and not, two vCPUs. */
static void tdx_kind(void)
{
	static const enum step want[] = {
		CREATE_VM, CREATE_GUEST_MEMFD, SET_USER_MEMORY_REGION2, SPLIT_IRQCHIP,
		CREATE_GUEST_MEMFD, SET_USER_MEMORY_REGION2, TDX_CAPABILITIES, TDX_INIT_VM,
		CREATE_GUEST_MEMFD, SET_USER_MEMORY_REGION2, SET_MEMORY_ATTRIBUTES,
		CREATE_VCPU, TDX_GET_CPUID, SET_CPUID2, TDX_INIT_VCPU,
		SET_MEMORY_ATTRIBUTES, TDX_INIT_MEM_REGION, TDX_FINALIZE_VM, RUN,
	};
	struct gmem_config config = { .nr_pages = 16, .nr_vcpus = 2, .seed = 1 };
	struct gmem_vm *gvm;

	recorder_start(tdx_rules, ARRAY_SIZE(tdx_rules));
	recorder.port = 0x2000;
	TEST_ASSERT(!vm_kind_tdx.launch->skip_reason(&vm_kind_tdx, create_vm(KVM_X86_TDX_VM)),
		    "no reason to skip");
	recorder_start(tdx_rules, ARRAY_SIZE(tdx_rules));
	gvm = gmem_vm_create(&vm_kind_tdx, &config);
	gmem_next_round(gvm);
	gmem_launch_fill(gvm, 3);
	TEST_ASSERT(recorder_launched(gmem_gpa(gvm, 3)) && !recorder_launched(gmem_gpa(gvm, 4)),
		    "not the page that was asked for");
	TEST_ASSERT(!recorder_launched(addr_hva2gpa(gvm->vm, gvm->vcpus[1].job)) &&
		    !recorder_launched(addr_hva2gpa(gvm->vm, gvm->pages)),
		    "the host cannot give commands");
	recorder.port = 0x2000;
	gmem_guest_fill(gvm);
	assert_steps(want, ARRAY_SIZE(want));
	gmem_vm_free(gvm);
}

static void tdx_kind_fails_first(void)
{
	struct gmem_config config = { .nr_pages = 16, .nr_vcpus = 1, .seed = 1 };

	recorder_start(tdx_rules, ARRAY_SIZE(tdx_rules));
	gmem_guest_fill(gmem_vm_create(&vm_kind_tdx, &config));
}

/* ---- The same calls in a wrong order --------------------------------------------------- */

static int tdx_command(int fd, u32 id, void *data)
{
	struct kvm_tdx_cmd cmd = { .id = id, .data = (uintptr_t)data };

	return ioctl(fd, KVM_MEMORY_ENCRYPT_OP, &cmd);
}

static int init_vm_command(int vm_fd)
{
	struct { struct kvm_tdx_init_vm init; struct kvm_cpuid_entry2 e; } args = {
		.init.cpuid.nent = 1,
		.e = { .function = 0x80000008, .flags = 1, .eax = 48 << 16 },
	};

	return tdx_command(vm_fd, KVM_TDX_INIT_VM, &args);
}

/* Takes one step, with good arguments.  Returns 0, or errno. */
static int do_step(enum step step)
{
	static int vm_fd, vcpu_fd;
	static char page[PAGE_SIZE] __aligned(PAGE_SIZE);
	static struct { struct kvm_tdx_capabilities caps; struct kvm_cpuid_entry2 e[8]; } caps;
	static struct { struct kvm_cpuid2 cpuid; struct kvm_cpuid_entry2 e[8]; } cpuid;
	struct kvm_enable_cap split = { .cap = KVM_CAP_SPLIT_IRQCHIP, .args = { 24 } };
	struct kvm_create_guest_memfd gmem = { .size = PAGE_SIZE };
	struct kvm_userspace_memory_region2 slot = {
		.flags = KVM_MEM_GUEST_MEMFD, .guest_phys_addr = TEST_GPA, .memory_size = PAGE_SIZE,
	};
	struct kvm_memory_attributes private = {
		.address = TEST_GPA, .size = PAGE_SIZE, .attributes = KVM_MEMORY_ATTRIBUTE_PRIVATE,
	};
	struct kvm_tdx_init_mem_region region = {
		.source_addr = (uintptr_t)page, .gpa = TEST_GPA, .nr_pages = 1,
	};
	int ret = -1;

	switch (step) {
	case CREATE_VM:
		vcpu_fd = -1;
		ret = vm_fd = ioctl(0, KVM_CREATE_VM, KVM_X86_TDX_VM);
		break;
	case SPLIT_IRQCHIP:
		ret = ioctl(vm_fd, KVM_ENABLE_CAP, &split);
		break;
	case CREATE_VCPU:
		ret = ioctl(vm_fd, KVM_CREATE_VCPU, 0);
		vcpu_fd = ret < 0 ? vcpu_fd : ret;
		break;
	case SET_CPUID2:
		ret = ioctl(vcpu_fd, KVM_SET_CPUID2, &cpuid);
		break;
	case CREATE_GUEST_MEMFD:
		ret = ioctl(vm_fd, KVM_CREATE_GUEST_MEMFD, &gmem);
		break;
	case SET_USER_MEMORY_REGION2:
		ret = ioctl(vm_fd, KVM_SET_USER_MEMORY_REGION2, &slot);
		break;
	case SET_MEMORY_ATTRIBUTES:
		ret = ioctl(vm_fd, KVM_SET_MEMORY_ATTRIBUTES, &private);
		break;
	case TDX_CAPABILITIES:
		caps.caps.cpuid.nent = ARRAY_SIZE(caps.e);
		ret = tdx_command(vm_fd, KVM_TDX_CAPABILITIES, &caps);
		break;
	case TDX_INIT_VM:
		ret = init_vm_command(vm_fd);
		break;
	case TDX_GET_CPUID:
		cpuid.cpuid.nent = ARRAY_SIZE(cpuid.e);
		ret = tdx_command(vcpu_fd, KVM_TDX_GET_CPUID, &cpuid);
		break;
	case TDX_INIT_VCPU:
		ret = tdx_command(vcpu_fd, KVM_TDX_INIT_VCPU, NULL);
		break;
	case TDX_INIT_MEM_REGION:
		ret = tdx_command(vcpu_fd, KVM_TDX_INIT_MEM_REGION, &region);
		break;
	case TDX_FINALIZE_VM:
		ret = tdx_command(vm_fd, KVM_TDX_FINALIZE_VM, NULL);
		break;
	case RUN:
		ret = ioctl(vcpu_fd, KVM_RUN, NULL);
		break;
	case NR_STEPS:
		break;
	}
	return ret < 0 ? errno : 0;
}

/* Takes the steps of @order before @until, except @left_out and what fails without it. */
static void do_order_without(const enum step *order, enum step left_out, enum step until)
{
	for (; *order != until; order++)
		if (*order != left_out)
			do_step(*order);
}

static void tdx_order_is_allowed(void)
{
	size_t i;

	recorder_start(tdx_rules, ARRAY_SIZE(tdx_rules));
	for (i = 0; i < ARRAY_SIZE(tdx_order); i++)
		TEST_ASSERT(!do_step(tdx_order[i]), "%s: %s", step_names[tdx_order[i]],
			    strerror(errno));
	assert_steps(tdx_order, ARRAY_SIZE(tdx_order));
}

/* Breaks each rule by a launch that is right except for that. */
static void tdx_rules_hold(void)
{
	const struct rule *rule;
	int error;

	for (rule = tdx_rules; rule < tdx_rules + ARRAY_SIZE(tdx_rules); rule++) {
		recorder_start(tdx_rules, ARRAY_SIZE(tdx_rules));
		if (rule->relation == NEEDS)
			do_order_without(tdx_order, rule->other, rule->step);
		else
			do_order_without(tdx_order, NR_STEPS, RUN);
		recorder.broken = NULL;
		error = do_step(rule->step);
		printf("# %s %s %s: %s, %s\n", step_names[rule->step],
		       rule->relation == NEEDS ? "without" : "after", step_names[rule->other],
		       strerror(error), rule->where);
		TEST_ASSERT_EQ(error, rule->error);
		TEST_ASSERT(recorder.broken && recorder.broken->step == rule->step,
			    "%s was refused for another reason", step_names[rule->step]);
	}
}

/* ---- Guest code: TDCALL is SIGILL here, and the handler answers for the TDX module ------ */

#define ACCEPT_GPA	0x123456000ULL

static struct {
	u64 exit_reason;	/* why the guest took #VE */
	u64 accept;		/* status of TDG.MEM.PAGE.ACCEPT */
	u64 fatal;		/* error code that the guest gave up with */
	int accepts, writes;
} module;

#define REG(context, name)	((context)->uc_mcontext.gregs[REG_##name])

/* TDG.VP.VMCALL: an I/O write of a byte, or ReportFatalError. */
static void answer_vmcall(ucontext_t *regs)
{
	TEST_ASSERT_EQ(REG(regs, RCX), 0xfc00);
	TEST_ASSERT_EQ(REG(regs, R10), 0);
	if (REG(regs, R11) == 30) {
		TEST_ASSERT_EQ(REG(regs, R12), 1);
		TEST_ASSERT_EQ(REG(regs, R13), 1);
		TEST_ASSERT_EQ(REG(regs, R14), 0x2345);
		module.writes++;
	} else {
		TEST_ASSERT_EQ(REG(regs, R11), 0x10003);
		module.fatal = REG(regs, R12);
	}
	REG(regs, RAX) = REG(regs, R10) = 0;
	REG(regs, R11) = REG(regs, R12) = REG(regs, R13) = REG(regs, R14) = REG(regs, R15) = -1;
}

static void answer_tdcall(int signum, siginfo_t *info, void *context)
{
	ucontext_t *regs = context;

	(void)info;
	TEST_ASSERT(signum == SIGILL && !memcmp((void *)REG(regs, RIP), "\x66\x0f\x01\xcc", 4),
		    "not TDCALL");
	switch (REG(regs, RAX)) {
	case 0:
		answer_vmcall(regs);
		break;
	case 3:		/* TDG.VP.VEINFO.GET */
		REG(regs, RAX) = 0;
		REG(regs, RCX) = module.exit_reason;
		REG(regs, R9) = ACCEPT_GPA + 0x123;
		REG(regs, RDX) = REG(regs, R8) = REG(regs, R10) = -1;
		break;
	case 6:		/* TDG.MEM.PAGE.ACCEPT of 4 KiB */
		TEST_ASSERT_EQ(REG(regs, RCX), ACCEPT_GPA);
		REG(regs, RAX) = module.accept;
		REG(regs, RCX) = REG(regs, RDX) = -1;
		module.accepts++;
		break;
	default:
		TEST_FAIL("TDCALL %lld", REG(regs, RAX));
	}
	REG(regs, RIP) += 4;
}

/* The guest takes #VE; returns the error code that it gives up with, or 0. */
static u64 take_ve(u64 exit_reason, u64 accept)
{
	struct ex_regs regs = {};

	module.exit_reason = exit_reason;
	module.accept = accept;
	module.fatal = 0;
	tdx_guest_ve(&regs);
	return module.fatal;
}

static void tdx_guest_calls(void)
{
	const struct sigaction action = {
		.sa_sigaction = answer_tdcall, .sa_flags = SA_SIGINFO | SA_NODEFER,
	};

	sigaction(SIGILL, &action, NULL);
	tdx_guest_out(0x2345);
	TEST_ASSERT_EQ(module.writes, 1);
	TEST_ASSERT_EQ(take_ve(48, 0), 0);
	/* Another vCPU was first, or holds a lock. */
	TEST_ASSERT_EQ(take_ve(48, 0x00000b0a00000000), 0);
	TEST_ASSERT_EQ(take_ve(48, 0x8000020000000001), 0);
	TEST_ASSERT_EQ(module.accepts, 3);
	/* The page is in no state to be accepted; CPUID caused #VE. */
	TEST_ASSERT_EQ(take_ve(48, 0xc0000b0d00000001), 0x40000b0d);
	TEST_ASSERT_EQ(take_ve(10, 0), 10);
}

/* ---- Failures -------------------------------------------------------------------------- */

static void tdx_vcpu_too_late(void)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = new_td(&vcpu, 1);

	tdx_init_memory(vcpu);
	tdx_finalize(vm);
	tdx_vcpu_add(vm, 1, guest_code, 0);
}

static void tdx_finalize_twice(void)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = new_td(&vcpu, 1);

	tdx_finalize(vm);
	tdx_finalize(vm);
}

static void tdx_run_too_early(void)
{
	struct kvm_vcpu *vcpu;

	new_td(&vcpu, 1);
	vcpu_run(vcpu);
}

/* The guest did not understand the TDX module. */
static void tdx_first_run_fails(void)
{
	struct kvm_vcpu *vcpu;

	new_td(&vcpu, 1);
	vcpu->run->exit_reason = KVM_EXIT_SYSTEM_EVENT;
	vcpu->run->system_event.data[12] = 0x1f;
	tdx_fail_run(vcpu);
}

static void tdx_attributes_refused(void)
{
	struct kvm_vcpu *vcpu;

	new_td(&vcpu, 1);
	recorder_fail(SET_MEMORY_ATTRIBUTES, ENOMEM, 0);
	tdx_init_memory(vcpu);
}

static void fail_init_vm(int error, u64 hw_error)
{
	recorder_start(tdx_rules, ARRAY_SIZE(tdx_rules));
	recorder_fail(TDX_INIT_VM, error, hw_error);
	tdx_vm_create(1, 0);
}

static void tdx_operand_invalid(void)
{
	fail_init_vm(EINVAL, 0xc000010000000001);
}

static void tdx_unknown_error(void)
{
	fail_init_vm(EIO, 0xc0ffee0000000000);
}

/* Only two errors mean that the machine cannot. */
static void tdx_no_room(void)
{
	static const struct { int error; const char *text; } reasons[] = {
		{ ENOSPC, "no TDX key ID is free" }, { EBUSY, "the misc cgroup allows no further" },
		{ EINVAL, NULL }, { EIO, NULL }, { ENOMEM, NULL },
	};
	const char *reason;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(reasons); i++) {
		recorder_start(tdx_rules, ARRAY_SIZE(tdx_rules));
		recorder_fail(TDX_INIT_VM, reasons[i].error, 0);
		reason = tdx_skip_reason(create_vm(KVM_X86_TDX_VM));
		TEST_ASSERT(reasons[i].text ? reason && strstr(reason, reasons[i].text) : !reason,
			    "error %d: %s", reasons[i].error, reason);
	}
}

static void tdx_too_many_vcpus(void)
{
	become_program();
	recorder_start(tdx_rules, ARRAY_SIZE(tdx_rules));
	tdx_vm_create(MAX_VCPUS + 1, 0);
}

static const struct library_case cases[] = {
	LIBRARY_CASE(tdx_order_is_allowed, 0),
	LIBRARY_CASE(tdx_rules_hold, 0),
	LIBRARY_CASE(tdx_launch, 0),
	LIBRARY_CASE(tdx_memory, 0),
	LIBRARY_CASE(tdx_test_memory, 0),
	LIBRARY_CASE(tdx_kind, 0),
	LIBRARY_CASE(tdx_kind_fails_first, STATUS_ASSERTION,
		     "step: KVM_RUN of the first command: exit 2 (IO)"),
	LIBRARY_CASE(tdx_guest_calls, 0),
	LIBRARY_CASE(tdx_vcpu_too_late, STATUS_ASSERTION, "KVM_CREATE_VCPU", "Input/output error"),
	LIBRARY_CASE(tdx_run_too_early, STATUS_ASSERTION, "KVM_RUN", "Invalid argument"),
	LIBRARY_CASE(tdx_finalize_twice, STATUS_ASSERTION, "KVM_TDX_FINALIZE_VM failed",
		     "never ran on hardware", "step: KVM_TDX_FINALIZE_VM",
		     "errno: 22 (Invalid argument)", "hw_error: 0 (KVM failed", "kernel: ",
		     "repeat: /", "attributes 0x10000000, xfam 0x602e7, 4 CPUID leaves"),
	LIBRARY_CASE(tdx_first_run_fails, STATUS_ASSERTION,
		     "step: KVM_RUN of the first command: exit 24 (SYSTEM_EVENT), code 0x1f"),
	LIBRARY_CASE(tdx_attributes_refused, STATUS_ASSERTION, "step: KVM_SET_MEMORY_ATTRIBUTES",
		     "errno: 12"),
	LIBRARY_CASE(tdx_operand_invalid, STATUS_ASSERTION, "step: KVM_TDX_INIT_VM",
		     "hw_error: 0xc000010000000001 (TDX_OPERAND_INVALID, operand RCX)"),
	LIBRARY_CASE(tdx_unknown_error, STATUS_ASSERTION, "errno: 5",
		     "hw_error: 0xc0ffee0000000000 (not in the kernel's"),
	LIBRARY_CASE(tdx_no_room, 0),
	LIBRARY_CASE(tdx_too_many_vcpus, KSFT_SKIP, "# SKIP KVM allows a TD fewer vCPUs"),
};

int main(int argc, char *argv[])
{
	return run_library_cases(argc, argv, cases, ARRAY_SIZE(cases));
}
