// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "kvm_util.h"
#include "migrate/gmem/gmem_vm.h"
#include "migrate/matrix/opt_in.h"

struct flags_case {
	const char *name;
	int (*act)(const struct suite *suite, struct kvm_vm *vm);
};

void opt_in_set_flag(u64 flag)
{
	vm_kind_default_migratable.gmem_flags |= flag;
	vm_kind_default_unshared_migratable.gmem_flags |= flag;
	if (vm_kind_becomes_private_migratable)
		vm_kind_becomes_private_migratable->gmem_flags |= flag;
}

/* KVM_CREATE_GUEST_MEMFD with @flags must return a file, or -1 with EINVAL if not @accepted. */
static int create(struct kvm_vm *vm, u64 flags, bool accepted)
{
	int fd = __vm_create_guest_memfd(vm, getpagesize(), flags), error = errno;

	if (fd >= 0)
		close(fd);
	if (accepted ? fd >= 0 : fd < 0 && error == EINVAL)
		return KSFT_PASS;
	ksft_print_msg("KVM_CREATE_GUEST_MEMFD(flags 0x%" PRIx64 "): wanted %s, got %s\n",
		       (uint64_t)flags, accepted ? "a file" : strerror(EINVAL),
		       fd >= 0 ? "a file" : strerror(error));
	return KSFT_FAIL;
}

static int offers(struct kvm_vm *vm, u64 flag, bool wanted)
{
	u64 offered = vm_check_cap(vm, KVM_CAP_GUEST_MEMFD_FLAGS);

	if (!(offered & flag) == !wanted)
		return KSFT_PASS;
	ksft_print_msg("KVM_CAP_GUEST_MEMFD_FLAGS: wanted %s 0x%" PRIx64 ", got 0x%" PRIx64 "\n",
		       wanted ? "with" : "without", (uint64_t)flag, (uint64_t)offered);
	return KSFT_FAIL;
}

static u64 flag_of(const struct suite *suite)
{
	return 1ULL << suite->contract.flag_bit;
}

static int act_accepted(const struct suite *suite, struct kvm_vm *vm)
{
	u64 flag = flag_of(suite), shared = GUEST_MEMFD_FLAG_MMAP | GUEST_MEMFD_FLAG_INIT_SHARED;

	return offers(vm, flag, true) ?: create(vm, flag, true) ?: create(vm, 0, true) ?:
	       create(vm, flag | shared, true) ?: create(vm, shared, true);
}

static int act_unknown_flags(const struct suite *suite, struct kvm_vm *vm)
{
	u64 offered = vm_check_cap(vm, KVM_CAP_GUEST_MEMFD_FLAGS);
	int bit, result = KSFT_PASS;

	for (bit = 0; bit < 64 && !result; bit++)
		if (!(offered & (1ULL << bit)))
			result = create(vm, 1ULL << bit, false) ?:
				 create(vm, 1ULL << bit | flag_of(suite), false);
	return result;
}

static int act_refused(const struct suite *suite, struct kvm_vm *vm)
{
	u64 flag = flag_of(suite), mmap = GUEST_MEMFD_FLAG_MMAP;
	u64 offered = vm_check_cap(vm, KVM_CAP_GUEST_MEMFD_FLAGS);

	return offers(vm, flag, false) ?: create(vm, flag, false) ?:
	       create(vm, flag | offered, false) ?: create(vm, offered & mmap, true);
}

static const char *skip_reason(const struct suite *suite, const struct testcase *test)
{
	if (!suite->contract.flag_bit)
		return "the bit of the flag that makes a guest_memfd movable is unknown (give -k "
		       "opt-in=BIT)";
	return vm_kind_skip_reason(test->row->vm);
}

static int run(const struct suite *suite, const struct testcase *test)
{
	const struct gmem_config config = {
		.nr_pages = suite->options.pages, .nr_vcpus = 1, .seed = suite->options.seed,
		.node = suite->nodes[0],
	};
	const struct flags_case *flags = test->data;
	/* Launched: a VM may become one with encrypted memory just then. */
	struct gmem_vm *gvm = gmem_vm_create(test->row->vm, &config);
	int result = flags->act(suite, gvm->vm);

	gmem_vm_free(gvm);
	return result;
}

static void add(struct case_list *list, const struct vm_kind *kind, const struct flags_case *flags)
{
	static const struct contract_row no_row;
	struct testcase test = { .skip_reason = skip_reason, .run = run, .data = flags };

	test.row = contract_row_for(kind, &no_row);
	case_list_add(list, &test, "create.%s.%s", kind->name, flags->name);
}

void file_flags_add_cases(struct case_list *list)
{
	static const struct flags_case accepted = { "accepted", act_accepted },
				       unknown_flags = { "unknown_flags", act_unknown_flags };

	add(list, &vm_kind_default, &accepted);
	add(list, &vm_kind_default, &unknown_flags);
}

void file_flags_add_refused(struct case_list *list, const struct vm_kind *kind)
{
	static const struct flags_case refused = { "refused", act_refused };

	add(list, kind, &refused);
}
