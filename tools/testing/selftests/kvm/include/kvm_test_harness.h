/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests in the style of kselftest_harness.h that want a VM with one vCPU each. */
#ifndef SELFTEST_KVM_TEST_HARNESS_H
#define SELFTEST_KVM_TEST_HARNESS_H

#include "kselftest_harness.h"

/* A fixture @suite that creates the VM before each test and frees it after. */
#define KVM_ONE_VCPU_TEST_SUITE(suite)						\
	FIXTURE(suite) {							\
		struct kvm_vcpu *vcpu;						\
	};									\
	FIXTURE_SETUP(suite) {							\
		vm_create_with_one_vcpu(&self->vcpu, NULL);			\
	}									\
	FIXTURE_TEARDOWN(suite) {						\
		kvm_vm_free(self->vcpu->vm);					\
	}

/* A test of @suite whose body gets a "vcpu" that is about to enter @guest_code. */
#define KVM_ONE_VCPU_TEST(suite, test, guest_code)				\
static void suite##_##test##_body(struct kvm_vcpu *vcpu);			\
										\
TEST_F(suite, test)								\
{										\
	vcpu_arch_set_entry_point(self->vcpu, guest_code);			\
	suite##_##test##_body(self->vcpu);					\
}										\
										\
static void suite##_##test##_body(struct kvm_vcpu *vcpu)

#endif /* SELFTEST_KVM_TEST_HARNESS_H */
