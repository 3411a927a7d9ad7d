/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtual machines for tests.
 *
 * Guest code is part of the test program: creating a VM copies the program's ELF image into guest
 * memory, at the addresses it has in the process, and a vCPU starts in a function of the test.
 * Host and guest have the same code, constants and addresses of globals, but each has its own
 * copy of the data; sync_global_to_guest() and friends copy values between the two.
 *
 *	static void guest_code(u64 n)
 *	{
 *		GUEST_ASSERT_EQ(n, 42);
 *		GUEST_DONE();
 *	}
 *
 *	vm = vm_create_with_one_vcpu(&vcpu, guest_code);
 *	vcpu_args_set(vcpu, 1, 42);
 *	vcpu_run(vcpu);
 *	TEST_ASSERT_EQ(get_ucall(vcpu, NULL), UCALL_DONE);
 *	kvm_vm_free(vm);
 *
 * Guest code runs at the highest privilege of the guest, with paging, without interrupts and
 * without the C library: it may call memcpy(), memmove(), memset(), memcmp(), strlen(), strnlen()
 * and strcmp(), the random numbers and guest_snprintf() of test_util.h, and ucall_common.h.
 *
 * Names and meanings follow the library in the kernel's tools/testing/selftests/kvm.
 * vm_x() fails the test on an error; __vm_x() returns it.
 */
#ifndef SELFTEST_KVM_UTIL_H
#define SELFTEST_KVM_UTIL_H

#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>

#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/kvm.h>
#include <linux/types.h>

#include <asm/kvm.h>

#include "kvm_ioctl.h"
#include "kvm_syscalls.h"
#include "kvm_util_arch.h"
#include "kvm_util_types.h"
#include "page_ranges.h"
#include "test_util.h"

#define KVM_MAX_VCPUS		512
#define NSEC_PER_SEC		1000000000L

/* ---- Shapes and modes of VMs ----------------------------------------------------------- */

/* Guest paging: bits of physical and virtual addresses, and the page size. */
enum vm_guest_mode {
	VM_MODE_PXXVYY_4K,	/* as many bits as the CPU has */
	VM_MODE_P48V48_4K,
	VM_MODE_P40V48_4K,
	NUM_VM_MODES,
};

struct vm_guest_mode_params {
	unsigned int page_size, page_shift;
	unsigned int va_bits, pa_bits;
};

extern const struct vm_guest_mode_params vm_guest_mode_params[NUM_VM_MODES];

const char *vm_guest_mode_string(u32 mode);

/* Type of VM to create; @type is the argument of KVM_CREATE_VM. */
struct vm_shape {
	u8 mode;	/* enum vm_guest_mode */
	u32 type;
};

#define VM_TYPE_DEFAULT		0
#define VM_SHAPE(_mode)		((struct vm_shape){ .type = VM_TYPE_DEFAULT, .mode = (_mode) })
#define VM_SHAPE_DEFAULT	VM_SHAPE(VM_MODE_DEFAULT)

#define MIN_PAGE_SIZE		(1U << MIN_PAGE_SHIFT)
#define PTES_PER_MIN_PAGE	ptes_per_page(MIN_PAGE_SIZE)

/* ---- VMs, vCPUs and memory regions ----------------------------------------------------- */

/* Purpose of an allocation by the library; a test may assign each a different memory slot. */
enum kvm_mem_region_type {
	MEM_REGION_PT,		/* page tables */
	MEM_REGION_CODE,	/* the program */
	MEM_REGION_DATA,	/* library data: stacks, ucalls, GDT, IDT, TSS */
	MEM_REGION_TEST_DATA,	/* allocations of tests */
	NR_MEM_REGIONS,
};

/* A memory slot that vm_mem_add() or vm_userspace_mem_region_add() added. */
struct userspace_mem_region {
	struct kvm_userspace_memory_region2 region;	/* argument of the ioctl */
	struct page_ranges used_phy_pages;	/* allocated guest page numbers */
	struct page_ranges protected_phy_pages;	/* the encrypted part of used_phy_pages */
	enum vm_mem_backing_src_type backing_src_type;
	int fd;			/* memfd of shared memory, else -1 */
	void *mmap_start, *mmap_alias;	/* the two mappings, for munmap() */
	size_t mmap_size;		/* size of each mapping in bytes */
	void *host_mem;		/* start of the slot in the first mapping, aligned */
	void *host_alias;	/* the same in the second mapping; NULL unless shared */
	struct userspace_mem_region *next_in_bucket;
};

#define KVM_SLOT_BUCKETS	512

struct userspace_mem_regions {
	struct userspace_mem_region **by_gpa;		/* sorted */
	size_t nr;
	struct userspace_mem_region *by_slot[KVM_SLOT_BUCKETS];
};

struct kvm_vcpu {
	struct kvm_vm *vm;
	struct kvm_vcpu *next;
	int fd;
	u32 id;
	struct kvm_run *run;
	KVM_VCPU_ARCH_FIELDS;
	struct kvm_dirty_gfn *dirty_gfns;
	u32 fetch_index;
	u32 dirty_gfns_count;
	char *exit_report;	/* report of the last KVM_RUN, see vcpu_run() */
	struct kvm_vcpu *next_reported;
};

struct kvm_mmu {
	struct kvm_mmu_arch arch;
	int pgtable_levels;
	u64 pgd;		/* guest physical address of the top page table */
	bool pgd_created;
};

struct kvm_vm {
	int fd, kvm_fd;		/* the VM, and /dev/kvm */
	unsigned long type;
	int mode;		/* enum vm_guest_mode, which determines the next four: */
	unsigned int page_size, page_shift;
	unsigned int va_bits, pa_bits;
	u64 max_gfn;		/* the highest guest page number that may have memory */

	struct kvm_vcpu *vcpus;
	u32 nr_runnable_vcpus;	/* argument of __vm_create() */
	bool has_irqchip;
	u32 dirty_ring_size;	/* in bytes */

	struct userspace_mem_regions regions;
	struct page_ranges vpages_mapped;	/* guest virtual page numbers */
	gpa_t gpa_tag_mask;	/* address bits that are flags, e.g. "encrypted" */
	struct kvm_mmu mmu;
	gva_t handlers;		/* the guest's table of exception handlers */
	struct kvm_vm_arch arch;
	u32 memslots[NR_MEM_REGIONS];	/* slot of each enum kvm_mem_region_type */
};

/* ---- Create and free VMs --------------------------------------------------------------- */

/*
 * Creates a VM without memory and vCPUs.  All functions that create a VM exit with a SKIP if KVM
 * is missing, see open_kvm_dev_path_or_exit().
 */
struct kvm_vm *____vm_create(struct vm_shape shape);

/*
 * Creates a VM with the program in slot 0, but without vCPUs.  The test may add at most
 * @nr_runnable_vcpus vCPUs, and @nr_extra_pages guest pages in other slots: both determine the
 * size of slot 0.
 */
struct kvm_vm *__vm_create(struct vm_shape shape, u32 nr_runnable_vcpus, u64 nr_extra_pages);

/* The same with @nr_vcpus vCPUs, stored in @vcpus, which all start in @guest_code. */
struct kvm_vm *__vm_create_with_vcpus(struct vm_shape shape, u32 nr_vcpus, u64 extra_mem_pages,
				      void *guest_code, struct kvm_vcpu *vcpus[]);
struct kvm_vm *__vm_create_shape_with_one_vcpu(struct vm_shape shape, struct kvm_vcpu **vcpu,
					       u64 extra_mem_pages, void *guest_code);

/* Frees @vm with its memory, vCPUs and file descriptors.  @vm may be NULL. */
void kvm_vm_free(struct kvm_vm *vm);

/* Closes @vm and its vCPUs, but keeps its memory, which kvm_vm_restart() uses again. */
void kvm_vm_release(struct kvm_vm *vm);
void kvm_vm_restart(struct kvm_vm *vm);

/* Returns whether simultaneous multithreading is on. */
bool is_smt_on(void);

static inline struct kvm_vm *vm_create_barebones(void)
{
	return ____vm_create(VM_SHAPE_DEFAULT);
}

static inline struct kvm_vm *vm_create_barebones_type(unsigned long type)
{
	struct vm_shape shape = { .type = type, .mode = VM_MODE_DEFAULT };

	return ____vm_create(shape);
}

static inline struct kvm_vm *vm_create(u32 nr_runnable_vcpus)
{
	return __vm_create(VM_SHAPE_DEFAULT, nr_runnable_vcpus, 0);
}

static inline struct kvm_vm *vm_create_with_vcpus(u32 nr_vcpus, void *guest_code,
						  struct kvm_vcpu *vcpus[])
{
	return __vm_create_with_vcpus(VM_SHAPE_DEFAULT, nr_vcpus, 0, guest_code, vcpus);
}

static inline struct kvm_vm *__vm_create_with_one_vcpu(struct kvm_vcpu **vcpu,
						       u64 extra_mem_pages, void *guest_code)
{
	return __vm_create_shape_with_one_vcpu(VM_SHAPE_DEFAULT, vcpu, extra_mem_pages,
					       guest_code);
}

static inline struct kvm_vm *vm_create_with_one_vcpu(struct kvm_vcpu **vcpu, void *guest_code)
{
	return __vm_create_with_one_vcpu(vcpu, 0, guest_code);
}

static inline struct kvm_vm *
vm_create_shape_with_one_vcpu(struct vm_shape shape, struct kvm_vcpu **vcpu, void *guest_code)
{
	return __vm_create_shape_with_one_vcpu(shape, vcpu, 0, guest_code);
}

/* Raises RLIMIT_NOFILE for @nr_vcpus vCPUs; exits with a SKIP if the user may not. */
void kvm_set_files_rlimit(u32 nr_vcpus);

/*
 * Makes KVM queue guest writes to @size bytes at @address (a port if @pio, else a physical
 * address) until the next exit (Documentation/virt/kvm/api.rst, 4.116).
 */
void kvm_vm_register_coalesced_io(struct kvm_vm *vm, u64 address, u64 size, bool pio);
void kvm_vm_unregister_coalesced_io(struct kvm_vm *vm, u64 address, u64 size, bool pio);

/* Copies the PT_LOAD segments of an ELF program into the guest, at their own addresses. */
void kvm_vm_elf_load(struct kvm_vm *vm, const char *filename);

#include "kvm_mem.h"
#include "kvm_vcpu.h"

#endif /* SELFTEST_KVM_UTIL_H */
