// SPDX-License-Identifier: GPL-2.0-only
/* vCPUs: create, free, dump and pin. */
#include <pthread.h>

#include "kvm_util.h"

/* ---- Add and remove -------------------------------------------------------------------- */

/* Returns the size of the vCPU's kvm_run mapping in bytes. */
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
		TEST_ASSERT(vcpu->id != vcpu_id, "vCPU %u exists already", vcpu_id);

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

void vm_vcpu_free_all(struct kvm_vm *vm)
{
	struct kvm_vcpu *vcpu;

	while ((vcpu = vm->vcpus)) {
		vm->vcpus = vcpu->next;
		vcpu_free_exit_report(vcpu);
		if (vcpu->dirty_gfns)
			kvm_munmap(vcpu->dirty_gfns, vm->dirty_ring_size);
		kvm_munmap(vcpu->run, vcpu_mmap_size(vm));
		kvm_close(vcpu->fd);
		vcpu_arch_free(vcpu);
		free(vcpu);
	}
}

/* ---- Exits ----------------------------------------------------------------------------- */

void vcpu_run_complete_io(struct kvm_vcpu *vcpu)
{
	int ret, error = errno;
	struct kvm_run *run = vcpu->run;

	run->immediate_exit = 1;
	ret = __vcpu_run(vcpu);
	run->immediate_exit = 0;
	TEST_ASSERT(ret == -1 && errno == EINTR,
		    "KVM_RUN must complete the I/O and fail with EINTR: "
		    __KVM_SYSCALL_ERROR("it", ret));
	errno = error;	/* a later failure must not report this EINTR */
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

/* ---- Dump and pin ---------------------------------------------------------------------- */

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
