// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests the memory functions of the library: slots, allocation, and guest_memfd that user space
 * can map, if the kernel supports it.
 */
#include <linux/sizes.h>

#include "library_test.h"

#define TEST_SLOT	1
#define TEST_GPA	SZ_4G

/* ---- Slots and allocation -------------------------------------------------------------- */

/* Adds one to the first word of each page. */
static void guest_adds_one(gva_t mem, u64 npages, u64 page_size)
{
	u64 i;

	for (i = 0; i < npages; i++)
		(*(u64 *)(mem + i * page_size))++;
	GUEST_DONE();
}

/* Maps @npages from @gpa at the same gva; the guest adds one to each. */
static void add_one(struct kvm_vm *vm, struct kvm_vcpu *vcpu, gpa_t gpa, u64 npages)
{
	virt_map(vm, gpa, gpa, npages);
	vcpu_args_set(vcpu, 3, gpa, npages, (u64)vm->page_size);
	vcpu_run(vcpu);
	TEST_ASSERT_EQ(get_ucall(vcpu, NULL), UCALL_DONE);
}

static void many_slots(void)
{
	const u32 nr = 80, pages = 2;
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = __vm_create_with_one_vcpu(&vcpu, nr * pages, guest_adds_one);
	u64 size = pages * vm->page_size, *word;
	u32 i;

	/* Add slots by descending address, with ascending numbers, to exercise the sorting. */
	for (i = nr; i; i--)
		vm_userspace_mem_region_add(vm, VM_MEM_SRC_ANONYMOUS, TEST_GPA + (i - 1) * size,
					    nr - i + 1, pages, 0);
	add_one(vm, vcpu, TEST_GPA, nr * pages);
	for (i = 0; i < nr; i++) {
		word = addr_gpa2hva(vm, TEST_GPA + i * size);
		TEST_ASSERT(*word == 1 && word == memslot2region(vm, nr - i)->host_mem,
			    "page of slot %u", nr - i);
		TEST_ASSERT_EQ(addr_hva2gpa(vm, word), TEST_GPA + i * size);
	}
	for (i = 1; i <= nr; i += 2)
		vm_mem_region_delete(vm, i);
	TEST_ASSERT_EQ(vm->regions.nr, 1 + nr / 2);
	vm_mem_region_move(vm, 2, TEST_GPA * 2);
	TEST_ASSERT(addr_gpa2hva(vm, TEST_GPA * 2) == memslot2region(vm, 2)->host_mem, "moved");
	kvm_vm_free(vm);
}

static void shared_memory_alias(void)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_adds_one);
	u64 *alias;

	vm_userspace_mem_region_add(vm, VM_MEM_SRC_SHMEM, TEST_GPA, TEST_SLOT, 4, 0);
	alias = addr_gpa2alias(vm, TEST_GPA + vm->page_size);
	TEST_ASSERT(alias && alias != addr_gpa2hva(vm, TEST_GPA + vm->page_size), "no alias");
	*alias = 41;
	add_one(vm, vcpu, TEST_GPA, 4);
	TEST_ASSERT_EQ(*alias, 42);
	TEST_ASSERT(!addr_gpa2alias(vm, 0), "slot 0 is not shared");
	kvm_vm_free(vm);
}

static void allocations_do_not_overlap(void)
{
	struct kvm_vm *vm = vm_create(1);
	gva_t a = vm_alloc(vm, 3 * vm->page_size - 1, 0x100000000);
	gva_t b = vm_alloc(vm, 1, 0x100000000);
	gva_t high = vm_alloc(vm, 1, -vm->page_size);

	TEST_ASSERT_EQ(a, 0x100000000);
	TEST_ASSERT_EQ(b, a + 3 * vm->page_size);
	TEST_ASSERT_EQ(high, -vm->page_size);
	memset(addr_gva2hva(vm, a), 1, vm->page_size);
	TEST_ASSERT_EQ(*(char *)addr_gva2hva(vm, b), 0);
	TEST_ASSERT_EQ(addr_gva2gpa(vm, a + vm->page_size), addr_gva2gpa(vm, a) + vm->page_size);
	kvm_vm_free(vm);
}

static void slots_must_not_overlap(void)
{
	struct kvm_vm *vm = vm_create(1);

	vm_userspace_mem_region_add(vm, VM_MEM_SRC_ANONYMOUS, TEST_GPA, 1, 4, 0);
	vm_userspace_mem_region_add(vm, VM_MEM_SRC_ANONYMOUS, TEST_GPA - vm->page_size, 2, 2, 0);
}

/* ---- guest_memfd ----------------------------------------------------------------------- */

/* Tests a mapped guest_memfd, in a slot with userspace_addr or, without @with_hva, NULL. */
static void check_gmem_mmap(bool with_hva)
{
	const u64 flags = GUEST_MEMFD_FLAG_MMAP | GUEST_MEMFD_FLAG_INIT_SHARED;
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = vm_create_with_one_vcpu(&vcpu, guest_adds_one);
	u64 size = 4 * vm->page_size, *mem;
	int fd;

	__TEST_REQUIRE((vm_check_cap(vm, KVM_CAP_GUEST_MEMFD_FLAGS) & flags) == flags,
		       "no mappable guest_memfd (needs Linux 6.18 with CONFIG_KVM_GUEST_MEMFD)");
	fd = vm_create_guest_memfd(vm, size, flags);
	mem = kvm_mmap(size, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
	vm_set_user_memory_region2(vm, TEST_SLOT, KVM_MEM_GUEST_MEMFD, TEST_GPA, size,
				   with_hva ? mem : NULL, fd, 0);
	mem[0] = 41;
	virt_map(vm, TEST_GPA, TEST_GPA, 4);
	vcpu_args_set(vcpu, 3, TEST_GPA, 4UL, (u64)vm->page_size);
	vcpu_run(vcpu);
	__TEST_REQUIRE(with_hva || vcpu->run->exit_reason != KVM_EXIT_MMIO,
		       "KVM emulates guest code, which needs userspace_addr for memory accesses "
		       "(use a host whose KVM runs guest code on the CPU)");
	TEST_ASSERT_EQ(get_ucall(vcpu, NULL), UCALL_DONE);
	TEST_ASSERT_EQ(mem[0], 42);
	TEST_ASSERT_EQ(mem[size / sizeof(u64) - vm->page_size / sizeof(u64)], 1);
	kvm_close(fd);
	kvm_vm_free(vm);
	TEST_ASSERT_EQ(mem[0], 42);
}

static void guest_memfd_mapped(void)
{
	check_gmem_mmap(true);
}

static void guest_memfd_without_hva(void)
{
	check_gmem_mmap(false);
}

static const struct library_case cases[] = {
	LIBRARY_CASE(many_slots, 0),
	LIBRARY_CASE(shared_memory_alias, 0),
	LIBRARY_CASE(allocations_do_not_overlap, 0),
	LIBRARY_CASE(slots_must_not_overlap, STATUS_ASSERTION,
		     "slot 2: 2 pages from gpa 0xfffff000", "overlap slot 1 at gpa 0x100000000"),
	LIBRARY_CASE(guest_memfd_mapped, 0),
	LIBRARY_CASE(guest_memfd_without_hva, 0),
};

int main(int argc, char *argv[])
{
	return run_library_cases(argc, argv, cases, ARRAY_SIZE(cases));
}
