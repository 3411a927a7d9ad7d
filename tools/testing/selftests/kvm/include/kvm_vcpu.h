/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vCPUs: add, run, dump and pin.  Include kvm_util.h, which includes this file.
 */
#ifndef SELFTEST_KVM_VCPU_H
#define SELFTEST_KVM_VCPU_H

/* ---- Add vCPUs ------------------------------------------------------------------------- */

/* Adds a vCPU with a stack, ready to enter @guest_code. */
struct kvm_vcpu *vm_vcpu_add(struct kvm_vm *vm, u32 vcpu_id, void *guest_code);

/* Only calls KVM_CREATE_VCPU and maps struct kvm_run. */
struct kvm_vcpu *__vm_vcpu_add(struct kvm_vm *vm, u32 vcpu_id);

/* Add a vCPU after kvm_vm_restart(); the test then restores its saved state. */
struct kvm_vcpu *vm_vcpu_recreate(struct kvm_vm *vm, u32 vcpu_id);
struct kvm_vcpu *vm_recreate_with_one_vcpu(struct kvm_vm *vm);

/*
 * Sets the first @num arguments of the guest function that @vcpu will enter, each a u64.
 * x86 allows at most 6.
 */
void vcpu_args_set(struct kvm_vcpu *vcpu, unsigned int num, ...);

/* ---- Run vCPUs ------------------------------------------------------------------------- */

/*
 * Run the guest until it exits to user space; vcpu->run->exit_reason tells why.
 *
 * _vcpu_run() and vcpu_run() continue after a signal (EINTR), and fail the test after an
 * unhandled guest exception or a failed GUEST_ASSERT().  If KVM_RUN fails, _vcpu_run() returns -1
 * with errno set, and vcpu_run() fails the test.
 *
 * Both return after a triple fault (KVM_EXIT_SHUTDOWN), an internal error of KVM, a failed VM
 * entry and an access without memory (KVM_EXIT_MMIO), because a test may expect them.  If the
 * test fails later, the report has the exit reason and the registers of that exit.
 */
int _vcpu_run(struct kvm_vcpu *vcpu);
void vcpu_run(struct kvm_vcpu *vcpu);

static inline int __vcpu_run(struct kvm_vcpu *vcpu)
{
	return __vcpu_ioctl(vcpu, KVM_RUN, NULL);
}

/* Completes the I/O instruction of the last exit without running further guest code. */
void vcpu_run_complete_io(struct kvm_vcpu *vcpu);

/* Fails the test if the last exit was an unhandled exception or a failed GUEST_ASSERT(). */
void assert_on_unhandled_exception(struct kvm_vcpu *vcpu);

/* Returns the name of a KVM_EXIT_* without the prefix, or "unknown". */
const char *exit_reason_str(unsigned int exit_reason);

/* ---- State of vCPUs -------------------------------------------------------------------- */

/* Defines vcpu_NAME_get(), vcpu_NAME_set() and _vcpu_NAME_set() for one part of the state. */
#define DEFINE_VCPU_STATE(name, type, get, set)						\
static inline void vcpu_##name##_get(struct kvm_vcpu *vcpu, type *state)		\
{											\
	vcpu_ioctl(vcpu, get, state);							\
}											\
static inline int _vcpu_##name##_set(struct kvm_vcpu *vcpu, type *state)		\
{											\
	return __vcpu_ioctl(vcpu, set, state);						\
}											\
static inline void vcpu_##name##_set(struct kvm_vcpu *vcpu, type *state)		\
{											\
	vcpu_ioctl(vcpu, set, state);							\
}

DEFINE_VCPU_STATE(regs, struct kvm_regs, KVM_GET_REGS, KVM_SET_REGS)
DEFINE_VCPU_STATE(sregs, struct kvm_sregs, KVM_GET_SREGS, KVM_SET_SREGS)
DEFINE_VCPU_STATE(fpu, struct kvm_fpu, KVM_GET_FPU, KVM_SET_FPU)
DEFINE_VCPU_STATE(mp_state, struct kvm_mp_state, KVM_GET_MP_STATE, KVM_SET_MP_STATE)

static inline void vcpu_guest_debug_set(struct kvm_vcpu *vcpu, struct kvm_guest_debug *debug)
{
	vcpu_ioctl(vcpu, KVM_SET_GUEST_DEBUG, debug);
}

/* Print the registers of a vCPU, or the memory and vCPUs of a VM, to @stream. */
void vcpu_dump(FILE *stream, struct kvm_vcpu *vcpu, u8 indent);
void vm_dump(FILE *stream, struct kvm_vm *vm, u8 indent);

/* ---- Threads and CPUs ------------------------------------------------------------------ */

int __pin_task_to_cpu(pthread_t task, int cpu);		/* returns 0 or an errno value */
void pin_task_to_cpu(pthread_t task, int cpu);

static inline void pin_self_to_cpu(int cpu)
{
	pin_task_to_cpu(pthread_self(), cpu);
}

/* Pins the caller to the CPU that it runs on; returns the CPU number. */
static inline int pin_self_to_any_cpu(void)
{
	int cpu = sched_getcpu();

	pin_self_to_cpu(cpu);
	return cpu;
}

/* ---- Library internals ----------------------------------------------------------------- */

/* Every architecture defines these in lib/<arch>/. */
void vm_arch_init_mode(struct kvm_vm *vm);	/* sets the fields that vm->mode determines */
void kvm_arch_vm_post_create(struct kvm_vm *vm, unsigned int nr_vcpus);
void kvm_arch_vm_finalize_vcpus(struct kvm_vm *vm);
void kvm_arch_vm_release(struct kvm_vm *vm);
bool kvm_arch_has_default_irqchip(void);
void vm_create_irqchip(struct kvm_vm *vm);
unsigned long vm_compute_max_gfn(struct kvm_vm *vm);

struct kvm_vcpu *vm_arch_vcpu_add(struct kvm_vm *vm, u32 vcpu_id);
struct kvm_vcpu *vm_arch_vcpu_recreate(struct kvm_vm *vm, u32 vcpu_id);
void vcpu_arch_set_entry_point(struct kvm_vcpu *vcpu, void *guest_code);
void vcpu_arch_free(struct kvm_vcpu *vcpu);
void vcpu_arch_dump(FILE *stream, struct kvm_vcpu *vcpu, u8 indent);

void virt_arch_pgd_alloc(struct kvm_vm *vm);
void virt_arch_pg_map(struct kvm_vm *vm, gva_t gva, gpa_t gpa);
void virt_arch_dump(FILE *stream, struct kvm_vm *vm, u8 indent);
gpa_t addr_arch_gva2gpa(struct kvm_vm *vm, gva_t gva);

void vm_mem_region_install(struct kvm_vm *vm, struct userspace_mem_region *region);
u64 kvm_vm_elf_size(const char *filename);	/* guest memory of the program, in bytes */
void vm_vcpu_free_all(struct kvm_vm *vm);
void vm_mem_free_all(struct kvm_vm *vm);

/* lib/exit_report.c; vcpu_free_exit_report() frees @text. */
void vcpu_add_exit_report(struct kvm_vcpu *vcpu, char *text);
void vcpu_free_exit_report(struct kvm_vcpu *vcpu);
void kvm_dump_exits(FILE *stream);	/* prints all reports */

#endif /* SELFTEST_KVM_VCPU_H */
