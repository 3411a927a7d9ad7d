/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPU features as typed values: a feature is a bit of CPUID, a property is a bit field.
 * Include processor.h, which includes this file.
 *
 *	this_cpu_has(f)		CPUID of the CPU that executes this, host or guest
 *	kvm_cpu_has(f)		CPUID that KVM supports
 *	vcpu_cpuid_has(v, f)	CPUID of a vCPU
 */
#ifndef SELFTEST_KVM_CPUID_H
#define SELFTEST_KVM_CPUID_H

enum cpuid_output_regs { KVM_CPUID_EAX, KVM_CPUID_EBX, KVM_CPUID_ECX, KVM_CPUID_EDX };

struct kvm_x86_cpu_feature {
	u32 function, index;
	u8 reg, bit;
};

struct kvm_x86_cpu_property {
	u32 function, index;
	u8 reg, lo_bit, hi_bit;
};

#define KVM_X86_CPU_FEATURE(fn, idx, gpr, nr)	\
	((struct kvm_x86_cpu_feature){ fn, idx, KVM_CPUID_##gpr, nr })
#define KVM_X86_CPU_PROPERTY(fn, idx, gpr, lo, hi)	\
	((struct kvm_x86_cpu_property){ fn, idx, KVM_CPUID_##gpr, lo, hi })

#define X86_FEATURE_VMX			KVM_X86_CPU_FEATURE(1, 0, ECX, 5)
#define X86_FEATURE_X2APIC		KVM_X86_CPU_FEATURE(1, 0, ECX, 21)
#define X86_FEATURE_XSAVE		KVM_X86_CPU_FEATURE(1, 0, ECX, 26)
#define X86_FEATURE_OSXSAVE		KVM_X86_CPU_FEATURE(1, 0, ECX, 27)
#define X86_FEATURE_HYPERVISOR		KVM_X86_CPU_FEATURE(1, 0, ECX, 31)
#define X86_FEATURE_CLFLUSH		KVM_X86_CPU_FEATURE(1, 0, EDX, 19)
#define X86_FEATURE_XMM			KVM_X86_CPU_FEATURE(1, 0, EDX, 25)
#define X86_FEATURE_XMM2		KVM_X86_CPU_FEATURE(1, 0, EDX, 26)
#define X86_FEATURE_SMEP		KVM_X86_CPU_FEATURE(7, 0, EBX, 7)
#define X86_FEATURE_SMAP		KVM_X86_CPU_FEATURE(7, 0, EBX, 20)
#define X86_FEATURE_PKU			KVM_X86_CPU_FEATURE(7, 0, ECX, 3)
#define X86_FEATURE_LA57		KVM_X86_CPU_FEATURE(7, 0, ECX, 16)
#define X86_FEATURE_SVM			KVM_X86_CPU_FEATURE(0x80000001, 0, ECX, 2)
#define X86_FEATURE_NX			KVM_X86_CPU_FEATURE(0x80000001, 0, EDX, 20)
#define X86_FEATURE_GBPAGES		KVM_X86_CPU_FEATURE(0x80000001, 0, EDX, 26)
#define X86_FEATURE_LM			KVM_X86_CPU_FEATURE(0x80000001, 0, EDX, 29)
#define X86_FEATURE_NPT			KVM_X86_CPU_FEATURE(0x8000000a, 0, EDX, 0)
#define X86_FEATURE_SEV			KVM_X86_CPU_FEATURE(0x8000001f, 0, EAX, 1)
#define X86_FEATURE_SEV_ES		KVM_X86_CPU_FEATURE(0x8000001f, 0, EAX, 3)
#define X86_FEATURE_SEV_SNP		KVM_X86_CPU_FEATURE(0x8000001f, 0, EAX, 4)
#define X86_FEATURE_KVM_HC_MAP_GPA_RANGE	KVM_X86_CPU_FEATURE(0x40000001, 0, EAX, 16)

#define X86_PROPERTY_SUPPORTED_XCR0_LO	KVM_X86_CPU_PROPERTY(0xd, 0, EAX, 0, 31)
#define X86_PROPERTY_SUPPORTED_XCR0_HI	KVM_X86_CPU_PROPERTY(0xd, 0, EDX, 0, 31)
#define X86_PROPERTY_GUEST_MAX_PHY_ADDR	KVM_X86_CPU_PROPERTY(0x80000008, 0, EAX, 16, 23)
#define X86_PROPERTY_MAX_VIRT_ADDR	KVM_X86_CPU_PROPERTY(0x80000008, 0, EAX, 8, 15)
#define X86_PROPERTY_MAX_PHY_ADDR	KVM_X86_CPU_PROPERTY(0x80000008, 0, EAX, 0, 7)
#define X86_PROPERTY_PHYS_ADDR_REDUCTION	KVM_X86_CPU_PROPERTY(0x8000001f, 0, EBX, 6, 11)
#define X86_PROPERTY_SEV_C_BIT		KVM_X86_CPU_PROPERTY(0x8000001f, 0, EBX, 0, 5)

/* ---- This CPU -------------------------------------------------------------------------- */

static inline void cpuid_count(u32 function, u32 index, u32 regs[4])
{
	__asm__ __volatile__("cpuid"
			     : "=a"(regs[0]), "=b"(regs[1]), "=c"(regs[2]), "=d"(regs[3])
			     : "a"(function), "c"(index) : "memory");
}

/* Returns 0 if the CPU lacks the leaf. */
static inline u32 this_cpu_property(struct kvm_x86_cpu_property p)
{
	u32 regs[4];

	cpuid_count(p.function & 0xffff0000, 0, regs);
	if (regs[0] < p.function)
		return 0;
	cpuid_count(p.function, p.index, regs);
	return (regs[p.reg] & GENMASK(p.hi_bit, p.lo_bit)) >> p.lo_bit;
}

static inline bool this_cpu_has(struct kvm_x86_cpu_feature f)
{
	return this_cpu_property((struct kvm_x86_cpu_property){
		f.function, f.index, f.reg, f.bit, f.bit });
}

static inline u32 this_cpu_family(void)
{
	u32 regs[4], family;

	cpuid_count(1, 0, regs);
	family = (regs[0] >> 8) & 0xf;
	return family == 0xf ? family + ((regs[0] >> 20) & 0xff) : family;
}

/* CPU vendor of the host; creating a VM copies the values to the guest. */
extern bool host_cpu_is_intel, host_cpu_is_amd, host_cpu_is_hygon;
extern bool host_cpu_is_amd_compatible;		/* AMD or Hygon */

/* ---- KVM ------------------------------------------------------------------------------- */

#define MAX_NR_CPUID_ENTRIES	256

/* Returns the result of KVM_GET_SUPPORTED_CPUID, which the process reads once. */
const struct kvm_cpuid2 *kvm_get_supported_cpuid(void);

bool kvm_cpuid_has(const struct kvm_cpuid2 *cpuid, struct kvm_x86_cpu_feature feature);
u32 kvm_cpuid_property(const struct kvm_cpuid2 *cpuid, struct kvm_x86_cpu_property property);

static inline bool kvm_cpu_has(struct kvm_x86_cpu_feature feature)
{
	return kvm_cpuid_has(kvm_get_supported_cpuid(), feature);
}

static inline u32 kvm_cpu_property(struct kvm_x86_cpu_property property)
{
	return kvm_cpuid_property(kvm_get_supported_cpuid(), property);
}

static inline u64 kvm_cpu_supported_xcr0(void)
{
	return kvm_cpu_property(X86_PROPERTY_SUPPORTED_XCR0_LO) |
	       (u64)kvm_cpu_property(X86_PROPERTY_SUPPORTED_XCR0_HI) << 32;
}

/* ---- vCPUs ----------------------------------------------------------------------------- */

size_t kvm_cpuid2_size(int nr_entries);
struct kvm_cpuid2 *allocate_kvm_cpuid2(int nr_entries);

/* Sets vcpu->cpuid to a copy of @cpuid and passes it to KVM. */
void vcpu_init_cpuid(struct kvm_vcpu *vcpu, const struct kvm_cpuid2 *cpuid);
void vcpu_set_cpuid(struct kvm_vcpu *vcpu);	/* passes vcpu->cpuid to KVM */
void vcpu_get_cpuid(struct kvm_vcpu *vcpu);	/* reads vcpu->cpuid from KVM */

struct kvm_cpuid_entry2 *__vcpu_get_cpuid_entry(struct kvm_vcpu *vcpu, u32 function, u32 index);

static inline struct kvm_cpuid_entry2 *vcpu_get_cpuid_entry(struct kvm_vcpu *vcpu, u32 function)
{
	return __vcpu_get_cpuid_entry(vcpu, function, 0);
}

static inline bool vcpu_cpuid_has(struct kvm_vcpu *vcpu, struct kvm_x86_cpu_feature feature)
{
	return kvm_cpuid_has(vcpu->cpuid, feature);
}

void vcpu_set_or_clear_cpuid_feature(struct kvm_vcpu *vcpu, struct kvm_x86_cpu_feature feature,
				     bool set);

static inline void vcpu_set_cpuid_feature(struct kvm_vcpu *vcpu, struct kvm_x86_cpu_feature f)
{
	vcpu_set_or_clear_cpuid_feature(vcpu, f, true);
}

static inline void vcpu_clear_cpuid_feature(struct kvm_vcpu *vcpu, struct kvm_x86_cpu_feature f)
{
	vcpu_set_or_clear_cpuid_feature(vcpu, f, false);
}

#endif /* SELFTEST_KVM_CPUID_H */
