// SPDX-License-Identifier: GPL-2.0-only
/* Memory slots: KVM_SET_USER_MEMORY_REGION, guest pages and address translation. */
#include "kvm_util.h"

/* ---- Find slots ------------------------------------------------------------------------ */

/* Returns the number of regions that start at or below @gpa. */
static size_t regions_up_to(struct kvm_vm *vm, gpa_t gpa)
{
	size_t low = 0, high = vm->regions.nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (vm->regions.by_gpa[mid]->region.guest_phys_addr <= gpa)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Returns the last region that overlaps [@gpa, @gpa + @size), or NULL. */
static struct userspace_mem_region *region_find(struct kvm_vm *vm, gpa_t gpa, u64 size)
{
	size_t n = regions_up_to(vm, gpa + size - 1);
	struct userspace_mem_region *region;

	if (!n)
		return NULL;
	region = vm->regions.by_gpa[n - 1];
	if (gpa - region->region.guest_phys_addr < region->region.memory_size ||
	    region->region.guest_phys_addr - gpa < size)
		return region;
	return NULL;
}

static struct userspace_mem_region **bucket(struct kvm_vm *vm, u32 slot)
{
	return &vm->regions.by_slot[slot % KVM_SLOT_BUCKETS];
}

static struct userspace_mem_region *slot_find(struct kvm_vm *vm, u32 slot)
{
	struct userspace_mem_region *region = *bucket(vm, slot);

	while (region && region->region.slot != slot)
		region = region->next_in_bucket;
	return region;
}

struct userspace_mem_region *memslot2region(struct kvm_vm *vm, u32 memslot)
{
	struct userspace_mem_region *region = slot_find(vm, memslot);

	TEST_ASSERT(region, "this VM has no memory slot %u", memslot);
	return region;
}

static void regions_insert(struct kvm_vm *vm, struct userspace_mem_region *region)
{
	struct userspace_mem_regions *all = &vm->regions;
	struct userspace_mem_region **head = bucket(vm, region->region.slot);
	size_t at = regions_up_to(vm, region->region.guest_phys_addr);

	/* The capacity is always a power of two. */
	if (!(all->nr & (all->nr - 1))) {
		size_t room = all->nr ? all->nr * 2 : 1;

		all->by_gpa = realloc(all->by_gpa, room * sizeof(*all->by_gpa));
		TEST_ASSERT(all->by_gpa, "out of memory");
	}
	memmove(&all->by_gpa[at + 1], &all->by_gpa[at], (all->nr - at) * sizeof(*all->by_gpa));
	all->by_gpa[at] = region;
	all->nr++;

	region->next_in_bucket = *head;
	*head = region;
}

static void regions_remove(struct kvm_vm *vm, struct userspace_mem_region *region)
{
	struct userspace_mem_regions *all = &vm->regions;
	struct userspace_mem_region **link = bucket(vm, region->region.slot);
	size_t at = 0;

	while (all->by_gpa[at] != region)
		at++;
	all->nr--;
	memmove(&all->by_gpa[at], &all->by_gpa[at + 1], (all->nr - at) * sizeof(*all->by_gpa));

	while (*link != region)
		link = &(*link)->next_in_bucket;
	*link = region->next_in_bucket;
}

/* ---- Ioctls ---------------------------------------------------------------------------- */

static void require_memory_region2(struct kvm_vm *vm)
{
	__TEST_REQUIRE(vm_check_cap(vm, KVM_CAP_USER_MEMORY2),
		       "KVM lacks KVM_SET_USER_MEMORY_REGION2 (6.8)");
}

int __vm_set_user_memory_region(struct kvm_vm *vm, u32 slot, u32 flags, gpa_t gpa, u64 size,
				void *hva)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot, .flags = flags,
		.guest_phys_addr = gpa, .memory_size = size, .userspace_addr = (uintptr_t)hva,
	};

	return __vm_ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region);
}

void vm_set_user_memory_region(struct kvm_vm *vm, u32 slot, u32 flags, gpa_t gpa, u64 size,
			       void *hva)
{
	int ret = __vm_set_user_memory_region(vm, slot, flags, gpa, size, hva);

	TEST_ASSERT_VM_VCPU_IOCTL(!ret, KVM_SET_USER_MEMORY_REGION, ret, vm);
}

int __vm_set_user_memory_region2(struct kvm_vm *vm, u32 slot, u32 flags, gpa_t gpa, u64 size,
				 void *hva, u32 gmem_fd, u64 gmem_offset)
{
	struct kvm_userspace_memory_region2 region = {
		.slot = slot, .flags = flags,
		.guest_phys_addr = gpa, .memory_size = size, .userspace_addr = (uintptr_t)hva,
		.guest_memfd = gmem_fd, .guest_memfd_offset = gmem_offset,
	};

	require_memory_region2(vm);
	return __vm_ioctl(vm, KVM_SET_USER_MEMORY_REGION2, &region);
}

void vm_set_user_memory_region2(struct kvm_vm *vm, u32 slot, u32 flags, gpa_t gpa, u64 size,
				void *hva, u32 gmem_fd, u64 gmem_offset)
{
	int ret = __vm_set_user_memory_region2(vm, slot, flags, gpa, size, hva, gmem_fd,
					       gmem_offset);

	TEST_ASSERT_VM_VCPU_IOCTL(!ret, KVM_SET_USER_MEMORY_REGION2, ret, vm);
}

/* Kernels before 6.8 support only slots without a guest_memfd. */
void vm_mem_region_install(struct kvm_vm *vm, struct userspace_mem_region *region)
{
	struct kvm_userspace_memory_region2 *r = &region->region;
	int ret;

	if (r->flags & KVM_MEM_GUEST_MEMFD || vm_check_cap(vm, KVM_CAP_USER_MEMORY2)) {
		require_memory_region2(vm);
		ret = __vm_ioctl(vm, KVM_SET_USER_MEMORY_REGION2, r);
	} else {
		ret = __vm_set_user_memory_region(vm, r->slot, r->flags, r->guest_phys_addr,
						  r->memory_size, region->host_mem);
	}
	TEST_ASSERT(!ret, "slot %u refused: errno %i (%s)\n"
		    "  gpa %#lx, %#lx bytes, flags %#x, guest_memfd %d",
		    r->slot, errno, strerror(errno),
		    (u64)r->guest_phys_addr, (u64)r->memory_size, r->flags, (int)r->guest_memfd);
}

/* ---- Add slots ------------------------------------------------------------------------- */

static void check_new_slot(struct kvm_vm *vm, gpa_t gpa, u32 slot, u64 npages)
{
	struct userspace_mem_region *other;

	TEST_ASSERT(npages && vm_adjust_num_guest_pages(vm->mode, npages) == npages,
		    "slot %u: %lu guest pages do not fill whole host pages", slot, npages);
	TEST_ASSERT(IS_ALIGNED(gpa, vm->page_size), "slot %u: gpa %#lx is not page-aligned",
		    slot, gpa);
	TEST_ASSERT((gpa >> vm->page_shift) + npages - 1 <= vm->max_gfn,
		    "slot %u: %lu pages from gpa %#lx reach beyond the last guest page %#lx",
		    slot, npages, gpa, vm->max_gfn);

	other = region_find(vm, gpa, npages << vm->page_shift);
	TEST_ASSERT(!other, "slot %u: %lu pages from gpa %#lx overlap slot %u at gpa %#lx",
		    slot, npages, gpa, other->region.slot, (u64)other->region.guest_phys_addr);
	TEST_ASSERT(!slot_find(vm, slot), "slot %u exists already", slot);
}

int kvm_memfd_alloc(size_t size, bool hugepages)
{
	int fd = memfd_create("guest memory", MFD_CLOEXEC | (hugepages ? MFD_HUGETLB : 0));

	TEST_ASSERT(fd >= 0, __KVM_SYSCALL_ERROR("memfd_create()", fd));
	kvm_ftruncate(fd, size);
	return fd;
}

/* Maps the host memory of a region, aligned to the page size of its type. */
static void region_map(struct userspace_mem_region *region, size_t size)
{
	enum vm_mem_backing_src_type type = region->backing_src_type;
	/* mmap() aligns hugetlb mappings by itself. */
	size_t align = type == VM_MEM_SRC_ANONYMOUS_THP ? get_backing_src_pagesz(type) : 1;
	int flags = vm_mem_backing_src_alias(type)->flag, advice;

	region->mmap_size = size + (align > 1 ? align : 0);
	region->fd = -1;
	if (backing_src_is_shared(type))
		region->fd = kvm_memfd_alloc(region->mmap_size,
					     type == VM_MEM_SRC_SHARED_HUGETLB);

	region->mmap_start = kvm_mmap(region->mmap_size, PROT_READ | PROT_WRITE, flags,
				      region->fd);
	region->host_mem = align_ptr_up(region->mmap_start, align);
	if (region->fd >= 0) {
		region->mmap_alias = kvm_mmap(region->mmap_size, PROT_READ | PROT_WRITE, flags,
					      region->fd);
		region->host_alias = align_ptr_up(region->mmap_alias, align);
	}

	if (type == VM_MEM_SRC_ANONYMOUS || type == VM_MEM_SRC_ANONYMOUS_THP) {
		advice = type == VM_MEM_SRC_ANONYMOUS ? MADV_NOHUGEPAGE : MADV_HUGEPAGE;
		if (thp_configured())
			kvm_madvise(region->host_mem, size, advice);
	}
}

void vm_mem_add(struct kvm_vm *vm, enum vm_mem_backing_src_type src_type, gpa_t gpa, u32 slot,
		u64 npages, u32 flags, int gmem_fd, u64 gmem_offset)
{
	u64 size = npages << vm->page_shift;
	struct userspace_mem_region *region;

	check_new_slot(vm, gpa, slot, npages);
	TEST_ASSERT(IS_ALIGNED(gpa, get_backing_src_pagesz(src_type)),
		    "slot %u: gpa %#lx is not aligned to pages of %s", slot, gpa,
		    vm_mem_backing_src_alias(src_type)->name);

	region = calloc(1, sizeof(*region));
	TEST_ASSERT(region, "out of memory");
	region->backing_src_type = src_type;
	region_map(region, size);

	region->region.slot = slot;
	region->region.flags = flags;
	region->region.guest_phys_addr = gpa;
	region->region.memory_size = size;
	region->region.userspace_addr = (uintptr_t)region->host_mem;
	region->region.guest_memfd = -1;
	if (flags & KVM_MEM_GUEST_MEMFD) {
		TEST_ASSERT(gmem_fd >= 0 || !gmem_offset,
			    "slot %u: gmem_offset needs a gmem_fd", slot);
		/* region_free() closes the fd: duplicate the caller's. */
		region->region.guest_memfd = gmem_fd >= 0 ? kvm_dup(gmem_fd) :
							    vm_create_guest_memfd(vm, size, 0);
		region->region.guest_memfd_offset = gmem_offset;
	}

	vm_mem_region_install(vm, region);
	regions_insert(vm, region);
}

void vm_userspace_mem_region_add(struct kvm_vm *vm, enum vm_mem_backing_src_type src_type,
				 gpa_t gpa, u32 slot, u64 npages, u32 flags)
{
	vm_mem_add(vm, src_type, gpa, slot, npages, flags, -1, 0);
}

/* ---- Change and remove slots ----------------------------------------------------------- */

void vm_mem_region_set_flags(struct kvm_vm *vm, u32 slot, u32 flags)
{
	struct userspace_mem_region *region = memslot2region(vm, slot);

	region->region.flags = flags;
	vm_mem_region_install(vm, region);
}

void vm_mem_region_move(struct kvm_vm *vm, u32 slot, u64 new_gpa)
{
	struct userspace_mem_region *region = memslot2region(vm, slot);

	/* A new gpa changes the sort order and makes the used page numbers stale. */
	regions_remove(vm, region);
	region->region.guest_phys_addr = new_gpa;
	vm_mem_region_install(vm, region);
	regions_insert(vm, region);
	page_ranges_free(&region->used_phy_pages);
}

/* Deletes the slot in KVM; the library keeps the region. */
static void region_uninstall(struct kvm_vm *vm, struct userspace_mem_region *region)
{
	u64 size = region->region.memory_size;

	region->region.memory_size = 0;
	vm_mem_region_install(vm, region);
	region->region.memory_size = size;
}

void vm_mem_region_reload(struct kvm_vm *vm, u32 slot)
{
	struct userspace_mem_region *region = memslot2region(vm, slot);

	region_uninstall(vm, region);
	vm_mem_region_install(vm, region);
}

static void region_free(struct userspace_mem_region *region)
{
	int gmem_fd = region->region.guest_memfd;

	if (gmem_fd >= 0)
		kvm_close(gmem_fd);
	if (region->fd >= 0)
		kvm_close(region->fd);
	if (region->mmap_alias)
		kvm_munmap(region->mmap_alias, region->mmap_size);
	kvm_munmap(region->mmap_start, region->mmap_size);
	page_ranges_free(&region->used_phy_pages);
	page_ranges_free(&region->protected_phy_pages);
	free(region);
}

void vm_mem_region_delete(struct kvm_vm *vm, u32 slot)
{
	struct userspace_mem_region *region = memslot2region(vm, slot);

	region_uninstall(vm, region);
	regions_remove(vm, region);
	region_free(region);
}

void vm_mem_free_all(struct kvm_vm *vm)
{
	size_t i;

	for (i = 0; i < vm->regions.nr; i++)
		region_free(vm->regions.by_gpa[i]);
	free(vm->regions.by_gpa);
	memset(&vm->regions, 0, sizeof(vm->regions));
}

/* ---- Guest physical pages -------------------------------------------------------------- */

gpa_t __vm_phy_pages_alloc(struct kvm_vm *vm, size_t num, gpa_t min_gpa, u32 memslot,
			   bool protected)
{
	struct userspace_mem_region *region = memslot2region(vm, memslot);
	u64 first = region->region.guest_phys_addr >> vm->page_shift;
	u64 end = first + (region->region.memory_size >> vm->page_shift);
	u64 page;

	TEST_ASSERT(num, "cannot allocate 0 pages");
	TEST_ASSERT(IS_ALIGNED(min_gpa, vm->page_size), "gpa %#lx is not page-aligned",
		    min_gpa);
	first = max(first, min_gpa >> vm->page_shift);
	if (!page_ranges_find_gap(&region->used_phy_pages, num, first, end, &page))
		TEST_FAIL("slot %u lacks %zu adjacent free pages at or above gpa %#lx",
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

/* ---- Addresses ------------------------------------------------------------------------- */

static struct userspace_mem_region *region_of(struct kvm_vm *vm, gpa_t gpa)
{
	struct userspace_mem_region *region = region_find(vm, gpa, 1);

	TEST_ASSERT(region, "no memory slot at gpa %#lx", gpa);
	return region;
}

void *addr_gpa2hva(struct kvm_vm *vm, gpa_t gpa)
{
	struct userspace_mem_region *region;

	gpa = vm_untag_gpa(vm, gpa);
	region = region_of(vm, gpa);
	return (char *)region->host_mem + (gpa - region->region.guest_phys_addr);
}

void *addr_gpa2alias(struct kvm_vm *vm, gpa_t gpa)
{
	struct userspace_mem_region *region = region_find(vm, gpa, 1);

	if (!region || !region->host_alias)
		return NULL;
	return (char *)region->host_alias + (gpa - region->region.guest_phys_addr);
}

gpa_t addr_hva2gpa(struct kvm_vm *vm, void *hva)
{
	size_t i;

	for (i = 0; i < vm->regions.nr; i++) {
		struct userspace_mem_region *region = vm->regions.by_gpa[i];
		u64 offset = (uintptr_t)hva - (uintptr_t)region->host_mem;

		if (offset < region->region.memory_size)
			return region->region.guest_phys_addr + offset;
	}
	TEST_FAIL("no memory slot at hva %p", hva);
}

bool vm_is_gpa_protected(struct kvm_vm *vm, gpa_t gpa)
{
	if (!vm_arch_has_protected_memory(vm))
		return false;
	return page_ranges_has(&region_of(vm, gpa)->protected_phy_pages, gpa >> vm->page_shift);
}

void vm_guest_mem_fallocate(struct kvm_vm *vm, gpa_t gpa, u64 size, bool punch_hole)
{
	int mode = FALLOC_FL_KEEP_SIZE | (punch_hole ? FALLOC_FL_PUNCH_HOLE : 0);
	gpa_t end = gpa + size;
	u64 len;

	for (; gpa < end; gpa += len) {
		struct userspace_mem_region *region = region_of(vm, gpa);
		u64 offset = gpa - region->region.guest_phys_addr;

		TEST_ASSERT(region->region.flags & KVM_MEM_GUEST_MEMFD,
			    "no guest_memfd at gpa %#lx", gpa);
		len = min_t(u64, end - gpa, region->region.memory_size - offset);
		kvm_fallocate(region->region.guest_memfd, mode,
			      region->region.guest_memfd_offset + offset, len);
	}
}
