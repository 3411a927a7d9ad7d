// SPDX-License-Identifier: GPL-2.0-only
/* Allocation of guest pages and addresses, and guest_memfd. */
#include "kvm_util.h"

/* ---- guest_memfd ----------------------------------------------------------------------- */

int __vm_create_guest_memfd(struct kvm_vm *vm, u64 size, u64 flags)
{
	struct kvm_create_guest_memfd args = { .size = size, .flags = flags };

	return __vm_ioctl(vm, KVM_CREATE_GUEST_MEMFD, &args);
}

int vm_create_guest_memfd(struct kvm_vm *vm, u64 size, u64 flags)
{
	int fd = __vm_create_guest_memfd(vm, size, flags);

	TEST_ASSERT_VM_VCPU_IOCTL(fd >= 0, KVM_CREATE_GUEST_MEMFD, fd, vm);
	return fd;
}

void vm_set_memory_attributes(struct kvm_vm *vm, gpa_t gpa, u64 size, u64 attributes)
{
	struct kvm_memory_attributes args = {
		.address = gpa, .size = size, .attributes = attributes,
	};

	vm_ioctl(vm, KVM_SET_MEMORY_ATTRIBUTES, &args);
}

/* Shared memory of @size bytes without a name; no page of it is allocated yet. */
int kvm_memfd_alloc(size_t size, bool hugepages)
{
	int fd = memfd_create("guest memory", MFD_CLOEXEC | (hugepages ? MFD_HUGETLB : 0));

	TEST_ASSERT(fd >= 0, __KVM_SYSCALL_ERROR("memfd_create()", fd));
	kvm_ftruncate(fd, size);
	return fd;
}

/* ---- Guest physical pages -------------------------------------------------------------- */

gpa_t __vm_phy_pages_alloc(struct kvm_vm *vm, size_t num, gpa_t min_gpa, u32 memslot,
			   bool protected)
{
	struct userspace_mem_region *region = memslot2region(vm, memslot);
	u64 first = region->region.guest_phys_addr >> vm->page_shift;
	u64 end = first + (region->region.memory_size >> vm->page_shift);
	u64 page;

	TEST_ASSERT(num, "no pages to allocate");
	TEST_ASSERT(IS_ALIGNED(min_gpa, vm->page_size), "gpa %#lx is not aligned to pages",
		    min_gpa);
	first = max(first, min_gpa >> vm->page_shift);
	if (!page_ranges_find_gap(&region->used_phy_pages, num, first, end, &page))
		TEST_FAIL("slot %u has no %zu adjacent pages free at or above gpa %#lx",
			  memslot, num, min_gpa);

	page_ranges_add(&region->used_phy_pages, page, num);
	if (protected)
		page_ranges_add(&region->protected_phy_pages, page, num);
	return page << vm->page_shift;
}

gpa_t vm_phy_pages_alloc(struct kvm_vm *vm, size_t num, gpa_t min_gpa, u32 memslot)
{
	return __vm_phy_pages_alloc(vm, num, min_gpa, memslot, vm_arch_has_protected_memory(vm));
}

gpa_t vm_phy_page_alloc(struct kvm_vm *vm, gpa_t min_gpa, u32 memslot)
{
	return vm_phy_pages_alloc(vm, 1, min_gpa, memslot);
}

gpa_t vm_alloc_page_table(struct kvm_vm *vm)
{
	return vm_phy_page_alloc(vm, KVM_GUEST_PAGE_TABLE_MIN_PADDR, vm->memslots[MEM_REGION_PT]);
}

/* ---- Guest virtual addresses ----------------------------------------------------------- */

gva_t vm_unused_gva_gap(struct kvm_vm *vm, size_t sz, gva_t min_gva)
{
	u64 pages = DIV_ROUND_UP(sz, vm->page_size);
	u64 min = DIV_ROUND_UP(min_gva, vm->page_size);
	/* Between the two halves lie addresses that the CPU does not accept. */
	u64 low_end = 1ULL << (vm->va_bits - 1 - vm->page_shift);
	u64 end = 1ULL << (64 - vm->page_shift);
	u64 high_start = end - low_end;
	u64 page;

	if (page_ranges_find_gap(&vm->vpages_mapped, pages, min, low_end, &page) ||
	    page_ranges_find_gap(&vm->vpages_mapped, pages, max(min, high_start), end, &page))
		return page << vm->page_shift;
	TEST_FAIL("no %lu unmapped pages at or above gva %#lx", pages, min_gva);
}

static gva_t ____vm_alloc(struct kvm_vm *vm, size_t sz, gva_t min_gva,
			  enum kvm_mem_region_type type, bool protected)
{
	u64 pages = DIV_ROUND_UP(sz, vm->page_size);
	gva_t gva;
	gpa_t gpa;

	virt_pgd_alloc(vm);
	gpa = __vm_phy_pages_alloc(vm, pages, KVM_UTIL_MIN_PFN * vm->page_size,
				   vm->memslots[type], protected);
	gva = vm_unused_gva_gap(vm, sz, min_gva);
	virt_map(vm, gva, gpa, pages);
	return gva;
}

gva_t vm_alloc_shared(struct kvm_vm *vm, size_t sz, gva_t min_gva, enum kvm_mem_region_type type)
{
	return ____vm_alloc(vm, sz, min_gva, type, false);
}

gva_t __vm_alloc(struct kvm_vm *vm, size_t sz, gva_t min_gva, enum kvm_mem_region_type type)
{
	return ____vm_alloc(vm, sz, min_gva, type, vm_arch_has_protected_memory(vm));
}

gva_t __vm_alloc_page(struct kvm_vm *vm, enum kvm_mem_region_type type)
{
	return __vm_alloc(vm, vm->page_size, KVM_UTIL_MIN_VADDR, type);
}

gva_t vm_alloc(struct kvm_vm *vm, size_t sz, gva_t min_gva)
{
	return __vm_alloc(vm, sz, min_gva, MEM_REGION_TEST_DATA);
}

gva_t vm_alloc_page(struct kvm_vm *vm)
{
	return __vm_alloc_page(vm, MEM_REGION_TEST_DATA);
}

gva_t vm_alloc_pages(struct kvm_vm *vm, int nr_pages)
{
	return vm_alloc(vm, (size_t)nr_pages * vm->page_size, KVM_UTIL_MIN_VADDR);
}

/* ---- Page tables ----------------------------------------------------------------------- */

void virt_pgd_alloc(struct kvm_vm *vm)
{
	virt_arch_pgd_alloc(vm);
}

void virt_pg_map(struct kvm_vm *vm, gva_t gva, gpa_t gpa)
{
	virt_map(vm, gva, gpa, 1);
}

void virt_map(struct kvm_vm *vm, gva_t gva, gpa_t gpa, unsigned int npages)
{
	u64 size = (u64)npages << vm->page_shift, offset;

	TEST_ASSERT(gva + size > gva && gpa + size > gpa,
		    "%u pages from gva %#lx, gpa %#lx wrap around", npages, gva, gpa);
	for (offset = 0; offset < size; offset += vm->page_size)
		virt_arch_pg_map(vm, gva + offset, gpa + offset);
	page_ranges_add(&vm->vpages_mapped, gva >> vm->page_shift, npages);
}

void virt_dump(FILE *stream, struct kvm_vm *vm, u8 indent)
{
	virt_arch_dump(stream, vm, indent);
}

gpa_t addr_gva2gpa(struct kvm_vm *vm, gva_t gva)
{
	return addr_arch_gva2gpa(vm, gva);
}

void *addr_gva2hva(struct kvm_vm *vm, gva_t gva)
{
	return addr_gpa2hva(vm, addr_gva2gpa(vm, gva));
}

/* ---- Sizes ----------------------------------------------------------------------------- */

unsigned int vm_num_host_pages(enum vm_guest_mode mode, unsigned int num_guest_pages)
{
	u64 bytes = (u64)num_guest_pages << vm_guest_mode_params[mode].page_shift;

	return DIV_ROUND_UP(bytes, (u64)getpagesize());
}

unsigned int vm_num_guest_pages(enum vm_guest_mode mode, unsigned int num_host_pages)
{
	return ((u64)num_host_pages * getpagesize()) >> vm_guest_mode_params[mode].page_shift;
}

unsigned int vm_calc_num_guest_pages(enum vm_guest_mode mode, size_t size)
{
	return vm_adjust_num_guest_pages(mode,
			DIV_ROUND_UP(size, vm_guest_mode_params[mode].page_size));
}
