// SPDX-License-Identifier: GPL-2.0-only
/* The launch of SEV, SEV-ES and SEV-SNP guests, see sev.h. */
#include "sev.h"

#define MEASUREMENT_SIZE	256

/* ---- Commands -------------------------------------------------------------------------- */

int open_sev_dev_path_or_exit(void)
{
	return __open_path_or_exit("/dev/sev", O_RDONLY,
				   "Enable SEV in the firmware setup; the kernel needs "
				   "CONFIG_KVM_AMD_SEV and CONFIG_CRYPTO_DEV_SP_PSP");
}

/* SEV_RET_* of include/uapi/linux/psp-sev.h: installed headers lack the newer ones. */
static const char *fw_error_name(u32 error)
{
	static const char * const names[] = {
		[0x00] = "SUCCESS",
		[0x01] = "INVALID_PLATFORM_STATE",
		[0x02] = "INVALID_GUEST_STATE",
		[0x03] = "INVALID_CONFIG",
		[0x04] = "INVALID_LEN",
		[0x05] = "ALREADY_OWNED",
		[0x06] = "INVALID_CERTIFICATE",
		[0x07] = "POLICY_FAILURE",
		[0x08] = "INACTIVE",
		[0x09] = "INVALID_ADDRESS",
		[0x0a] = "BAD_SIGNATURE",
		[0x0b] = "BAD_MEASUREMENT",
		[0x0c] = "ASID_OWNED",
		[0x0d] = "INVALID_ASID",
		[0x0e] = "WBINVD_REQUIRED",
		[0x0f] = "DFFLUSH_REQUIRED",
		[0x10] = "INVALID_GUEST",
		[0x11] = "INVALID_COMMAND",
		[0x12] = "ACTIVE",
		[0x13] = "HWSEV_RET_PLATFORM",
		[0x14] = "HWSEV_RET_UNSAFE",
		[0x15] = "UNSUPPORTED",
		[0x16] = "INVALID_PARAM",
		[0x17] = "RESOURCE_LIMIT",
		[0x18] = "SECURE_DATA_INVALID",
		[0x19] = "INVALID_PAGE_SIZE",
		[0x1a] = "INVALID_PAGE_STATE",
		[0x1b] = "INVALID_MDATA_ENTRY",
		[0x1c] = "INVALID_PAGE_OWNER",
		[0x1d] = "AEAD_OFLOW",
		[0x1f] = "EXIT_RING_BUFFER",
		[0x20] = "RMP_INIT_REQUIRED",
		[0x21] = "BAD_SVN",
		[0x22] = "BAD_VERSION",
		[0x23] = "SHUTDOWN_REQUIRED",
		[0x24] = "UPDATE_FAILED",
		[0x25] = "RESTORE_REQUIRED",
		[0x26] = "RMP_INITIALIZATION_FAILED",
		[0x27] = "INVALID_KEY",
		[0x28] = "SHUTDOWN_INCOMPLETE",
		[0x30] = "INCORRECT_BUFFER_LENGTH",
		[0x31] = "EXPAND_BUFFER_LENGTH_REQUEST",
		[0x32] = "SPDM_REQUEST",
		[0x33] = "SPDM_ERROR",
		[0x3a] = "IN_USE",
	};

	if (error == (u32)SEV_RET_NO_FW_CALL)
		return "NO_FW_CALL";
	return error < ARRAY_SIZE(names) && names[error] ? names[error] : "unknown";
}

int sev_ioctl(struct kvm_vm *vm, u32 id, void *arg, u32 *fw_error)
{
	struct kvm_sev_cmd cmd = {
		.id = id, .data = (uintptr_t)arg, .sev_fd = vm->arch.sev_fd,
	};
	/* The size that is encoded in the number of the ioctl is not that of its argument. */
	int ret = ioctl(vm->fd, KVM_MEMORY_ENCRYPT_OP, &cmd);

	*fw_error = cmd.error;
	return ret;
}

void sev_ioctl_or_fail(struct kvm_vm *vm, u32 id, const char *name, void *arg)
{
	u32 fw_error;
	int ret = sev_ioctl(vm, id, arg, &fw_error);

	if (!ret && !fw_error)
		return;
	kvm_check_vm_alive(vm, name);
	TEST_FAIL("%s failed: returned %d, errno %d (%s), firmware error %#x (%s)", name, ret,
		  ret ? errno : 0, ret ? strerror(errno) : "none", fw_error,
		  fw_error_name(fw_error));
}

/* ---- SEV_INIT -------------------------------------------------------------------------- */

static void init(struct kvm_vm *vm, u32 old_command, u32 type)
{
	struct kvm_sev_init init2 = {};

	if (vm->type == type) {
		vm_sev_ioctl(vm, KVM_SEV_INIT2, &init2);
		return;
	}
	TEST_ASSERT_EQ(vm->type, KVM_X86_DEFAULT_VM);
	TEST_ASSERT_EQ(vm->arch.sev_fd, -1);
	vm->arch.sev_fd = open_sev_dev_path_or_exit();
	sev_ioctl_or_fail(vm, old_command, old_command == KVM_SEV_INIT ? "KVM_SEV_INIT" :
			  "KVM_SEV_ES_INIT", NULL);
}

void sev_vm_init(struct kvm_vm *vm)
{
	init(vm, KVM_SEV_INIT, KVM_X86_SEV_VM);
}

void sev_es_vm_init(struct kvm_vm *vm)
{
	init(vm, KVM_SEV_ES_INIT, KVM_X86_SEV_ES_VM);
}

void snp_vm_init(struct kvm_vm *vm)
{
	struct kvm_sev_init init2 = {};

	TEST_ASSERT_EQ(vm->type, KVM_X86_SNP_VM);
	vm_sev_ioctl(vm, KVM_SEV_INIT2, &init2);
}

/* ---- Protected pages ------------------------------------------------------------------- */

static void snp_take(struct kvm_vm *vm, gpa_t gpa, u64 size)
{
	vm_mem_set_private(vm, gpa, size);
	snp_launch_update_data(vm, gpa, (uintptr_t)addr_gpa2hva(vm, gpa), size,
			       KVM_SEV_SNP_PAGE_TYPE_NORMAL);
}

static void take(struct kvm_vm *vm, gpa_t gpa, u64 size)
{
	if (is_sev_snp_vm(vm))
		snp_take(vm, gpa, size);
	else
		sev_launch_update_data(vm, gpa, size);
}

/* Have the firmware take over all protected pages of the slots that vm_mem_add() added. */
static void take_protected(struct kvm_vm *vm)
{
	size_t i, j;

	for (i = 0; i < vm->regions.nr; i++) {
		struct userspace_mem_region *region = vm->regions.by_gpa[i];
		const struct page_ranges *pages = &region->protected_phy_pages;

		if (pages->nr && !is_sev_snp_vm(vm))
			sev_register_encrypted_memory(vm, region);
		for (j = 0; j < pages->nr; j++)
			take(vm, pages->range[j].start << vm->page_shift,
			     (pages->range[j].end - pages->range[j].start) << vm->page_shift);
	}
	vm->arch.is_pt_protected = true;
}

/* ---- SEV and SEV-ES -------------------------------------------------------------------- */

static struct kvm_sev_guest_status check_state(struct kvm_vm *vm, const char *after, u32 state)
{
	struct kvm_sev_guest_status status;

	vm_sev_ioctl(vm, KVM_SEV_GUEST_STATUS, &status);
	TEST_ASSERT(status.state == state, "after %s the guest is in state %u, not %u", after,
		    status.state, state);
	return status;
}

void sev_vm_launch(struct kvm_vm *vm, u32 policy)
{
	struct kvm_sev_launch_start start = { .policy = policy };
	struct kvm_sev_guest_status status;

	vm_sev_ioctl(vm, KVM_SEV_LAUNCH_START, &start);
	status = check_state(vm, "KVM_SEV_LAUNCH_START", SEV_GUEST_STATE_LAUNCH_UPDATE);
	TEST_ASSERT_EQ(status.policy, policy);
	take_protected(vm);
	if (policy & SEV_POLICY_ES)
		vm_sev_ioctl(vm, KVM_SEV_LAUNCH_UPDATE_VMSA, NULL);
}

void sev_vm_launch_measure(struct kvm_vm *vm, u8 *measurement)
{
	struct kvm_sev_launch_measure measure = {
		.uaddr = (uintptr_t)measurement, .len = MEASUREMENT_SIZE,
	};

	vm_sev_ioctl(vm, KVM_SEV_LAUNCH_MEASURE, &measure);
	check_state(vm, "KVM_SEV_LAUNCH_MEASURE", SEV_GUEST_STATE_LAUNCH_SECRET);
}

void sev_vm_launch_finish(struct kvm_vm *vm)
{
	vm_sev_ioctl(vm, KVM_SEV_LAUNCH_FINISH, NULL);
	check_state(vm, "KVM_SEV_LAUNCH_FINISH", SEV_GUEST_STATE_RUNNING);
}

/* ---- SNP ------------------------------------------------------------------------------- */

void snp_launch_update_data(struct kvm_vm *vm, gpa_t gpa, u64 hva, u64 size, u8 type)
{
	struct kvm_sev_snp_launch_update update = {
		.gfn_start = gpa >> PAGE_SHIFT, .uaddr = hva, .len = size, .type = type,
	};

	/* KVM stops early for a signal, with the rest in @update. */
	while (update.len)
		vm_sev_ioctl(vm, KVM_SEV_SNP_LAUNCH_UPDATE, &update);
}

void snp_vm_launch_start(struct kvm_vm *vm, u64 policy)
{
	struct kvm_sev_snp_launch_start start = { .policy = policy };

	vm_sev_ioctl(vm, KVM_SEV_SNP_LAUNCH_START, &start);
}

void snp_vm_launch_update(struct kvm_vm *vm)
{
	take_protected(vm);
}

void snp_vm_launch_finish(struct kvm_vm *vm)
{
	struct kvm_sev_snp_launch_finish finish = {};

	vm_sev_ioctl(vm, KVM_SEV_SNP_LAUNCH_FINISH, &finish);
}

/* ---- All steps ------------------------------------------------------------------------- */

void vm_sev_launch(struct kvm_vm *vm, u64 policy, u8 *measurement)
{
	u8 ignored[MEASUREMENT_SIZE];

	if (!is_sev_snp_vm(vm)) {
		sev_vm_launch(vm, policy);
		sev_vm_launch_measure(vm, measurement ?: ignored);
		sev_vm_launch_finish(vm);
		return;
	}
	/* KVM requires it for page state changes of the guest. */
	vm_enable_cap(vm, KVM_CAP_EXIT_HYPERCALL, BIT(KVM_HC_MAP_GPA_RANGE));
	snp_vm_launch_start(vm, policy);
	snp_vm_launch_update(vm);
	snp_vm_launch_finish(vm);
}
