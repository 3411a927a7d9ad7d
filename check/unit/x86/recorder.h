/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A KVM for unit tests: it records the ioctls of a launch, and answers as the kernel does.
 *
 * There is no guest and no firmware.  A table of rules says which order of calls the kernel
 * refuses, with which error, and where the kernel does that.
 */
#ifndef CHECK_UNIT_RECORDER_H
#define CHECK_UNIT_RECORDER_H

#include <sys/syscall.h>

#include "kvm_util.h"
#include "processor.h"

/* ---- The steps of a launch, and their rules -------------------------------------------- */

/* Named as their ioctl or its command, without queries. */
#define STEPS(S)									\
	S(CREATE_VM) S(SPLIT_IRQCHIP) S(CREATE_VCPU) S(SET_CPUID2)			\
	S(CREATE_GUEST_MEMFD) S(SET_USER_MEMORY_REGION2) S(SET_MEMORY_ATTRIBUTES)	\
	S(TDX_CAPABILITIES) S(TDX_INIT_VM) S(TDX_GET_CPUID) S(TDX_INIT_VCPU)		\
	S(TDX_INIT_MEM_REGION) S(TDX_FINALIZE_VM) S(RUN)

#define STEP_ENUM(name)	name,
enum step { STEPS(STEP_ENUM) NR_STEPS };

#define STEP_NAME(name)	#name,
static const char * const step_names[] = { STEPS(STEP_NAME) };

/* @step fails with @error if @other has not been done (NEEDS), or has been (NEVER_AFTER). */
struct rule {
	enum step step;
	enum { NEEDS, NEVER_AFTER } relation;
	enum step other;
	int error;
	const char *where;	/* function of the kernel, or document */
};

/* ---- What happened --------------------------------------------------------------------- */

#define MAX_VCPUS	4
#define MAX_STEPS	64

static struct {
	const struct rule *rules;
	size_t nr_rules;
	unsigned long type;			/* of the VM */
	u64 done;				/* steps of the VM, a bit each */
	struct recorded_vcpu {
		int fd;
		u64 done;			/* steps of the vCPU */
		bool x2apic;			/* its CPUID has it */
	} vcpus[MAX_VCPUS];
	size_t nr_vcpus;
	enum step steps[MAX_STEPS];		/* repetitions of one or more steps only once */
	size_t nr_steps;
	const struct rule *broken;		/* the last one */
	enum step fail;				/* this step fails once */
	int fail_error;
	u64 fail_hw_error;
	u16 port;
	struct page_ranges private, gmem, launched;	/* guest page numbers */
} recorder = { .fail = NR_STEPS };

/* Obey @rules from now on. */
static void recorder_start(const struct rule *rules, size_t nr)
{
	memset(&recorder, 0, sizeof(recorder));
	recorder.rules = rules;
	recorder.nr_rules = nr;
	recorder.fail = NR_STEPS;
}

/* Fail @step once, with errno @error and with @hw_error of the firmware. */
static void __maybe_unused recorder_fail(enum step step, int error, u64 hw_error)
{
	recorder.fail = step;
	recorder.fail_error = error;
	recorder.fail_hw_error = hw_error;
}

/* Whether the page at @gpa is in the launched memory. */
static bool __maybe_unused recorder_launched(gpa_t gpa)
{
	return page_ranges_has(&recorder.launched, gpa / PAGE_SIZE);
}

/* Drops the last steps where they repeat the ones before. */
static void drop_repetition(void)
{
	size_t nr, size = sizeof(enum step);

	for (nr = 1; nr * 2 <= recorder.nr_steps; nr++) {
		enum step *last = recorder.steps + recorder.nr_steps - nr;

		if (!memcmp(last, last - nr, nr * size)) {
			recorder.nr_steps -= nr;
			return;
		}
	}
}

static int refuse(int error)
{
	errno = error;
	return -1;
}

/* Takes a step of the VM, or of @vcpu.  Returns 0, or -1 with errno. */
static int take_step(enum step step, struct recorded_vcpu *vcpu)
{
	u64 done = recorder.done | (vcpu ? vcpu->done : 0);
	size_t i;

	for (i = 0; i < recorder.nr_rules; i++) {
		const struct rule *rule = &recorder.rules[i];

		if (rule->step == step &&
		    !!(done & BIT(rule->other)) == (rule->relation == NEVER_AFTER)) {
			recorder.broken = rule;
			return refuse(rule->error);
		}
	}
	if (recorder.fail == step) {
		recorder.fail = NR_STEPS;
		return refuse(recorder.fail_error);
	}
	*(vcpu ? &vcpu->done : &recorder.done) |= BIT(step);
	TEST_ASSERT(recorder.nr_steps < MAX_STEPS, "too many steps");
	recorder.steps[recorder.nr_steps++] = step;
	drop_repetition();
	return 0;
}

/* Fails the test: an argument that the kernel would refuse, or an ioctl that it cannot answer. */
#define REFUSED(what, ...)	TEST_FAIL("the kernel refuses " what, ##__VA_ARGS__)

/* ---- /dev/kvm -------------------------------------------------------------------------- */

#define RUN_SIZE	(3 * PAGE_SIZE)

/* A descriptor that can be mapped, duplicated and closed. */
static int new_fd(size_t size)
{
	return kvm_memfd_alloc(size, false);
}

int open(const char *path, int flags, ...)
{
	if (!strcmp(path, KVM_DEV_PATH))
		return new_fd(0);
	return syscall(SYS_openat, AT_FDCWD, path, flags, 0);
}

static int check_extension(long cap)
{
	switch (cap) {
	case KVM_CAP_VM_TYPES:
		return BIT(KVM_X86_DEFAULT_VM) | BIT(KVM_X86_TDX_VM);
	case KVM_CAP_MAX_VCPUS:
		return MAX_VCPUS;
	case KVM_CAP_GUEST_MEMFD_FLAGS:
		return 0;
	}
	return 1;
}

static int fill_cpuid(struct kvm_cpuid2 *to, const struct kvm_cpuid_entry2 *from, u32 nr)
{
	if (to->nent < nr) {
		to->nent = nr;
		return refuse(E2BIG);
	}
	memcpy(to->entries, from, nr * sizeof(*from));
	to->nent = nr;
	return 0;
}

/* A CPU with more features than a TD can have. */
static const struct kvm_cpuid_entry2 host_cpuid[] = {
	{ .function = 0, .eax = 7 },
	{ .function = 1, .eax = 0x806f8, .ecx = 0xfffabfff, .edx = 0x1f8bfbff },
	{ .function = 7, .flags = 1, .eax = 1, .ebx = ~0U, .ecx = ~0U, .edx = ~0U },
	{ .function = 7, .index = 1, .flags = 1, .eax = ~0U },
	{ .function = 0x80000000, .eax = 0x80000008 },
	{ .function = 0x80000008, .eax = 0x00343934 },
};

/* ---- A VM ------------------------------------------------------------------------------ */

static int create_vm(unsigned long type)
{
	if (take_step(CREATE_VM, NULL))
		return -1;
	recorder.type = type;
	return new_fd(0);
}

static int create_vcpu(void)
{
	struct recorded_vcpu *vcpu = &recorder.vcpus[recorder.nr_vcpus];

	if (take_step(CREATE_VCPU, NULL))
		return -1;
	TEST_ASSERT(recorder.nr_vcpus++ < MAX_VCPUS, "too many vCPUs");
	vcpu->fd = new_fd(RUN_SIZE);
	return vcpu->fd;
}

static struct recorded_vcpu *vcpu_of(int fd)
{
	size_t i;

	for (i = 0; i < recorder.nr_vcpus; i++)
		if (recorder.vcpus[i].fd == fd)
			return &recorder.vcpus[i];
	return NULL;
}

static int enable_cap(const struct kvm_enable_cap *cap)
{
	if (cap->cap != KVM_CAP_SPLIT_IRQCHIP)
		REFUSED("capability %u", cap->cap);
	return take_step(SPLIT_IRQCHIP, NULL);
}

static int set_region(const struct kvm_userspace_memory_region2 *region)
{
	if (region->flags & KVM_MEM_GUEST_MEMFD)
		page_ranges_add(&recorder.gmem, region->guest_phys_addr / PAGE_SIZE,
				region->memory_size / PAGE_SIZE);
	return take_step(SET_USER_MEMORY_REGION2, NULL);
}

static int set_attributes(const struct kvm_memory_attributes *args)
{
	u64 page = args->address / PAGE_SIZE, nr = args->size / PAGE_SIZE;

	if (args->attributes & KVM_MEMORY_ATTRIBUTE_PRIVATE)
		page_ranges_add(&recorder.private, page, nr);
	else
		page_ranges_remove(&recorder.private, page, nr);
	return take_step(SET_MEMORY_ATTRIBUTES, NULL);
}

/* The guest writes to @recorder.port, whatever it was asked to do. */
static int run(struct recorded_vcpu *vcpu)
{
	struct kvm_run *run = kvm_mmap(RUN_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd);
	int ret = take_step(RUN, vcpu);

	run->exit_reason = KVM_EXIT_IO;
	run->io.port = recorder.port;
	kvm_munmap(run, RUN_SIZE);
	return ret;
}

static int set_cpuid(struct recorded_vcpu *vcpu, const struct kvm_cpuid2 *cpuid)
{
	vcpu->x2apic = kvm_cpuid_has(cpuid, X86_FEATURE_X2APIC);
	return take_step(SET_CPUID2, vcpu);
}

/* KVM_MEMORY_ENCRYPT_OP; @vcpu is NULL for a VM. */
static int encrypt_op(struct recorded_vcpu *vcpu, void *arg);

int ioctl(int fd, unsigned long request, ...)
{
	struct recorded_vcpu *vcpu = vcpu_of(fd);
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (fd < 0)
		return refuse(EBADF);
	switch (request) {
	case KVM_CHECK_EXTENSION:
		return check_extension((long)arg);
	case KVM_GET_VCPU_MMAP_SIZE:
		return RUN_SIZE;
	case KVM_GET_SUPPORTED_CPUID:
		return fill_cpuid(arg, host_cpuid, ARRAY_SIZE(host_cpuid));
	case KVM_GET_TSC_KHZ:
		return 1000000;
	case KVM_GET_CPUID2:
		return 0;
	case KVM_CREATE_VM:
		return create_vm((unsigned long)arg);
	case KVM_CREATE_IRQCHIP:
		/* A TD has protected EOIs. */
		return recorder.type == KVM_X86_TDX_VM ? refuse(ENOTTY) : 0;
	case KVM_ENABLE_CAP:
		return enable_cap(arg);
	case KVM_CREATE_GUEST_MEMFD:
		return take_step(CREATE_GUEST_MEMFD, NULL) ?: new_fd(0);
	case KVM_SET_USER_MEMORY_REGION2:
		return set_region(arg);
	case KVM_SET_MEMORY_ATTRIBUTES:
		return set_attributes(arg);
	case KVM_CREATE_VCPU:
		return create_vcpu();
	case KVM_SET_CPUID2:
		return set_cpuid(vcpu, arg);
	case KVM_MEMORY_ENCRYPT_OP:
		return encrypt_op(vcpu, arg);
	case KVM_RUN:
		return run(vcpu);
	case KVM_GET_REGS:
		return refuse(EINVAL);
	}
	REFUSED("ioctl %#lx", request);
}

#endif /* CHECK_UNIT_RECORDER_H */
