// SPDX-License-Identifier: GPL-2.0-only
/* CPUID that KVM supports, and CPUID of vCPUs. */
#include <pthread.h>

#include "processor.h"

static pthread_once_t supported_once = PTHREAD_ONCE_INIT;
static struct kvm_cpuid2 *supported;

size_t kvm_cpuid2_size(int nr_entries)
{
	return sizeof(struct kvm_cpuid2) + nr_entries * sizeof(struct kvm_cpuid_entry2);
}

struct kvm_cpuid2 *allocate_kvm_cpuid2(int nr_entries)
{
	struct kvm_cpuid2 *cpuid = calloc(1, kvm_cpuid2_size(nr_entries));

	TEST_ASSERT(cpuid, "out of memory");
	cpuid->nent = nr_entries;
	return cpuid;
}

static void read_supported(void)
{
	int kvm_fd = open_kvm_dev_path_or_exit();

	supported = allocate_kvm_cpuid2(MAX_NR_CPUID_ENTRIES);
	kvm_ioctl(kvm_fd, KVM_GET_SUPPORTED_CPUID, supported);
	kvm_close(kvm_fd);
}

const struct kvm_cpuid2 *kvm_get_supported_cpuid(void)
{
	pthread_once(&supported_once, read_supported);
	return supported;
}

/* Returns the registers of a leaf, indexed by enum cpuid_output_regs, or NULL without that leaf. */
static u32 *find_regs(const struct kvm_cpuid2 *cpuid, u32 function, u32 index)
{
	const struct kvm_cpuid_entry2 *entry;
	u32 i;

	for (i = 0; i < cpuid->nent; i++) {
		entry = &cpuid->entries[i];
		if (entry->function == function && entry->index == index)
			return (u32 *)&entry->eax;
	}
	return NULL;
}

u32 kvm_cpuid_property(const struct kvm_cpuid2 *cpuid, struct kvm_x86_cpu_property property)
{
	u32 *regs = find_regs(cpuid, property.function, property.index);

	if (!regs)
		return 0;
	return (regs[property.reg] & GENMASK(property.hi_bit, property.lo_bit)) >> property.lo_bit;
}

bool kvm_cpuid_has(const struct kvm_cpuid2 *cpuid, struct kvm_x86_cpu_feature feature)
{
	u32 *regs = find_regs(cpuid, feature.function, feature.index);

	return regs && regs[feature.reg] & BIT(feature.bit);
}

void vcpu_set_cpuid(struct kvm_vcpu *vcpu)
{
	vcpu_ioctl(vcpu, KVM_SET_CPUID2, vcpu->cpuid);
	/* KVM updates the bits that depend on the state of the vCPU. */
	vcpu_get_cpuid(vcpu);
}

void vcpu_get_cpuid(struct kvm_vcpu *vcpu)
{
	vcpu_ioctl(vcpu, KVM_GET_CPUID2, vcpu->cpuid);
}

void vcpu_init_cpuid(struct kvm_vcpu *vcpu, const struct kvm_cpuid2 *cpuid)
{
	free(vcpu->cpuid);
	vcpu->cpuid = allocate_kvm_cpuid2(cpuid->nent);
	memcpy(vcpu->cpuid, cpuid, kvm_cpuid2_size(cpuid->nent));
	vcpu_set_cpuid(vcpu);
}

void vcpu_arch_free(struct kvm_vcpu *vcpu)
{
	free(vcpu->cpuid);
}

struct kvm_cpuid_entry2 *__vcpu_get_cpuid_entry(struct kvm_vcpu *vcpu, u32 function, u32 index)
{
	u32 *regs = find_regs(vcpu->cpuid, function, index);

	TEST_ASSERT(regs, "vCPU %u has no CPUID leaf %#x.%u", vcpu->id, function, index);
	return container_of(regs, struct kvm_cpuid_entry2, eax);
}

void vcpu_set_or_clear_cpuid_feature(struct kvm_vcpu *vcpu, struct kvm_x86_cpu_feature feature,
				     bool set)
{
	u32 *regs = &__vcpu_get_cpuid_entry(vcpu, feature.function, feature.index)->eax;

	if (set)
		regs[feature.reg] |= BIT(feature.bit);
	else
		regs[feature.reg] &= ~BIT(feature.bit);
	vcpu_set_cpuid(vcpu);
}
