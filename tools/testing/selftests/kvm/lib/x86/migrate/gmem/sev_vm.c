// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMs whose memory an AMD CPU encrypts with a key of their own (Documentation/virt/kvm/x86/
 * amd-memory-encryption.rst).
 *
 *		memory under test		how the guest ends a command
 *	SEV	mapped by the host		an I/O port, as other guests
 *	SEV-ES	the same			the GHCB MSR's termination request
 *	SNP	private by attributes		the same
 *
 * An SNP guest must validate private memory that was not launched, each time it gets a new page.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kvm_util.h"
#include "processor.h"
#include "sev.h"
#include "ucall_common.h"
#include "migrate/gmem/launch.h"
#include "migrate/gmem/private_vm.h"
#include "migrate/gmem/unmapped_pfns.h"

#define SEV_DEVICE		"/dev/sev"
#define MEASUREMENT_SIZE	256

/* Program, stacks and page tables of a VM that becomes a SEV VM late. */
#define LATE_SLOT0_PAGES	4096

/* ---- What a machine can lack ------------------------------------------------------------ */

/* Some CPUs return another leaf for one that they lack, and the kernel's library uses that. */
static bool cpu_has(struct kvm_x86_cpu_feature feature)
{
	return this_cpu_property(KVM_X86_CPU_PROPERTY(0x80000000, 0, EAX, 0, 31)) >=
	       feature.function && this_cpu_has(feature);
}

static bool is_offered(int kvm_fd, unsigned long type)
{
	const struct vm_kind kind = { .type = type };

	return vm_kind_is_offered(&kind, kvm_fd);
}

/*
 * Hardware first, then KVM, then permissions: the reason is the first thing to provide.  The CPUID
 * instruction only tells the first two apart: an emulated machine may lack what its KVM offers.
 */
#define DEFINE_SKIP_REASON(_name, _type, _feature, text, parameter)				\
static const char *_name##_skip_reason(const struct vm_kind *kind, int kvm_fd)			\
{												\
	bool offered = kvm_cpu_has(_feature) && is_offered(kvm_fd, _type);			\
												\
	(void)kind;										\
	if (!offered && !cpu_has(_feature))							\
		return "the CPU has no " text " (an AMD EPYC, enabled in the firmware)";	\
	if (!offered)										\
		return "KVM offers no " text " VMs (" parameter "=1, and free ASIDs, set in "	\
		       "the firmware)";								\
	if (access(SEV_DEVICE, R_OK))								\
		return "no access to " SEV_DEVICE " (be root, CONFIG_CRYPTO_DEV_SP_PSP)";	\
	return NULL;										\
}

DEFINE_SKIP_REASON(sev, KVM_X86_SEV_VM, X86_FEATURE_SEV, "SEV", "kvm_amd.sev")
DEFINE_SKIP_REASON(sev_es, KVM_X86_SEV_ES_VM, X86_FEATURE_SEV_ES, "SEV-ES", "kvm_amd.sev_es")
DEFINE_SKIP_REASON(snp, KVM_X86_SNP_VM, X86_FEATURE_SEV_SNP, "SEV-SNP", "kvm_amd.sev_snp")

/*
 * The first command of a launch needs an ASID and the firmware: __sev_guest_init() in
 * arch/x86/kvm/svm/sev.c.  All other errors are not the machine's: the launch reports them.
 */
static const char *init_skip_reason(const struct vm_kind *kind, int vm_fd)
{
	struct kvm_sev_init init2 = {};
	struct kvm_sev_cmd cmd = {
		.id = kind->type == KVM_X86_DEFAULT_VM ? KVM_SEV_INIT : KVM_SEV_INIT2,
		.data = (uintptr_t)&init2,
		.sev_fd = open(SEV_DEVICE, O_RDONLY | O_CLOEXEC),
	};
	int error = ioctl(vm_fd, KVM_MEMORY_ENCRYPT_OP, &cmd) ? errno : 0;

	close(cmd.sev_fd);
	switch (error) {
	case EBUSY:
		return "all ASIDs for this type of VM are in use (stop other encrypted VMs, or set "
		       "more in the firmware)";
	case ENOTTY:
		return "the firmware leaves no ASID to this type of VM (set the first ASID of "
		       "SEV without ES there)";
	case ENODEV:
		return "the AMD secure processor has no driver (CONFIG_CRYPTO_DEV_SP_PSP; see the "
		       "messages of ccp in the kernel log)";
	}
	if (error && cmd.error)
		return "the SEV firmware cannot be initialised (see the messages of ccp in the "
		       "kernel log)";
	return NULL;
}

/* ---- Guest code ------------------------------------------------------------------------- */

#define PVALIDATE_4K	0

/* PVALIDATE: 0, or its error.  It is no error that the page has been validated already. */
static uint64_t pvalidate(uint64_t gva)
{
	uint32_t error;

	__asm__ __volatile__(".byte 0xf2, 0x0f, 0x01, 0xff"
			     : "=a"(error) : "a"(gva), "c"(PVALIDATE_4K), "d"(1) : "cc", "memory");
	return error;
}

static void request_termination(void)
{
	wrmsr(MSR_AMD64_SEV_ES_GHCB, GHCB_MSR_TERM_REQ);
	vmgexit();
}

/* KVM lets the guest go on: it only tells user space. */
static bool requested_termination(struct kvm_vcpu *vcpu)
{
	const struct kvm_run *run = vcpu->run;

	return run->exit_reason == KVM_EXIT_SYSTEM_EVENT &&
	       run->system_event.type == KVM_SYSTEM_EVENT_SEV_TERM &&
	       run->system_event.ndata == 1 && run->system_event.data[0] == GHCB_MSR_TERM_REQ;
}

/* ---- SEV and SEV-ES --------------------------------------------------------------------- */

static void sev_start(struct gmem_vm *gvm)
{
	sev_vm_launch(gvm->vm, is_sev_es_vm(gvm->vm) ? SEV_POLICY_ES : 0);
}

/* The host's mapping of the file has the page; it is encrypted in place. */
static void sev_fill(struct gmem_vm *gvm, size_t page, const void *content)
{
	struct kvm_sev_launch_update_data update = {
		.uaddr = (uintptr_t)gmem_page(gvm, page), .len = gvm->page_size,
	};

	memcpy(gmem_page(gvm, page), content, gvm->page_size);
	vm_sev_ioctl(gvm->vm, KVM_SEV_LAUNCH_UPDATE_DATA, &update);
}

static void sev_finish(struct gmem_vm *gvm)
{
	u8 measurement[MEASUREMENT_SIZE];

	sev_vm_launch_measure(gvm->vm, measurement);
	sev_vm_launch_finish(gvm->vm);
}

/* __vm_create(), but with a C-bit in the page tables of a VM that has no use for it yet. */
static struct kvm_vm *create_late(const struct vm_kind *kind, u32 nr_vcpus, u64 extra_pages)
{
	struct vm_shape shape = { .mode = VM_MODE_DEFAULT, .type = kind->type };
	struct kvm_vm *vm = ____vm_create(shape);
	u64 nr_pages = vm_adjust_num_guest_pages(vm->mode, LATE_SLOT0_PAGES + extra_pages);

	vm->arch.c_bit = BIT_ULL(kvm_cpu_property(X86_PROPERTY_SEV_C_BIT));
	vm->gpa_tag_mask = vm->arch.c_bit;
	vm_userspace_mem_region_add(vm, VM_MEM_SRC_ANONYMOUS, 0, 0, nr_pages, 0);
	kvm_vm_elf_load(vm, "/proc/self/exe");
	ucall_init(vm, nr_pages * vm->page_size);
	kvm_arch_vm_post_create(vm, nr_vcpus);
	return vm;
}

static void init_late(struct gmem_vm *gvm)
{
	sev_vm_init(gvm->vm);
}

static struct kvm_enc_region enc_region(const struct gmem_vm *gvm, size_t first, size_t nr)
{
	return (struct kvm_enc_region){
		.addr = (uintptr_t)gmem_page(gvm, first), .size = nr * gvm->page_size,
	};
}

void sev_register(struct gmem_vm *gvm, size_t first, size_t nr)
{
	struct kvm_enc_region region = enc_region(gvm, first, nr);

	vm_ioctl(gvm->vm, KVM_MEMORY_ENCRYPT_REG_REGION, &region);
}

void sev_unregister(struct gmem_vm *gvm, size_t first, size_t nr)
{
	struct kvm_enc_region region = enc_region(gvm, first, nr);

	vm_ioctl(gvm->vm, KVM_MEMORY_ENCRYPT_UNREG_REGION, &region);
}

/* ---- SNP -------------------------------------------------------------------------------- */

static void snp_start(struct gmem_vm *gvm)
{
	vm_enable_cap(gvm->vm, KVM_CAP_EXIT_HYPERCALL, BIT(KVM_HC_MAP_GPA_RANGE));
	snp_vm_launch_start(gvm->vm, snp_default_policy());
	snp_vm_launch_update(gvm->vm);
}

static void snp_fill(struct gmem_vm *gvm, size_t page, const void *content)
{
	snp_launch_update_data(gvm->vm, gmem_gpa(gvm, page), (uintptr_t)content, gvm->page_size,
			       KVM_SEV_SNP_PAGE_TYPE_NORMAL);
}

static void snp_finish(struct gmem_vm *gvm)
{
	snp_vm_launch_finish(gvm->vm);
}

/* ---- Kinds ------------------------------------------------------------------------------ */

#define SEV_LAUNCH				\
	.skip_reason = init_skip_reason,	\
	.start = sev_start,			\
	.fill = sev_fill,			\
	.finish = sev_finish,			\
	.map = encrypted_vm_map

#define TERMINATION				\
	.guest_done = request_termination,	\
	.is_done = requested_termination

static const struct launch_ops sev_launch = { SEV_LAUNCH };
static const struct launch_ops sev_es_launch = { SEV_LAUNCH, TERMINATION };
static const struct launch_ops sev_late_launch = {
	SEV_LAUNCH, .create = create_late, .bound = init_late,
};

static const struct launch_ops snp_launch = {
	.skip_reason = init_skip_reason,
	.start = snp_start,
	.fill = snp_fill,
	.finish = snp_finish,
	.map = encrypted_vm_map,
	.guest_accept = pvalidate,
	TERMINATION,
};

#define ENCRYPTED(_name, _type, _skip_reason)						\
	.name = _name,									\
	.type = _type,									\
	.gmem_flags = GUEST_MEMFD_FLAG_MMAP | GUEST_MEMFD_FLAG_INIT_SHARED,		\
	.encrypted = true,								\
	.skip_reason = _skip_reason

const struct vm_kind vm_kind_sev = {
	ENCRYPTED("sev", KVM_X86_SEV_VM, sev_skip_reason), .launch = &sev_launch,
};

const struct vm_kind vm_kind_sev_es = {
	ENCRYPTED("sev_es", KVM_X86_SEV_ES_VM, sev_es_skip_reason), .launch = &sev_es_launch,
};

const struct vm_kind vm_kind_sev_late = {
	ENCRYPTED("sev_late", KVM_X86_DEFAULT_VM, sev_skip_reason), .launch = &sev_late_launch,
};

#define BECOMES_SEV(_name)							\
	.name = _name,								\
	.type = KVM_X86_DEFAULT_VM,						\
	.gmem_flags = GUEST_MEMFD_FLAG_MMAP | GUEST_MEMFD_FLAG_INIT_SHARED,	\
	.skip_reason = sev_skip_reason

const struct vm_kind vm_kind_becomes_sev = { BECOMES_SEV("sev_late") };

struct vm_kind vm_kind_becomes_sev_migratable = {
	BECOMES_SEV("sev_late_migratable"), .unflagged = &vm_kind_default,
};

struct vm_kind *const vm_kind_becomes_private_migratable = &vm_kind_becomes_sev_migratable;

#define SNP(_name)					\
	.name = _name,					\
	.type = KVM_X86_SNP_VM,				\
	.private_mem = true,				\
	.unmapped = &unmapped_by_trace,			\
	.launch = &snp_launch,				\
	.skip_reason = snp_skip_reason

const struct vm_kind vm_kind_snp = { SNP("snp") };
const struct vm_kind vm_kind_snp_mmap = { SNP("snp_mmap"), .gmem_flags = GUEST_MEMFD_FLAG_MMAP };

const struct vm_kind *vm_kind_private(bool encrypted)
{
	return encrypted ? &vm_kind_snp : &vm_kind_sw_protected;
}
