// SPDX-License-Identifier: GPL-2.0-only
/* Guest virtual addresses: allocation and page tables. */
#include "kvm_util.h"

/* ---- Guest virtual addresses ----------------------------------------------------------- */

gva_t vm_unused_gva_gap(struct kvm_vm *vm, size_t sz, gva_t min_gva)
{
	u64 pages = DIV_ROUND_UP(sz, vm->page_size);
	u64 min = DIV_ROUND_UP(min_gva, vm->page_size);
	/* Addresses between the two canonical halves are invalid. */
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
