// SPDX-License-Identifier: GPL-2.0-only
/* vCPUs: add, run, and report how they ended up. */
#include <pthread.h>

#include "kvm_util.h"
#include "ucall_common.h"

/* ---- Add and remove -------------------------------------------------------------------- */

/* Bytes of the area that a vCPU shares with user space. */
static size_t vcpu_mmap_size(struct kvm_vm *vm)
{
	int size = __kvm_ioctl(vm->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, NULL);

	TEST_ASSERT(size >= (int)sizeof(struct kvm_run),
		    KVM_IOCTL_ERROR(KVM_GET_VCPU_MMAP_SIZE, size));
	return size;
}

struct kvm_vcpu *__vm_vcpu_add(struct kvm_vm *vm, u32 vcpu_id)
{
	struct kvm_vcpu *vcpu;

	for (vcpu = vm->vcpus; vcpu; vcpu = vcpu->next)
		TEST_ASSERT(vcpu->id != vcpu_id, "there is a vCPU %u already", vcpu_id);

	vcpu = calloc(1, sizeof(*vcpu));
	TEST_ASSERT(vcpu, "out of memory");
	vcpu->id = vcpu_id;
	vcpu->vm = vm;
	vcpu->fd = __vm_ioctl(vm, KVM_CREATE_VCPU, (void *)(uintptr_t)vcpu_id);
	TEST_ASSERT_VM_VCPU_IOCTL(vcpu->fd >= 0, KVM_CREATE_VCPU, vcpu->fd, vm);
	vcpu->run = kvm_mmap(vcpu_mmap_size(vm), PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd);

	vcpu->next = vm->vcpus;
	vm->vcpus = vcpu;
	return vcpu;
}

struct kvm_vcpu *vm_vcpu_add(struct kvm_vm *vm, u32 vcpu_id, void *guest_code)
{
	struct kvm_vcpu *vcpu = vm_arch_vcpu_add(vm, vcpu_id);

	vcpu_arch_set_entry_point(vcpu, guest_code);
	return vcpu;
}

struct kvm_vcpu *vm_vcpu_recreate(struct kvm_vm *vm, u32 vcpu_id)
{
	return vm_arch_vcpu_recreate(vm, vcpu_id);
}

struct kvm_vcpu *vm_recreate_with_one_vcpu(struct kvm_vm *vm)
{
	kvm_vm_restart(vm);
	return vm_vcpu_recreate(vm, 0);
}

/* ---- How vCPUs ended up ---------------------------------------------------------------- */

/*
 * An exit that the guest may not survive is described at once, because the registers may be out
 * of reach when the test fails: another thread may notice, or the VM be gone.  Reports are kept
 * until the vCPU runs again or is freed, and come out with a failed assertion.
 */
static pthread_mutex_t reports_lock = PTHREAD_MUTEX_INITIALIZER;
static struct kvm_vcpu *reported_vcpus;

static void vcpu_forget_exit(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu **link = &reported_vcpus;

	if (!vcpu->exit_report)
		return;
	pthread_mutex_lock(&reports_lock);
	while (*link != vcpu)
		link = &(*link)->next_reported;
	*link = vcpu->next_reported;
	free(vcpu->exit_report);
	vcpu->exit_report = NULL;
	pthread_mutex_unlock(&reports_lock);
}

/* Exits that a test seldom wants, or that leave the guest unable to go on. */
static bool is_worth_a_report(struct kvm_vcpu *vcpu)
{
	switch (vcpu->run->exit_reason) {
	case KVM_EXIT_SHUTDOWN:
	case KVM_EXIT_INTERNAL_ERROR:
	case KVM_EXIT_FAIL_ENTRY:
	case KVM_EXIT_UNKNOWN:
		return true;
	case KVM_EXIT_MMIO:
		return !ucall_arch_get_ucall(vcpu);
	}
	return false;
}

/* What the exit says beyond its reason. */
static void dump_exit_details(FILE *stream, struct kvm_run *run)
{
	u32 i;

	switch (run->exit_reason) {
	case KVM_EXIT_INTERNAL_ERROR:
		fprintf(stream, "  suberror %u%s, data", run->internal.suberror,
			run->internal.suberror == KVM_INTERNAL_ERROR_EMULATION ?
			" (KVM cannot emulate the instruction at rip)" : "");
		for (i = 0; i < min_t(u32, run->internal.ndata, 16); i++)
			fprintf(stream, " %#llx", run->internal.data[i]);
		fprintf(stream, "\n");
		break;
	case KVM_EXIT_FAIL_ENTRY:
		fprintf(stream, "  hardware entry failure reason %#llx, host CPU %u\n",
			run->fail_entry.hardware_entry_failure_reason, run->fail_entry.cpu);
		break;
	case KVM_EXIT_MMIO:
		fprintf(stream, "  %s of %u bytes at gpa %#llx, where no usable memory is\n",
			run->mmio.is_write ? "write" : "read", run->mmio.len,
			run->mmio.phys_addr);
		break;
	case KVM_EXIT_MEMORY_FAULT:
		fprintf(stream, "  gpa %#llx, %#llx bytes, flags %#llx (%s)\n",
			run->memory_fault.gpa, run->memory_fault.size, run->memory_fault.flags,
			run->memory_fault.flags & KVM_MEMORY_EXIT_FLAG_PRIVATE ?
			"private" : "shared");
		break;
	}
}

static void vcpu_report_exit(struct kvm_vcpu *vcpu, int ret, int error)
{
	struct kvm_run *run = vcpu->run;
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return;
	fprintf(stream, "vCPU %u exited: reason %u (%s)", vcpu->id, run->exit_reason,
		exit_reason_str(run->exit_reason));
	if (ret)
		fprintf(stream, ", KVM_RUN failed with errno %d (%s)", error, strerror(error));
	fprintf(stream, "\n");
	dump_exit_details(stream, run);
	vcpu_dump(stream, vcpu, 2);
	fclose(stream);

	pthread_mutex_lock(&reports_lock);
	vcpu->exit_report = text;
	vcpu->next_reported = reported_vcpus;
	reported_vcpus = vcpu;
	pthread_mutex_unlock(&reports_lock);
}

void kvm_dump_exits(FILE *stream)
{
	struct kvm_vcpu *vcpu;

	/* A failure inside the reports above must not wait for itself. */
	if (pthread_mutex_trylock(&reports_lock))
		return;
	for (vcpu = reported_vcpus; vcpu; vcpu = vcpu->next_reported)
		fputs(vcpu->exit_report, stream);
	pthread_mutex_unlock(&reports_lock);
}

void vm_vcpu_free_all(struct kvm_vm *vm)
{
	struct kvm_vcpu *vcpu;

	while ((vcpu = vm->vcpus)) {
		vm->vcpus = vcpu->next;
		vcpu_forget_exit(vcpu);
		if (vcpu->dirty_gfns)
			kvm_munmap(vcpu->dirty_gfns, vm->dirty_ring_size);
		kvm_munmap(vcpu->run, vcpu_mmap_size(vm));
		kvm_close(vcpu->fd);
		vcpu_arch_free(vcpu);
		free(vcpu);
	}
}

/* ---- Run ------------------------------------------------------------------------------- */

int _vcpu_run(struct kvm_vcpu *vcpu)
{
	int ret, error;

	vcpu_forget_exit(vcpu);
	do {
		ret = __vcpu_run(vcpu);
	} while (ret == -1 && errno == EINTR);

	if (ret || is_worth_a_report(vcpu)) {
		error = errno;
		vcpu_report_exit(vcpu, ret, error);
		errno = error;
	}
	if (!ret)
		assert_on_unhandled_exception(vcpu);
	return ret;
}

void vcpu_run(struct kvm_vcpu *vcpu)
{
	int ret = _vcpu_run(vcpu);

	TEST_ASSERT_VM_VCPU_IOCTL(!ret, KVM_RUN, ret, vcpu->vm);
}

void vcpu_run_complete_io(struct kvm_vcpu *vcpu)
{
	int ret, error = errno;
	struct kvm_run *run = vcpu->run;

	run->immediate_exit = 1;
	ret = __vcpu_run(vcpu);
	run->immediate_exit = 0;
	TEST_ASSERT(ret == -1 && errno == EINTR,
		    "KVM_RUN was to finish an I/O and return: " __KVM_SYSCALL_ERROR("it", ret));
	errno = error;	/* a test that fails now has nothing to do with this EINTR */
}

const char *exit_reason_str(unsigned int exit_reason)
{
#define EXIT(name)	case KVM_EXIT_##name: return #name
	switch (exit_reason) {
	EXIT(UNKNOWN);
	EXIT(EXCEPTION);
	EXIT(IO);
	EXIT(HYPERCALL);
	EXIT(DEBUG);
	EXIT(HLT);
	EXIT(MMIO);
	EXIT(IRQ_WINDOW_OPEN);
	EXIT(SHUTDOWN);
	EXIT(FAIL_ENTRY);
	EXIT(INTR);
	EXIT(INTERNAL_ERROR);
	EXIT(SYSTEM_EVENT);
	EXIT(X86_RDMSR);
	EXIT(X86_WRMSR);
	EXIT(DIRTY_RING_FULL);
	EXIT(X86_BUS_LOCK);
	EXIT(NOTIFY);
	EXIT(MEMORY_FAULT);
	}
#undef EXIT
	return "unknown";
}

/* ---- Look at, pin ---------------------------------------------------------------------- */

void vcpu_dump(FILE *stream, struct kvm_vcpu *vcpu, u8 indent)
{
	vcpu_arch_dump(stream, vcpu, indent);
}

int __pin_task_to_cpu(pthread_t task, int cpu)
{
	cpu_set_t mask;

	CPU_ZERO(&mask);
	CPU_SET(cpu, &mask);
	return pthread_setaffinity_np(task, sizeof(mask), &mask);
}

void pin_task_to_cpu(pthread_t task, int cpu)
{
	int ret = __pin_task_to_cpu(task, cpu);

	TEST_ASSERT(!ret, "cannot pin a thread to CPU %d: %s", cpu, strerror(ret));
}
