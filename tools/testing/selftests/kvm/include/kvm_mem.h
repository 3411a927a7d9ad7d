/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of a VM: slots, guest_memfd, allocation, page tables and address translation.
 * Include kvm_util.h, which includes this file.
 */
#ifndef SELFTEST_KVM_MEM_H
#define SELFTEST_KVM_MEM_H

/* ---- Memory slots ---------------------------------------------------------------------- */

/*
 * Adds a slot that the library tracks: vm_phy_pages_alloc() allocates from it, addr_gpa2hva()
 * finds its memory, and kvm_vm_free() frees it.
 *
 * @src_type: type of memory to map into the process, see VM_MEM_SRC_LIST
 * @gpa: first guest physical address, aligned to get_backing_src_pagesz(@src_type)
 * @slot: number of the slot
 * @npages: size, in guest pages
 * @flags: KVM_MEM_*; with KVM_MEM_GUEST_MEMFD:
 * @gmem_fd: a guest_memfd (the slot uses a duplicate), or -1 to create one
 * @gmem_offset: start of the slot in the guest_memfd, in bytes
 *
 * Beware: with a guest_memfd that user space can map, the guest uses only that file and never
 * the memory that addr_gpa2hva() finds (KVM_MEMSLOT_GMEM_ONLY, virt/kvm/guest_memfd.c).  Such
 * tests use vm_set_user_memory_region2() and their own mmap().
 */
void vm_mem_add(struct kvm_vm *vm, enum vm_mem_backing_src_type src_type, gpa_t gpa, u32 slot,
		u64 npages, u32 flags, int gmem_fd, u64 gmem_offset);

/* The same; KVM_MEM_GUEST_MEMFD creates a guest_memfd. */
void vm_userspace_mem_region_add(struct kvm_vm *vm, enum vm_mem_backing_src_type src_type,
				 gpa_t gpa, u32 slot, u64 npages, u32 flags);

/* Returns the region of slot @memslot; fails the test if vm_mem_add() did not add it. */
struct userspace_mem_region *memslot2region(struct kvm_vm *vm, u32 memslot);

static inline struct userspace_mem_region *vm_get_mem_region(struct kvm_vm *vm,
							     enum kvm_mem_region_type type)
{
	return memslot2region(vm, vm->memslots[type]);
}

/* Change a slot that vm_mem_add() added; reload deletes the slot in KVM and adds it again. */
void vm_mem_region_set_flags(struct kvm_vm *vm, u32 slot, u32 flags);
void vm_mem_region_move(struct kvm_vm *vm, u32 slot, u64 new_gpa);
void vm_mem_region_reload(struct kvm_vm *vm, u32 slot);
void vm_mem_region_delete(struct kvm_vm *vm, u32 slot);

/*
 * The plain ioctls, for slots that the library does not track.  @hva may be any address, or NULL
 * with a guest_memfd; @size is in bytes, and 0 deletes the slot.
 */
int __vm_set_user_memory_region(struct kvm_vm *vm, u32 slot, u32 flags, gpa_t gpa, u64 size,
				void *hva);
void vm_set_user_memory_region(struct kvm_vm *vm, u32 slot, u32 flags, gpa_t gpa, u64 size,
			       void *hva);
int __vm_set_user_memory_region2(struct kvm_vm *vm, u32 slot, u32 flags, gpa_t gpa, u64 size,
				 void *hva, u32 gmem_fd, u64 gmem_offset);
void vm_set_user_memory_region2(struct kvm_vm *vm, u32 slot, u32 flags, gpa_t gpa, u64 size,
				void *hva, u32 gmem_fd, u64 gmem_offset);

/* ---- guest_memfd and private memory ---------------------------------------------------- */

/*
 * Create a guest_memfd of @size bytes with @flags (GUEST_MEMFD_FLAG_*).  Needs
 * KVM_CAP_GUEST_MEMFD; vm_check_cap(vm, KVM_CAP_GUEST_MEMFD_FLAGS) returns the supported flags
 * (0 before 6.18).  Return the file descriptor.
 */
int __vm_create_guest_memfd(struct kvm_vm *vm, u64 size, u64 flags);
int vm_create_guest_memfd(struct kvm_vm *vm, u64 size, u64 flags);

/* Creates a memfd of @size bytes without pages; returns the file descriptor. */
int kvm_memfd_alloc(size_t size, bool hugepages);

/* Makes @size bytes private or shared.  Needs KVM_CAP_MEMORY_ATTRIBUTES. */
void vm_set_memory_attributes(struct kvm_vm *vm, gpa_t gpa, u64 size, u64 attributes);

static inline void vm_mem_set_private(struct kvm_vm *vm, gpa_t gpa, u64 size)
{
	vm_set_memory_attributes(vm, gpa, size, KVM_MEMORY_ATTRIBUTE_PRIVATE);
}

static inline void vm_mem_set_shared(struct kvm_vm *vm, gpa_t gpa, u64 size)
{
	vm_set_memory_attributes(vm, gpa, size, 0);
}

/* Allocates or frees the guest_memfd pages of @size bytes in slots that vm_mem_add() added. */
void vm_guest_mem_fallocate(struct kvm_vm *vm, gpa_t gpa, u64 size, bool punch_hole);

static inline void vm_guest_mem_punch_hole(struct kvm_vm *vm, gpa_t gpa, u64 size)
{
	vm_guest_mem_fallocate(vm, gpa, size, true);
}

static inline void vm_guest_mem_allocate(struct kvm_vm *vm, gpa_t gpa, u64 size)
{
	vm_guest_mem_fallocate(vm, gpa, size, false);
}

bool vm_is_gpa_protected(struct kvm_vm *vm, gpa_t gpa);

/* ---- Allocation ------------------------------------------------------------------------ */

/* The lowest addresses that the library allocates. */
#define KVM_UTIL_MIN_VADDR		0x2000
#define KVM_UTIL_MIN_PFN		2
#define KVM_GUEST_PAGE_TABLE_MIN_PADDR	0x180000
#define DEFAULT_GUEST_STACK_VADDR_MIN	0xab6000
#define DEFAULT_STACK_PGS		5

/*
 * Allocate adjacent guest physical pages of a slot, at or above @min_gpa.  Return the first
 * address; fail the test if the slot has no such pages.
 */
gpa_t vm_phy_page_alloc(struct kvm_vm *vm, gpa_t min_gpa, u32 memslot);
gpa_t vm_phy_pages_alloc(struct kvm_vm *vm, size_t num, gpa_t min_gpa, u32 memslot);
gpa_t __vm_phy_pages_alloc(struct kvm_vm *vm, size_t num, gpa_t min_gpa, u32 memslot,
			   bool protected);
gpa_t vm_alloc_page_table(struct kvm_vm *vm);

/* Returns the start of @sz unmapped bytes of guest virtual addresses, at or above @min_gva. */
gva_t vm_unused_gva_gap(struct kvm_vm *vm, size_t sz, gva_t min_gva);

/*
 * Allocate guest pages for @sz bytes and map them at or above @min_gva, adjacent in both address
 * spaces.  Return the guest virtual address.
 */
gva_t vm_alloc(struct kvm_vm *vm, size_t sz, gva_t min_gva);
gva_t __vm_alloc(struct kvm_vm *vm, size_t sz, gva_t min_gva, enum kvm_mem_region_type type);
gva_t vm_alloc_shared(struct kvm_vm *vm, size_t sz, gva_t min_gva, enum kvm_mem_region_type type);
gva_t vm_alloc_pages(struct kvm_vm *vm, int nr_pages);
gva_t __vm_alloc_page(struct kvm_vm *vm, enum kvm_mem_region_type type);
gva_t vm_alloc_page(struct kvm_vm *vm);

/* ---- Page tables ----------------------------------------------------------------------- */

/* Maps @npages guest pages, readable, writable and executable; @gva must be unmapped. */
void virt_map(struct kvm_vm *vm, gva_t gva, gpa_t gpa, unsigned int npages);
void virt_pg_map(struct kvm_vm *vm, gva_t gva, gpa_t gpa);
void virt_pgd_alloc(struct kvm_vm *vm);
void virt_dump(FILE *stream, struct kvm_vm *vm, u8 indent);

/* ---- Address translation --------------------------------------------------------------- */

/* Each fails the test unless the address is mapped and in a slot that vm_mem_add() added. */
void *addr_gpa2hva(struct kvm_vm *vm, gpa_t gpa);
void *addr_gva2hva(struct kvm_vm *vm, gva_t gva);
gpa_t addr_hva2gpa(struct kvm_vm *vm, void *hva);
gpa_t addr_gva2gpa(struct kvm_vm *vm, gva_t gva);

/* Returns the address in the slot's second mapping, or NULL if the memory is not shared. */
void *addr_gpa2alias(struct kvm_vm *vm, gpa_t gpa);

static inline gpa_t vm_untag_gpa(struct kvm_vm *vm, gpa_t gpa)
{
	return gpa & ~vm->gpa_tag_mask;
}

/* ---- Sizes ----------------------------------------------------------------------------- */

/* Guest pages and host pages may differ in size: each rounds up, except the last. */
unsigned int vm_calc_num_guest_pages(enum vm_guest_mode mode, size_t size);
unsigned int vm_num_host_pages(enum vm_guest_mode mode, unsigned int num_guest_pages);
unsigned int vm_num_guest_pages(enum vm_guest_mode mode, unsigned int num_host_pages);

/* Returns the smallest number of guest pages >= @num_guest_pages that fills whole host pages. */
static inline unsigned int vm_adjust_num_guest_pages(enum vm_guest_mode mode,
						     unsigned int num_guest_pages)
{
	return vm_num_guest_pages(mode, vm_num_host_pages(mode, num_guest_pages));
}

static inline u64 vm_page_align(struct kvm_vm *vm, u64 v)
{
	return align_up(v, vm->page_size);
}

/* ---- Globals --------------------------------------------------------------------------- */

/* Copy the value of global @g from the process to the guest, or back. */
#define sync_global_to_guest(vm, g)	memcpy(addr_gva2hva(vm, (gva_t)&(g)), &(g), sizeof(g))
#define sync_global_from_guest(vm, g)	memcpy(&(g), addr_gva2hva(vm, (gva_t)&(g)), sizeof(g))

/* Sets global @g in the guest only. */
#define write_guest_global(vm, g, val)					\
do {									\
	typeof(g) _val = (val);						\
									\
	memcpy(addr_gva2hva(vm, (gva_t)&(g)), &_val, sizeof(g));	\
} while (0)

#define SYNC_FROM_GUEST_AND_READ(vm, g)	({ sync_global_from_guest(vm, g); READ_ONCE(g); })

#define WRITE_AND_SYNC_TO_GUEST(vm, g, val)				\
do {									\
	WRITE_ONCE(g, val);						\
	sync_global_to_guest(vm, g);					\
} while (0)

#endif /* SELFTEST_KVM_MEM_H */
