// SPDX-License-Identifier: GPL-2.0-only
/*
 * Properties kvmclock, steal_time and pv_eoi; see migrate/matrix/x86_property_table.h.
 *
 * KVM writes to a page of the guest whenever a vCPU runs.  The page is in a guest_memfd of its own
 * and moves; each write must be in the new frame, as host and guest see it.
 */
#include <asm/kvm_para.h>

#include "kselftest.h"
#include "kvm_util.h"
#include "processor.h"
#include "ucall_common.h"
#include "migrate/matrix/move_thread.h"
#include "migrate/matrix/side_file.h"
#include "migrate/matrix/x86_property_table.h"

#define PV_SLOT		(GMEM_SLOT + 2)
#define PV_GPA		GMEM_GPA_HIGH
#define ROUNDS		10		/* per iteration of -i */

#define FEATURE(bit)	KVM_X86_CPU_FEATURE(0x40000001, 0, EAX, bit)

/* arch/x86/include/asm/pvclock-abi.h */
struct time_info {
	u32 version;
	u32 pad0;
	u64 tsc_timestamp;
	u64 system_time;
	u32 tsc_to_system_mul;
	s8 tsc_shift;
	u8 flags;
	u8 pad[2];
};

struct pv {
	struct side_file file;
	struct gmem_vm *gvm;
	size_t page;			/* as gmem_guest_peek() takes it */
	const char *what;
	u32 version;			/* what KVM wrote last */
	unsigned long round;
};

static void pv_create(struct pv *pv, struct fixture *fx, const char *what)
{
	struct gmem_vm *gvm = fx->gvm;

	*pv = (struct pv) { .gvm = gvm, .what = what, .page = gvm->nr_pages };
	side_file_create(&pv->file, fx, 1, PV_SLOT, PV_GPA, true);
	virt_map(gvm->vm, GMEM_GVA + gvm->nr_pages * gvm->page_size, PV_GPA, 1);
}

static int pv_failed(const struct pv *pv, const char *problem, u64 wanted, u64 got)
{
	ksft_print_msg("%s after move %lu: %s: wanted %#lx, got %#lx; %s\n", pv->what, pv->round,
		       problem, (unsigned long)wanted, (unsigned long)got,
		       suite_context(pv->file.fx->suite));
	return KSFT_FAIL;
}

/* One round: the vCPU runs and KVM writes.  Returns a case's result. */
typedef int (*pv_fn)(struct pv *pv);

/* The page moves between rounds, then during them. */
static int pv_rounds(struct pv *pv, pv_fn write_and_check)
{
	unsigned long rounds = ROUNDS * pv->file.fx->suite->options.iterations;
	struct fixture moved = *pv->file.fx;
	struct gmem_vm page = { .mem = pv->file.mem, .nr_pages = 1, .page_size = getpagesize() };
	struct move_thread mover;
	int result = write_and_check(pv);

	for (pv->round = 1; pv->round <= rounds && !result; pv->round++)
		result = side_file_move(&pv->file) ?
			 pv_failed(pv, "pages on the wrong node", 0, 1) : write_and_check(pv);
	if (result)
		return result;
	moved.gvm = &page;
	move_thread_start(&mover, &moved);
	for (; pv->round <= 3 * rounds && !result; pv->round++)
		result = write_and_check(pv);
	move_thread_stop(&mover);
	return result;
}

static const char *feature_skip_reason(int bit, const char *reason)
{
	return kvm_cpu_has(FEATURE(bit)) ? NULL : reason;
}

/* ---- kvmclock -------------------------------------------------------------------------- */

#define CLOCK_STEP	1000000000000000ULL	/* ns */

const char *kvmclock_skip_reason(void)
{
	return feature_skip_reason(KVM_FEATURE_CLOCKSOURCE2, "KVM offers no kvmclock");
}

static int check_clock(struct pv *pv, const struct time_info *info, u64 clock)
{
	u64 guest = gmem_guest_peek(pv->gvm, pv->page, offsetof(struct time_info, system_time));

	if (info->version % 2)
		return pv_failed(pv, "odd version", info->version + 1, info->version);
	/* The clock was set to a value that only this round has, some time ago. */
	if (info->system_time / CLOCK_STEP != clock / CLOCK_STEP)
		return pv_failed(pv, "host reads the time", clock, info->system_time);
	if (guest / CLOCK_STEP != clock / CLOCK_STEP)
		return pv_failed(pv, "guest reads the time", clock, guest);
	return KSFT_PASS;
}

static int set_clock_and_check(struct pv *pv)
{
	struct kvm_clock_data data = { .clock = (pv->round + 1) * CLOCK_STEP };

	vm_ioctl(pv->gvm->vm, KVM_SET_CLOCK, &data);
	gmem_guest_peek(pv->gvm, pv->page, 0);
	return check_clock(pv, pv->file.mem, data.clock);
}

int act_kvmclock(struct fixture *fx)
{
	struct pv pv;
	int result;

	pv_create(&pv, fx, "kvmclock");
	vcpu_set_msr(fx->gvm->vcpus[0].vcpu, MSR_KVM_SYSTEM_TIME_NEW, PV_GPA | 1);
	result = pv_rounds(&pv, set_clock_and_check);
	vcpu_set_msr(fx->gvm->vcpus[0].vcpu, MSR_KVM_SYSTEM_TIME_NEW, 0);
	side_file_free(&pv.file);
	return result;
}

/* ---- Steal time ------------------------------------------------------------------------ */

const char *steal_time_skip_reason(void)
{
	return feature_skip_reason(KVM_FEATURE_STEAL_TIME,
				   "KVM offers no steal time (needs CONFIG_SCHED_INFO)");
}

/* The version grows each time that the vCPU is loaded. */
static int load_and_check(struct pv *pv)
{
	const struct kvm_steal_time *steal = pv->file.mem;
	u64 guest;

	guest = gmem_guest_peek(pv->gvm, pv->page, offsetof(struct kvm_steal_time, steal));
	if (steal->version <= pv->version || steal->version % 2)
		return pv_failed(pv, "version", pv->version + 2, steal->version);
	if (guest > steal->steal)
		return pv_failed(pv, "host reads less steal time than the guest", guest,
				 steal->steal);
	pv->version = steal->version;
	guest = (u32)gmem_guest_peek(pv->gvm, pv->page, offsetof(struct kvm_steal_time, version));
	if (guest <= pv->version)
		return pv_failed(pv, "guest reads the version", pv->version + 2, guest);
	return KSFT_PASS;
}

int act_steal_time(struct fixture *fx)
{
	struct pv pv;
	int result;

	pv_create(&pv, fx, "steal time");
	vcpu_set_msr(fx->gvm->vcpus[0].vcpu, MSR_KVM_STEAL_TIME, PV_GPA | KVM_MSR_ENABLED);
	result = pv_rounds(&pv, load_and_check);
	vcpu_set_msr(fx->gvm->vcpus[0].vcpu, MSR_KVM_STEAL_TIME, 0);
	side_file_free(&pv.file);
	return result;
}

/* ---- PV EOI ---------------------------------------------------------------------------- */

#define VECTOR		0xf0

/* Registers of the local APIC, in x2APIC mode; the kernel's library has names for some. */
#define MSR_APIC_BASE	0x1b
#define APIC_BASE_X2	(BIT(10) | BIT(11))
#define X2APIC_EOI	0x80b
#define X2APIC_SPIV	0x80f
#define X2APIC_SELF_IPI	0x83f
#define SPIV_ENABLED	0x1ff

/* In guest memory that does not move. */
struct eoi_counts {
	u64 interrupts, without_eoi;
	u64 repeated;			/* delivered again, inside the handler */
};

static struct eoi_counts *eoi_counts;	/* guest pointer */
static u32 *eoi_word;			/* the same, in the page that moves */

const char *pv_eoi_skip_reason(void)
{
	if (!kvm_cpu_has(X86_FEATURE_X2APIC))
		return "KVM offers no x2APIC";
	return feature_skip_reason(KVM_FEATURE_PV_EOI, "KVM offers no PV EOI");
}

/*
 * KVM sets the bit where it can do without an EOI; the guest clears it.
 *
 * QEMU 7.2 as the processor sometimes delivers an interrupt again when its handler begins, though
 * interrupts are off there.  That is no second interrupt.  The first entry ends it.
 */
static void on_interrupt(struct ex_regs *regs)
{
	bool skip;

	if (!(regs->rflags & X86_EFLAGS_IF)) {
		eoi_counts->repeated++;
		return;
	}
	__asm__ __volatile__("btrl $0, %0\n\t"
			     "setc %1" : "+m"(*eoi_word), "=q"(skip) : : "memory", "cc");
	if (!skip)
		wrmsr(X2APIC_EOI, 0);
	eoi_counts->without_eoi += skip;
	eoi_counts->interrupts++;
}

static void interrupt_itself(void)
{
	wrmsr(MSR_APIC_BASE, rdmsr(MSR_APIC_BASE) | APIC_BASE_X2);
	wrmsr(X2APIC_SPIV, SPIV_ENABLED);
	for (;;) {
		wrmsr(X2APIC_SELF_IPI, VECTOR);
		sti();
		__asm__ __volatile__("nop");
		cli();
		GUEST_SYNC(0);
	}
}

/*
 * An interrupt is taken.  Where KVM takes another frame for the page than the guest, the end of the
 * interrupt is lost, and with it the next one.
 */
static int interrupt_and_check(struct pv *pv)
{
	struct kvm_vcpu *vcpu = pv->gvm->vcpus[1].vcpu;
	const struct eoi_counts *counts = addr_gva2hva(pv->gvm->vm, (gva_t)eoi_counts);
	struct ucall uc;

	vcpu_run(vcpu);
	TEST_ASSERT_EQ(get_ucall(vcpu, &uc), UCALL_SYNC);
	if (counts->interrupts != ++pv->version)
		return pv_failed(pv, "interrupts", pv->version, counts->interrupts);
	return KSFT_PASS;
}

static int judge_eoi(const struct pv *pv, int result)
{
	const struct eoi_counts *counts = addr_gva2hva(pv->gvm->vm, (gva_t)eoi_counts);

	if (pv->file.fx->suite->options.verbose)
		ksft_print_msg("%lu of %lu interrupts ended without an EOI\n",
			       (unsigned long)counts->without_eoi,
			       (unsigned long)counts->interrupts);
	if (counts->repeated)
		ksft_print_msg("interrupts delivered again with interrupts off, not counted: %lu\n",
			       (unsigned long)counts->repeated);
	if (result || counts->without_eoi)
		return result;
	return suite_skip("KVM does not use PV EOI (load kvm_amd with avic=0 or kvm_intel with "
			  "enable_apicv=0)");
}

int act_pv_eoi(struct fixture *fx)
{
	struct kvm_vm *vm = fx->gvm->vm;
	struct kvm_vcpu *vcpu = fx->gvm->vcpus[1].vcpu;
	struct pv pv;
	int result;

	pv_create(&pv, fx, "PV EOI");
	eoi_counts = (struct eoi_counts *)vm_alloc_page(vm);
	eoi_word = (u32 *)(GMEM_GVA + pv.page * fx->gvm->page_size);
	sync_global_to_guest(vm, eoi_counts);
	sync_global_to_guest(vm, eoi_word);
	vm_install_exception_handler(vm, VECTOR, on_interrupt);
	vcpu_arch_set_entry_point(vcpu, interrupt_itself);
	vcpu_set_msr(vcpu, MSR_KVM_PV_EOI_EN, PV_GPA | KVM_MSR_ENABLED);
	result = judge_eoi(&pv, pv_rounds(&pv, interrupt_and_check));
	vcpu_set_msr(vcpu, MSR_KVM_PV_EOI_EN, 0);
	side_file_free(&pv.file);
	return result;
}
