// SPDX-License-Identifier: GPL-2.0-only
/* VMs: create, restart, dump and free, with their vCPUs. */
#include <sys/random.h>
#include <sys/resource.h>

#include "kvm_util.h"
#include "ucall_common.h"

/* Pages of slot 0 for allocations that vm_slot0_pages() does not count. */
#define SLOT0_SPARE_PAGES	512

/* ---- Random seeds ---------------------------------------------------------------------- */

u32 kvm_random_seed;
struct kvm_random_state kvm_rng;
static u32 seed_in_use;

void kvm_seed_rng(u32 seed)
{
	kvm_random_seed = seed;
	seed_in_use = seed;
	kvm_rng = new_kvm_random_state(seed);
}

static void __attribute__((constructor)) seed_by_chance(void)
{
	u32 seed;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
		seed = time(NULL) ^ (u32)getpid() << 16;
	kvm_seed_rng(seed);
}

static void sync_rng_to_guest(struct kvm_vm *vm)
{
	if (kvm_random_seed != seed_in_use)
		kvm_seed_rng(kvm_random_seed);
	sync_global_to_guest(vm, kvm_rng);
}

/* ---- VMs ------------------------------------------------------------------------------- */

/* Opens /dev/kvm and creates the VM that @vm describes. */
static void vm_open(struct kvm_vm *vm)
{
	vm->kvm_fd = __open_path_or_exit(KVM_DEV_PATH, O_RDWR, KVM_ARCH_HELP_NO_DEV);
	__TEST_REQUIRE(kvm_has_cap(KVM_CAP_IMMEDIATE_EXIT),
		       "KVM lacks KVM_CAP_IMMEDIATE_EXIT (4.11)");

	do {	/* a signal may interrupt KVM_CREATE_VM */
		vm->fd = __kvm_ioctl(vm->kvm_fd, KVM_CREATE_VM, (void *)vm->type);
	} while (vm->fd < 0 && errno == EINTR);
	TEST_ASSERT(vm->fd >= 0, "KVM_CREATE_VM of type %lu failed: errno %i (%s)",
		    vm->type, errno, strerror(errno));
}

struct kvm_vm *____vm_create(struct vm_shape shape)
{
	const struct vm_guest_mode_params *mode;
	struct kvm_vm *vm;

	TEST_ASSERT(shape.mode < NUM_VM_MODES, "guest mode %u does not exist", shape.mode);
	vm = calloc(1, sizeof(*vm));
	TEST_ASSERT(vm, "out of memory");

	mode = &vm_guest_mode_params[shape.mode];
	vm->mode = shape.mode;
	vm->type = shape.type;
	vm->pa_bits = mode->pa_bits;
	vm->va_bits = mode->va_bits;
	vm->page_size = mode->page_size;
	vm->page_shift = mode->page_shift;

	vm_open(vm);
	vm_arch_init_mode(vm);
	vm->max_gfn = vm_compute_max_gfn(vm);
	return vm;
}

/* Returns the size of slot 0 in pages: program, stacks, ucalls, page tables and a reserve. */
static u64 vm_slot0_pages(const struct vm_shape *shape, u32 nr_vcpus, u64 extra_pages)
{
	u64 page_size = vm_guest_mode_params[shape->mode].page_size;
	u64 nr = SLOT0_SPARE_PAGES;

	nr += DIV_ROUND_UP(kvm_vm_elf_size("/proc/self/exe"), page_size);
	nr += (u64)nr_vcpus * DEFAULT_STACK_PGS;
	nr += DIV_ROUND_UP(ucall_bytes_required(nr_vcpus), page_size);

	/* The upper levels of the page tables need fewer pages than the lowest level. */
	nr += (nr + extra_pages) / PTES_PER_MIN_PAGE * 2;
	return vm_adjust_num_guest_pages(shape->mode, nr);
}

struct kvm_vm *__vm_create(struct vm_shape shape, u32 nr_runnable_vcpus, u64 nr_extra_pages)
{
	struct userspace_mem_region *slot0;
	struct kvm_vm *vm;
	u32 max_vcpus;

	TEST_ASSERT(nr_runnable_vcpus, "use vm_create_barebones() for a VM without vCPUs");
	max_vcpus = kvm_check_cap(KVM_CAP_MAX_VCPUS);
	TEST_ASSERT(nr_runnable_vcpus <= max_vcpus, "%u vCPUs requested, KVM allows %u",
		    nr_runnable_vcpus, max_vcpus);
	kvm_set_files_rlimit(nr_runnable_vcpus);

	vm = ____vm_create(shape);
	vm->nr_runnable_vcpus = nr_runnable_vcpus;

	vm_userspace_mem_region_add(vm, VM_MEM_SRC_ANONYMOUS, 0, 0,
				    vm_slot0_pages(&shape, nr_runnable_vcpus, nr_extra_pages),
				    vm_arch_needs_guest_memfd(shape.type) ? KVM_MEM_GUEST_MEMFD :
				    0);
	memset(vm->memslots, 0, sizeof(vm->memslots));

	/* argv[0] may be a name that the shell found in PATH. */
	kvm_vm_elf_load(vm, "/proc/self/exe");

	slot0 = memslot2region(vm, 0);
	ucall_init(vm, slot0->region.guest_phys_addr + slot0->region.memory_size);

	sync_rng_to_guest(vm);
	kvm_arch_vm_post_create(vm, nr_runnable_vcpus);
	return vm;
}

struct kvm_vcpu *vm_vcpu_add(struct kvm_vm *vm, u32 vcpu_id, void *guest_code)
{
	struct kvm_vcpu *vcpu = vm_arch_vcpu_add(vm, vcpu_id);

	vcpu_arch_set_entry_point(vcpu, guest_code);
	return vcpu;
}

struct kvm_vm *__vm_create_with_vcpus(struct vm_shape shape, u32 nr_vcpus, u64 extra_mem_pages,
				      void *guest_code, struct kvm_vcpu *vcpus[])
{
	struct kvm_vm *vm;
	u32 i;

	TEST_ASSERT(vcpus || !nr_vcpus, "vcpus is NULL");
	vm = __vm_create(shape, nr_vcpus, extra_mem_pages);
	for (i = 0; i < nr_vcpus; i++)
		vcpus[i] = vm_vcpu_add(vm, i, guest_code);
	kvm_arch_vm_finalize_vcpus(vm);
	return vm;
}

struct kvm_vm *__vm_create_shape_with_one_vcpu(struct vm_shape shape, struct kvm_vcpu **vcpu,
					       u64 extra_mem_pages, void *guest_code)
{
	return __vm_create_with_vcpus(shape, 1, extra_mem_pages, guest_code, vcpu);
}

void kvm_vm_release(struct kvm_vm *vm)
{
	vm_vcpu_free_all(vm);
	kvm_arch_vm_release(vm);
	kvm_free_fd(vm->fd);
	kvm_free_fd(vm->kvm_fd);
}

void kvm_vm_restart(struct kvm_vm *vm)
{
	size_t i;

	vm_open(vm);
	if (vm->has_irqchip)
		vm_create_irqchip(vm);
	for (i = 0; i < vm->regions.nr; i++)
		vm_mem_region_install(vm, vm->regions.by_gpa[i]);
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

void kvm_vm_free(struct kvm_vm *vm)
{
	if (!vm)
		return;
	vm_mem_free_all(vm);
	page_ranges_free(&vm->vpages_mapped);
	kvm_vm_release(vm);
	free(vm);
}

void kvm_set_files_rlimit(u32 nr_vcpus)
{
	/* Two for each vCPU, and a reserve. */
	rlim_t wanted = nr_vcpus * 2 + 100;
	struct rlimit limit;

	TEST_ASSERT(!getrlimit(RLIMIT_NOFILE, &limit), "getrlimit() failed");
	if (limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = wanted;
	limit.rlim_max = max(limit.rlim_max, wanted);
	__TEST_REQUIRE(!setrlimit(RLIMIT_NOFILE, &limit),
		       "the limit of open files is too low for %u vCPUs (raise ulimit -Hn)",
		       nr_vcpus);
}

void vm_dump(FILE *stream, struct kvm_vm *vm, u8 indent)
{
	struct kvm_vcpu *vcpu;
	size_t i;

	fprintf(stream, "%*sVM of type %lu, mode %d, fd %d, page size %u\n", indent, "",
		vm->type, vm->mode, vm->fd, vm->page_size);
	for (i = 0; i < vm->regions.nr; i++) {
		struct userspace_mem_region *region = vm->regions.by_gpa[i];

		fprintf(stream, "%*sslot %u: gpa %#lx, %#lx bytes, hva %p; used pages:\n",
			indent, "", region->region.slot, (u64)region->region.guest_phys_addr,
			(u64)region->region.memory_size, region->host_mem);
		page_ranges_dump(stream, &region->used_phy_pages, indent + 4);
	}
	fprintf(stream, "%*smapped virtual pages:\n", indent, "");
	page_ranges_dump(stream, &vm->vpages_mapped, indent + 4);
	if (vm->mmu.pgd_created)
		virt_dump(stream, vm, indent + 4);
	for (vcpu = vm->vcpus; vcpu; vcpu = vcpu->next)
		vcpu_dump(stream, vcpu, indent);
}

static struct kvm_coalesced_mmio_zone io_zone(u64 address, u64 size, bool pio)
{
	return (struct kvm_coalesced_mmio_zone){ .addr = address, .size = size, .pio = pio };
}

void kvm_vm_register_coalesced_io(struct kvm_vm *vm, u64 address, u64 size, bool pio)
{
	struct kvm_coalesced_mmio_zone zone = io_zone(address, size, pio);

	vm_ioctl(vm, KVM_REGISTER_COALESCED_MMIO, &zone);
}

void kvm_vm_unregister_coalesced_io(struct kvm_vm *vm, u64 address, u64 size, bool pio)
{
	struct kvm_coalesced_mmio_zone zone = io_zone(address, size, pio);

	vm_ioctl(vm, KVM_UNREGISTER_COALESCED_MMIO, &zone);
}
