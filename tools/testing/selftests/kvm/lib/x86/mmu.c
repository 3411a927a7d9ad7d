// SPDX-License-Identifier: GPL-2.0-only
/* The host builds the guest's page tables. */
#include "processor.h"

void virt_arch_pgd_alloc(struct kvm_vm *vm)
{
	TEST_ASSERT(vm->mode == VM_MODE_PXXVYY_4K, "x86 does not support guest mode %d", vm->mode);
	if (vm->mmu.pgd_created)
		return;
	vm->mmu.pgd = vm_alloc_page_table(vm);
	vm->mmu.arch.pte_masks = (struct pte_masks){
		.present = BIT(0), .writable = BIT(1), .user = BIT(2),
		.accessed = BIT(5), .dirty = BIT(6), .huge = BIT(7), .nx = BIT(63),
		.c = vm->arch.c_bit, .s = vm->arch.s_bit,
	};
	vm->mmu.pgd_created = true;
}

/* Returns the entry for @gva in the table of @level at guest physical address @table. */
static u64 *entry_of(struct kvm_vm *vm, gpa_t table, gva_t gva, int level)
{
	u64 *entries = addr_gpa2hva(vm, table);

	TEST_ASSERT(!vm->arch.is_pt_protected,
		    "the page tables are encrypted: map and translate before the launch");
	return &entries[gva >> PG_LEVEL_SHIFT(level) & 511];
}

static void check_map(struct kvm_vm *vm, gva_t gva, gpa_t gpa, int level)
{
	u64 mask = PG_LEVEL_SIZE(level) - 1;
	int unused_bits = 64 - vm->va_bits;

	TEST_ASSERT(!(gva & mask) && !(gpa & mask),
		    "gva %#lx or gpa %#lx is not aligned to %#lx bytes", gva, gpa,
		    (u64)mask + 1);
	TEST_ASSERT((gva_t)((s64)(gva << unused_bits) >> unused_bits) == gva,
		    "gva %#lx is not canonical", gva);
	TEST_ASSERT(vm_untag_gpa(vm, gpa) == gpa && gpa >> vm->page_shift <= vm->max_gfn,
		    "gpa %#lx is beyond the last guest page %#lx", gpa, vm->max_gfn);
}

void __virt_pg_map(struct kvm_vm *vm, struct kvm_mmu *mmu, gva_t gva, gpa_t gpa, int level)
{
	const struct pte_masks *bits = &mmu->arch.pte_masks;
	/* With the accessed bit set, the CPU does not write to page tables. */
	u64 common = bits->present | bits->writable | bits->accessed;
	int current = mmu->pgtable_levels;
	u64 *pte = entry_of(vm, mmu->pgd, gva, current);

	check_map(vm, gva, gpa, level);
	for (; current > level; current--) {
		if (!is_present_pte(mmu, pte))
			*pte = common | vm_alloc_page_table(vm);
		TEST_ASSERT(!is_huge_pte(mmu, pte), "gva %#lx is in a huge page already", gva);
		pte = entry_of(vm, PTE_GET_PA(*pte), gva, current - 1);
	}
	TEST_ASSERT(!is_present_pte(mmu, pte), "gva %#lx is mapped already", gva);
	*pte = common | bits->dirty | (level > PG_LEVEL_4K ? bits->huge : 0) | gpa |
	       (vm_is_gpa_protected(vm, gpa) ? bits->c : bits->s);
}

void virt_arch_pg_map(struct kvm_vm *vm, gva_t gva, gpa_t gpa)
{
	virt_arch_pgd_alloc(vm);
	__virt_pg_map(vm, &vm->mmu, gva, gpa, PG_LEVEL_4K);
}

void virt_map_level(struct kvm_vm *vm, gva_t gva, gpa_t gpa, u64 nr_bytes, int level)
{
	u64 offset;

	TEST_ASSERT(IS_ALIGNED(nr_bytes, PG_LEVEL_SIZE(level)),
		    "%#lx bytes are not a multiple of the page size", nr_bytes);
	virt_arch_pgd_alloc(vm);
	for (offset = 0; offset < nr_bytes; offset += PG_LEVEL_SIZE(level))
		__virt_pg_map(vm, &vm->mmu, gva + offset, gpa + offset, level);
	page_ranges_add(&vm->vpages_mapped, gva >> vm->page_shift, nr_bytes >> vm->page_shift);
}

/* Returns the entry that maps @gva, and its level in *@level; NULL if @gva is not mapped. */
static u64 *find_pte(struct kvm_vm *vm, gva_t gva, int *level)
{
	struct kvm_mmu *mmu = &vm->mmu;
	u64 *pte;
	gpa_t table = mmu->pgd;

	if (!mmu->pgd_created)
		return NULL;
	for (*level = mmu->pgtable_levels; ; (*level)--) {
		pte = entry_of(vm, table, gva, *level);
		if (!is_present_pte(mmu, pte))
			return NULL;
		if (*level == PG_LEVEL_4K || is_huge_pte(mmu, pte))
			return pte;
		table = PTE_GET_PA(*pte);
	}
}

u64 *vm_get_pte(struct kvm_vm *vm, gva_t gva)
{
	int level;
	u64 *pte = find_pte(vm, gva, &level);

	TEST_ASSERT(pte && level == PG_LEVEL_4K, "gva %#lx is not mapped by a 4K page", gva);
	return pte;
}

gpa_t addr_arch_gva2gpa(struct kvm_vm *vm, gva_t gva)
{
	int level;
	u64 *pte = find_pte(vm, gva, &level), mask;

	TEST_ASSERT(pte, "gva %#lx is not mapped", gva);
	mask = PG_LEVEL_SIZE(level) - 1;
	return (vm_untag_gpa(vm, PTE_GET_PA(*pte)) & ~mask) | (gva & mask);
}

static void dump_table(FILE *stream, struct kvm_vm *vm, gpa_t table, int level, gva_t gva,
		       int indent)
{
	struct kvm_mmu *mmu = &vm->mmu;
	u64 *pte = addr_gpa2hva(vm, table);
	int i;

	for (i = 0; i < 512; i++, pte++) {
		gva_t at = gva | (u64)i << PG_LEVEL_SHIFT(level);

		if (!is_present_pte(mmu, pte))
			continue;
		fprintf(stream, "%*slevel %d gva %#lx: %#lx\n", indent, "", level, at, *pte);
		if (level > PG_LEVEL_4K && !is_huge_pte(mmu, pte))
			dump_table(stream, vm, PTE_GET_PA(*pte), level - 1, at, indent + 2);
	}
}

void virt_arch_dump(FILE *stream, struct kvm_vm *vm, u8 indent)
{
	if (vm->mmu.pgd_created)
		dump_table(stream, vm, vm->mmu.pgd, vm->mmu.pgtable_levels, 0, indent);
}
