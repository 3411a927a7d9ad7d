// SPDX-License-Identifier: GPL-2.0-only
#include "kvm_util.h"
#include "sev.h"
#include "migrate/gmem/private_vm.h"
#include "migrate/matrix/encrypted.h"
#include "migrate/matrix/more_cases.h"
#include "migrate/matrix/opt_in.h"
#include "migrate/trigger/trigger.h"

/* The pages on both sides stay without a pin, which must make no difference. */
static int act_registered(struct fixture *fx)
{
	size_t nr = fx->gvm->nr_pages, first = nr / 4, half = nr / 2;
	int result;

	sev_register(fx->gvm, first, half);
	result = property_fire_and_judge(fx) ?: property_rewrite_and_judge(fx);
	sev_unregister(fx->gvm, first, half);
	return result ?: property_fire_and_judge(fx) ?: property_rewrite_and_judge(fx);
}

static const struct property registered = {
	.name = "registered",
	.pages = PAGES_FOUND,
	.config = { .nr_vcpus = 1 },
	.act = act_registered,
};

/* Whether @property compares nothing with what the host reads. */
static bool needs_no_plaintext(const struct property *property)
{
	static int (* const acts[])(struct fixture *fx) = {
		act_idle, act_running, act_partial, act_no_leak,
	};
	size_t i;

	/* Memslots matter only to the invalidation of folios that move. */
	if (property->config.two_slots || property->config.uaddr_is_mapping)
		return false;
	for (i = 0; i < ARRAY_SIZE(acts); i++)
		if (property->act == acts[i])
			return true;
	return false;
}

/*
 * The guest's program is registered, too.  A call for all of a process tries each page of it again
 * and again, and each time zaps it from the running guest, which takes minutes.
 */
static bool takes_minutes(const struct trigger *trigger, const struct property *property)
{
	return property->act == act_running && trigger->no_range && !trigger->kernel_picks_node;
}

void encrypted_add_cases(struct case_list *list, const struct vm_kind *kind)
{
	const struct contract_row *row;
	size_t i, j;

	for (i = 0; i < nr_encrypted_memory_rows; i++) {
		row = contract_row_for(kind, &encrypted_memory_rows[i]);
		for (j = 0; j < nr_properties; j++)
			if (needs_no_plaintext(&properties[j]) &&
			    !takes_minutes(row->trigger, &properties[j]))
				property_add_case(list, row, &properties[j]);
		property_add_case(list, row, &registered);
		/* Background mechanisms do not know the type of a VM: one type will do. */
		if (kind == &vm_kind_sev)
			must_not_touch_add_cases(list, row);
	}
	alloc_zone_add_cases(list, kind);
}

struct becoming {
	struct property property;	/* first: the data of the case */
	void (*become)(struct kvm_vm *vm);
};

/* The source may go: the mirror holds it, the target has all of it. */
static void take_context(struct kvm_vm *vm, u32 cap)
{
	struct kvm_vm *source = vm_create_barebones();

	sev_vm_init(source);
	vm_enable_cap(vm, cap, source->fd);
	kvm_vm_free(source);
}

static void become_mirror(struct kvm_vm *vm)
{
	take_context(vm, KVM_CAP_VM_COPY_ENC_CONTEXT_FROM);
}

static void become_target(struct kvm_vm *vm)
{
	take_context(vm, KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM);
}

static const struct contract_row *encrypted_row_of(const struct trigger *trigger)
{
	size_t i;

	for (i = 0; i < nr_encrypted_memory_rows; i++)
		if (encrypted_memory_rows[i].trigger == trigger)
			return &encrypted_memory_rows[i];
	TEST_FAIL("the contract of encrypted memory has no row for %s", trigger->name);
}

/* There is no vCPU yet, and nothing is encrypted, so the host judges. */
static int fire_and_judge_by_host(struct fixture *fx)
{
	property_fire_all(fx);
	fixture_check_host(fx);
	return fixture_judge(fx);
}

static int act_becomes(struct fixture *fx)
{
	const struct becoming *becoming = fx->test->data;
	int result;

	gmem_host_fill(fx->gvm);
	result = fire_and_judge_by_host(fx);
	if (result)
		return result;
	if (outcome_moves(fx->expected.outcome))
		fixture_swap_nodes(fx);
	becoming->become(fx->gvm->vm);
	/* Alike under all contracts. */
	fx->expected = encrypted_row_of(fx->trigger)->expected[CONTRACT_UNMOVABLE];
	return fire_and_judge_by_host(fx);
}

/* KVM_SEV_INIT, and the like, refuse a VM with vCPUs. */
#define BECOMING(_name, _become)						\
	{									\
		.property = {							\
			.name = _name,						\
			.only = { &trigger_move_pages, &trigger_mbind_strict },	\
			.pages = PAGES_MAPPED,					\
			.config = { .uaddr_is_mapping = true },			\
			.unfilled = true,					\
			.act = act_becomes,					\
		},								\
		.become = _become,						\
	}

static const struct becoming becomings[] = {
	BECOMING("becomes_sev", sev_vm_init),
	BECOMING("becomes_mirror", become_mirror),
	BECOMING("becomes_target", become_target),
};

void encrypted_add_late_cases(struct case_list *list, const struct vm_kind *kind)
{
	const struct contract_row *row;
	const struct property *property;
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(becomings); i++)
		for (j = 0; j < ARRAY_SIZE(property->only); j++) {
			property = &becomings[i].property;
			row = contract_row_of(property->only[j]);
			property_add_case(list, contract_row_for(kind, row), property);
		}
}

void opt_in_add_private_cases(struct case_list *list)
{
	static const struct vm_kind *const kinds[] = {
		&vm_kind_sw_protected, &vm_kind_snp, &vm_kind_sev, &vm_kind_sev_es,
		&vm_kind_sev_late, &vm_kind_tdx,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		file_flags_add_refused(list, kinds[i]);
	encrypted_add_late_cases(list, &vm_kind_becomes_sev_migratable);
}
