// SPDX-License-Identifier: GPL-2.0-only
/* Runs vCPUs, and reports exits that a guest may not survive. */
#include "kvm_util.h"
#include "ucall_common.h"

/* Returns true for exits that tests seldom expect, or after which the guest cannot continue. */
static bool is_worth_a_report(struct kvm_vcpu *vcpu)
{
	switch (vcpu->run->exit_reason) {
	case KVM_EXIT_SHUTDOWN:
	case KVM_EXIT_INTERNAL_ERROR:
	case KVM_EXIT_FAIL_ENTRY:
	case KVM_EXIT_UNKNOWN:
		return true;
	case KVM_EXIT_MMIO:
		return !ucall_arch_get_ucall(vcpu);
	}
	return false;
}

/* Prints the details of the exit from struct kvm_run. */
static void dump_exit_details(FILE *stream, struct kvm_run *run)
{
	u32 i;

	switch (run->exit_reason) {
	case KVM_EXIT_INTERNAL_ERROR:
		fprintf(stream, "  suberror %u%s, data", run->internal.suberror,
			run->internal.suberror == KVM_INTERNAL_ERROR_EMULATION ?
			" (KVM cannot emulate the instruction at rip)" : "");
		for (i = 0; i < min_t(u32, run->internal.ndata, 16); i++)
			fprintf(stream, " %#llx", run->internal.data[i]);
		fprintf(stream, "\n");
		break;
	case KVM_EXIT_FAIL_ENTRY:
		fprintf(stream, "  hardware entry failure reason %#llx, host CPU %u\n",
			run->fail_entry.hardware_entry_failure_reason, run->fail_entry.cpu);
		break;
	case KVM_EXIT_MMIO:
		fprintf(stream, "  %s of %u bytes at gpa %#llx, which no usable memory backs\n",
			run->mmio.is_write ? "write" : "read", run->mmio.len,
			run->mmio.phys_addr);
		break;
	case KVM_EXIT_MEMORY_FAULT:
		fprintf(stream, "  gpa %#llx, %#llx bytes, flags %#llx (%s)\n",
			run->memory_fault.gpa, run->memory_fault.size, run->memory_fault.flags,
			run->memory_fault.flags & KVM_MEMORY_EXIT_FLAG_PRIVATE ?
			"private" : "shared");
		break;
	}
}

static void vcpu_report_exit(struct kvm_vcpu *vcpu, int ret, int error)
{
	struct kvm_run *run = vcpu->run;
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return;
	fprintf(stream, "vCPU %u exited: reason %u (%s)", vcpu->id, run->exit_reason,
		exit_reason_str(run->exit_reason));
	if (ret)
		fprintf(stream, ", KVM_RUN failed with errno %d (%s)", error, strerror(error));
	fprintf(stream, "\n");
	dump_exit_details(stream, run);
	vcpu_dump(stream, vcpu, 2);
	fclose(stream);

	vcpu_add_exit_report(vcpu, text);
}

int _vcpu_run(struct kvm_vcpu *vcpu)
{
	int ret, error;

	vcpu_free_exit_report(vcpu);
	do {
		ret = __vcpu_run(vcpu);
	} while (ret == -1 && errno == EINTR);

	if (ret || is_worth_a_report(vcpu)) {
		error = errno;
		vcpu_report_exit(vcpu, ret, error);
		errno = error;
	}
	if (!ret)
		assert_on_unhandled_exception(vcpu);
	return ret;
}

void vcpu_run(struct kvm_vcpu *vcpu)
{
	int ret = _vcpu_run(vcpu);

	TEST_ASSERT_VM_VCPU_IOCTL(!ret, KVM_RUN, ret, vcpu->vm);
}
