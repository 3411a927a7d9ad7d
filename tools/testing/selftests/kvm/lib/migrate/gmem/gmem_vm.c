// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "kvm_util.h"
#include "numaif.h"
#include "processor.h"
#include "ucall_common.h"
#include "migrate/gmem/gmem_vm.h"
#include "migrate/gmem/launch.h"
#include "migrate/mm/numa.h"

bool vm_kind_host_maps(const struct vm_kind *kind)
{
	return kind->gmem_flags & GUEST_MEMFD_FLAG_INIT_SHARED;
}

bool vm_kind_reads_zero(const struct vm_kind *kind)
{
	return !kind->launch;
}

/* The library's helpers end the program, but each case must report its own SKIP. */
static const char *vm_fd_skip_reason(int vm_fd, const struct vm_kind *kind)
{
	int flags;

	if (ioctl(vm_fd, KVM_CHECK_EXTENSION, KVM_CAP_GUEST_MEMFD) <= 0)
		return "KVM has no guest_memfd (needs Linux 6.8 and CONFIG_KVM_GUEST_MEMFD)";
	flags = ioctl(vm_fd, KVM_CHECK_EXTENSION, KVM_CAP_GUEST_MEMFD_FLAGS);
	/* A promised flag that is missing must fail: KVM_CREATE_GUEST_MEMFD then does. */
	if ((kind->unflagged ?: kind)->gmem_flags & ~(u64)(flags > 0 ? flags : 0))
		return "the host cannot map guest_memfd (needs Linux 6.18)";
	flags = ioctl(vm_fd, KVM_CHECK_EXTENSION, KVM_CAP_MEMORY_ATTRIBUTES);
	if (kind->private_mem && !(flags > 0 && (flags & KVM_MEMORY_ATTRIBUTE_PRIVATE)))
		return "KVM has no private memory (needs Linux 6.8 and "
		       "CONFIG_KVM_GENERIC_MEMORY_ATTRIBUTES)";
	if (kind->launch)
		return kind->launch->skip_reason(kind, vm_fd);
	return NULL;
}

const char *vm_kind_skip_reason(const struct vm_kind *kind)
{
	int kvm_fd = open(KVM_DEV_PATH, O_RDWR | O_CLOEXEC), vm_fd;
	const char *reason = NULL;

	if (kvm_fd < 0 && (errno == EACCES || errno == EPERM))
		return "no permission to open /dev/kvm (be root or in its group)";
	if (kvm_fd < 0)
		return "no /dev/kvm (load kvm_amd or kvm_intel)";
	if (kind->skip_reason)
		reason = kind->skip_reason(kind, kvm_fd);
	/* Task work, as of an io_uring that ends, interrupts mm_take_all_locks() in mm/vma.c. */
	vm_fd = reason ? -1 : TEMP_FAILURE_RETRY(ioctl(kvm_fd, KVM_CREATE_VM, kind->type));
	if (vm_fd >= 0)
		reason = vm_fd_skip_reason(vm_fd, kind);
	else if (!reason)
		reason = "KVM cannot create a VM of this type (load kvm_amd or kvm_intel)";
	close(vm_fd);
	close(kvm_fd);
	return reason;
}

void vm_keep_one_open(void)
{
	int kvm_fd = open(KVM_DEV_PATH, O_RDWR | O_CLOEXEC);

	if (kvm_fd < 0)
		return;
	/* The VM's descriptor stays open until the process ends. */
	ioctl(kvm_fd, KVM_CREATE_VM, VM_TYPE_DEFAULT);
	close(kvm_fd);
}

void *gmem_page(const struct gmem_vm *gvm, size_t page)
{
	return (char *)gvm->mem + page * gvm->page_size;
}

u64 gmem_offset(const struct gmem_vm *gvm, size_t page)
{
	return gvm->start + page * gvm->page_size;
}

void gmem_punch(struct gmem_vm *gvm, size_t first, size_t nr)
{
	gvm->nr_placed = 0;
	kvm_fallocate(gvm->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, gmem_offset(gvm, first),
		      nr * gvm->page_size);
}

void gmem_file_allocate(int fd, u64 offset, u64 size, int node)
{
	struct nodemask mask = nodemask_of(node);

	kvm_set_mempolicy(MPOL_BIND, mask.bits, NODEMASK_MAXNODE);
	kvm_fallocate(fd, FALLOC_FL_KEEP_SIZE, offset, size);
	kvm_set_mempolicy(MPOL_DEFAULT, NULL, 0);
}

void gmem_allocate(struct gmem_vm *gvm, size_t first, size_t nr, int node)
{
	gvm->nr_placed += nr;
	gmem_file_allocate(gvm->fd, gmem_offset(gvm, first), nr * gvm->page_size, node);
}

bool gmem_in_hole(const struct gmem_vm *gvm, size_t page)
{
	return page >= gvm->hole && page < gvm->split;
}

gpa_t gmem_gpa(const struct gmem_vm *gvm, size_t page)
{
	if (page < gvm->split)
		return GMEM_GPA_HIGH + page * gvm->page_size;
	return GMEM_GPA + (page - gvm->split) * gvm->page_size;
}

size_t gmem_page_at(const struct gmem_vm *gvm, gpa_t gpa)
{
	size_t high = (gpa - GMEM_GPA_HIGH) / gvm->page_size;
	size_t low = gvm->split + (gpa - GMEM_GPA) / gvm->page_size;

	if (gpa >= GMEM_GPA_HIGH)
		return high < gvm->hole ? high : gvm->nr_pages;
	return gpa >= GMEM_GPA && low < gvm->nr_pages ? low : gvm->nr_pages;
}

/* Guest memory for jobs and counters, and for the page tables of two mappings of the pages. */
static u64 extra_pages(const struct gmem_config *config)
{
	size_t size = config->nr_pages * sizeof(struct guest_page) +
		      config->nr_vcpus * sizeof(struct guest_job);

	return size / getpagesize() + config->nr_pages / 128 + 64;
}

/* Maps the file, or shared memory instead where the file cannot be mapped. */
static void *map_memory(const struct gmem_vm *gvm, size_t size)
{
	bool mappable = gvm->kind->gmem_flags & GUEST_MEMFD_FLAG_MMAP;
	int fd = mappable ? gvm->fd : kvm_memfd_alloc(size, false);
	off_t offset = mappable ? gvm->start : 0;
	void *mem = __kvm_mmap(size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);

	if (!mappable)
		kvm_close(fd);
	return mem;
}

void gmem_set_private(struct gmem_vm *gvm, size_t first, size_t nr, bool private)
{
	vm_set_memory_attributes(gvm->vm, gmem_gpa(gvm, first), nr * gvm->page_size,
				 private ? KVM_MEMORY_ATTRIBUTE_PRIVATE : 0);
	gvm->gva = private || !gvm->kind->launch ? GMEM_GVA : GMEM_GVA_SHARED;
}

void gmem_set_slot(struct gmem_vm *gvm, u32 slot, size_t first, size_t nr, bool uaddr_is_mapping)
{
	void *uaddr = gvm->elsewhere + first * gvm->page_size;

	if (uaddr_is_mapping)
		uaddr = gmem_page(gvm, first);
	vm_set_user_memory_region2(gvm->vm, slot, KVM_MEM_GUEST_MEMFD, gmem_gpa(gvm, first),
				   nr * gvm->page_size, uaddr, gvm->fd, gmem_offset(gvm, first));
}

static void map_encrypted(struct gmem_vm *gvm, gva_t offset, gpa_t gpa, u64 guest_pages)
{
	const struct launch_ops *launch = gvm->kind->launch;

	launch->map(gvm->vm, GMEM_GVA + offset, gpa, guest_pages, false);
	if (gvm->kind->private_mem)
		launch->map(gvm->vm, GMEM_GVA_SHARED + offset, gpa, guest_pages, true);
}

static void map_slot(struct gmem_vm *gvm, size_t first, size_t nr)
{
	u64 guest_pages = nr * gvm->page_size / gvm->vm->page_size;
	gva_t offset = first * gvm->page_size;
	gpa_t gpa = gmem_gpa(gvm, first);

	if (gvm->kind->launch) {
		map_encrypted(gvm, offset, gpa, guest_pages);
		return;
	}
	virt_map(gvm->vm, GMEM_GVA + offset, gpa, guest_pages);
}

static void add_slot(struct gmem_vm *gvm, u32 slot, size_t first, size_t nr, bool uaddr_is_mapping)
{
	gmem_set_slot(gvm, slot, first, nr, uaddr_is_mapping);
	map_slot(gvm, first, nr);
	if (gvm->kind->private_mem)
		gmem_set_private(gvm, first, nr, true);
}

void gmem_add_ordinary_slot(struct gmem_vm *gvm, u32 slot, gpa_t gpa, gva_t gva)
{
	u64 size = gvm->nr_pages * gvm->page_size;

	vm_set_user_memory_region(gvm->vm, slot, 0, gpa, size, gvm->mem);
	virt_map(gvm->vm, gva, gpa, size / gvm->vm->page_size);
}

static void add_memory_of(struct gmem_vm *gvm, const struct gmem_vm *owner)
{
	gvm->nr_pages = owner->nr_pages;
	gvm->page_size = owner->page_size;
	gvm->start = owner->start;
	gvm->fd = -1;
	gvm->mem = owner->mem;
	gmem_add_ordinary_slot(gvm, GMEM_SLOT, GMEM_GPA, GMEM_GVA);
}

static void add_memory(struct gmem_vm *gvm, const struct gmem_config *config)
{
	bool uaddr = config->uaddr_is_mapping || gvm->kind->private_mem;
	size_t size = config->nr_pages * getpagesize();

	if (config->over) {
		add_memory_of(gvm, config->over);
		return;
	}
	gvm->nr_pages = config->nr_pages;
	gvm->page_size = getpagesize();
	if (config->large_offset)
		gvm->start = GMEM_LARGE_OFFSET;
	gvm->fd = vm_create_guest_memfd(gvm->vm, gvm->start + size, gvm->kind->gmem_flags);
	gvm->mem = map_memory(gvm, size);
	gvm->elsewhere = kvm_mmap(size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	numa_mbind(gvm->mem, size, config->node);
	gvm->split = config->two_slots ? gvm->nr_pages / 2 : 0;
	gvm->hole = gvm->split - DIV_ROUND_UP(gvm->split, 4);
	add_slot(gvm, GMEM_SLOT, gvm->split, gvm->nr_pages - gvm->split, uaddr);
	if (gvm->split)
		add_slot(gvm, GMEM_SLOT + 1, 0, gvm->hole, uaddr);
}

/* A vCPU, and the job that it starts with. */
static void add_vcpu(struct gmem_vm *gvm, int i, gva_t pages, gva_t job_gva)
{
	const struct launch_ops *launch = gvm->kind->launch;
	struct gmem_vcpu *gv = &gvm->vcpus[i];

	gv->owner = gvm;
	gv->job = addr_gva2hva(gvm->vm, job_gva);
	gv->job_gva = job_gva;
	gv->job->guest_done = launch ? launch->guest_done : NULL;
	gv->job->page_size = gvm->page_size;
	gv->job->hole = gvm->hole;
	gv->job->hole_end = gvm->split;
	gv->job->pages = (struct guest_page *)pages;
	if (launch && launch->add_vcpu) {
		gv->vcpu = launch->add_vcpu(gvm, i, job_gva);
		return;
	}
	gv->vcpu = vm_vcpu_add(gvm->vm, i, guest_main);
	vcpu_args_set(gv->vcpu, 1, job_gva);
}

/* Jobs and counters are outside of encrypted memory. */
static void add_vcpus(struct gmem_vm *gvm)
{
	gva_t pages, jobs;
	int i;

	pages = vm_alloc_shared(gvm->vm, gvm->nr_pages * sizeof(struct guest_page),
				KVM_UTIL_MIN_VADDR, MEM_REGION_TEST_DATA);
	gvm->pages = addr_gva2hva(gvm->vm, pages);
	if (!gvm->nr_vcpus)
		return;
	jobs = vm_alloc_shared(gvm->vm, gvm->nr_vcpus * sizeof(struct guest_job),
			       KVM_UTIL_MIN_VADDR, MEM_REGION_TEST_DATA);
	for (i = 0; i < gvm->nr_vcpus; i++)
		add_vcpu(gvm, i, pages, jobs + i * sizeof(struct guest_job));
	kvm_arch_vm_finalize_vcpus(gvm->vm);
}

static struct kvm_vm *create_without_vcpus(const struct vm_kind *kind,
					   const struct gmem_config *config)
{
	struct vm_shape shape = { .mode = VM_MODE_DEFAULT, .type = kind->type };

	if (kind->launch && kind->launch->create)
		return kind->launch->create(kind, config->nr_vcpus, extra_pages(config));
	return __vm_create(shape, max(config->nr_vcpus, 1), extra_pages(config));
}

struct gmem_vm *gmem_vm_create(const struct vm_kind *kind, const struct gmem_config *config)
{
	struct gmem_vm *gvm = calloc(1, sizeof(*gvm));

	TEST_ASSERT(gvm, "out of memory");
	TEST_ASSERT(config->nr_vcpus <= GMEM_VCPUS_MAX, "%d vCPUs, %d at most",
		    config->nr_vcpus, GMEM_VCPUS_MAX);
	gvm->kind = kind;
	gvm->nr_vcpus = config->nr_vcpus;
	gvm->yielding = config->yielding;
	gvm->pattern.seed = config->seed;
	gvm->gva = GMEM_GVA;
	gvm->vm = create_without_vcpus(kind, config);
	add_memory(gvm, config);
	if (kind->launch && kind->launch->bound)
		kind->launch->bound(gvm);
	add_vcpus(gvm);
	if (kind->launch)
		kind->launch->start(gvm);
	return gvm;
}

void gmem_vm_free(struct gmem_vm *gvm)
{
	if (gvm->finder)
		gvm->finder->free(gvm);
	if (gvm->fd >= 0) {
		kvm_munmap(gvm->mem, gvm->nr_pages * gvm->page_size);
		kvm_munmap(gvm->elsewhere, gvm->nr_pages * gvm->page_size);
		kvm_close(gvm->fd);
	}
	kvm_vm_free(gvm->vm);
	free(gvm);
}

static void assert_done(struct gmem_vcpu *gv)
{
	u32 reason = gv->vcpu->run->exit_reason;

	TEST_ASSERT(gmem_vcpu_is_done(gv), "vCPU %u did not finish its command: exit reason %u "
		    "(%s)", gv->vcpu->id, reason, exit_reason_str(reason));
	TEST_ASSERT(!gv->job->not_accepted, "the guest cannot accept a page of private memory: "
		    "error %#lx", gv->job->not_accepted);
}

/* Have the first vCPU do @command on pages @first, @first + @step, ... */
static void run_command(struct gmem_vm *gvm, enum guest_command command, size_t first, size_t step)
{
	struct gmem_vcpu *gv = &gvm->vcpus[0];

	gmem_vcpu_command(gv, command, first, step);
	vcpu_run(gv->vcpu);
	assert_done(gv);
}

bool gmem_guest_reaches(struct gmem_vm *gvm)
{
	struct gmem_vcpu *gv = &gvm->vcpus[0];

	gv->job->peek_gva = gvm->gva;
	gmem_vcpu_command(gv, GUEST_PEEK, 0, 1);
	vcpu_run(gv->vcpu);
	if (gv->vcpu->run->exit_reason == KVM_EXIT_MMIO)
		return false;
	assert_done(gv);
	return true;
}

void gmem_next_round(struct gmem_vm *gvm)
{
	size_t i;

	gvm->pattern.round++;
	for (i = 0; i < gvm->nr_pages; i++)
		gvm->pages[i].bad_word = GUEST_NO_BAD_WORD;
}

static void host_fill(struct gmem_vm *gvm, size_t page, size_t end)
{
	for (; page < end; page++) {
		pattern_fill(&gvm->pattern, page, gmem_page(gvm, page),
			     GUEST_PAGE_WORDS(gvm->page_size));
		gvm->pages[page].count = 0;
	}
}

void gmem_guest_fill(struct gmem_vm *gvm)
{
	gmem_next_round(gvm);
	run_command(gvm, GUEST_FILL, 0, 1);
	host_fill(gvm, gvm->hole, gvm->split);
}

void gmem_guest_fill_page(struct gmem_vm *gvm, size_t page)
{
	run_command(gvm, GUEST_FILL, page, gvm->nr_pages);
}

void gmem_launch_fill(struct gmem_vm *gvm, size_t page)
{
	void *content = kvm_mmap(gvm->page_size, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1);

	TEST_ASSERT(!gvm->launched, "the launch is over: the guest ran");
	pattern_fill(&gvm->pattern, page, content, GUEST_PAGE_WORDS(gvm->page_size));
	gvm->pages[page].count = 0;
	gvm->kind->launch->fill(gvm, page, content);
	kvm_munmap(content, gvm->page_size);
}

void gmem_host_fill(struct gmem_vm *gvm)
{
	gmem_next_round(gvm);
	host_fill(gvm, 0, gvm->nr_pages);
}

void gmem_guest_check(struct gmem_vm *gvm)
{
	run_command(gvm, GUEST_CHECK, 0, 1);
}

u64 gmem_guest_peek(struct gmem_vm *gvm, size_t page, size_t offset)
{
	struct guest_job *job = gvm->vcpus[0].job;

	job->peek_gva = gvm->gva + page * gvm->page_size + (offset & ~7ULL);
	run_command(gvm, GUEST_PEEK, 0, 1);
	return job->peeked;
}

u64 gmem_expected_word(const struct gmem_vm *gvm, size_t page, size_t word)
{
	u64 expected = pattern_word(&gvm->pattern, page, word);

	if (word == GUEST_COUNTER_WORD(gvm->page_size))
		expected += gvm->pages[page].count;
	return expected;
}

size_t gmem_host_check(const struct gmem_vm *gvm, size_t page)
{
	size_t counter = GUEST_COUNTER_WORD(gvm->page_size);
	const u64 *words = gmem_page(gvm, page);
	size_t bad;

	if (page >= gvm->left_out && page < gvm->left_out_end)
		return GUEST_PAGE_WORDS(gvm->page_size);
	bad = pattern_check(&gvm->pattern, page, words, counter);
	if (bad == counter && words[counter] == gmem_expected_word(gvm, page, counter))
		bad++;
	return bad;
}

void assert_host_access_faults(const struct gmem_vm *gvm)
{
	size_t page, size = gvm->nr_pages * gvm->page_size;
	void *mem;

	if (gvm->kind->gmem_flags & GUEST_MEMFD_FLAG_MMAP) {
		for (page = 0; page < gvm->nr_pages; page++)
			TEST_EXPECT_SIGBUS(READ_ONCE(*(char *)gmem_page(gvm, page)));
		return;
	}
	mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, gvm->fd, 0);
	TEST_ASSERT(mem == MAP_FAILED && errno == ENODEV,
		    "mmap() of a guest_memfd without MMAP: %p, %s", mem, strerror(errno));
}
