// SPDX-License-Identifier: GPL-2.0-only
#include "kvm_util.h"
#include "migrate/gmem/gmem_vm.h"
#include "migrate/matrix/alloc_zone.h"
#include "migrate/matrix/contract_table.h"
#include "migrate/trigger/trigger.h"

#define MOVED		{ OUTCOME_MOVED, RET_0 }
#define MOVED_SOME	{ OUTCOME_MOVED_SOME, RET_0 }
#define REFUSED(how)	{ OUTCOME_REFUSED, RET_##how }
#define NOT_MAPPED(how)	{ OUTCOME_NOT_MAPPED, RET_##how }
#define NO_FOLIO	{ OUTCOME_NO_FOLIO, RET_0 }
#define NEVER(how)	{ OUTCOME_NEVER, RET_##how }
#define ALL		MOVED
#define SOME		MOVED_SOME
#define NONE		NO_FOLIO

/* A cell has a comma: only "..." can pass the two of a row on. */
#define ROW_OF(_member, _vm, ...)			\
	{						\
		_member,				\
		.vm = _vm,				\
		.expected = { __VA_ARGS__ },		\
	},
#define ROW(_trigger, _vm, _unmovable, _movable)				\
	ROW_OF(.trigger = &trigger_##_trigger, &vm_kind_##_vm, _unmovable, _movable)
#define PRIVATE_ROW(_trigger, _unmovable, _movable)				\
	ROW_OF(.trigger = &trigger_##_trigger, NULL, _unmovable, _movable)
#define ZONE_ROW(_zone, _vm, _unmovable, _movable)				\
	ROW_OF(.zone = &alloc_zone_##_zone, &vm_kind_##_vm, _unmovable, _movable)
#define PRIVATE_ZONE_ROW(_zone, _unmovable, _movable)				\
	ROW_OF(.zone = &alloc_zone_##_zone, NULL, _unmovable, _movable)

const struct contract_row contract_rows[] = { MIGRATION_CONTRACT(ROW) };
const size_t nr_contract_rows = ARRAY_SIZE(contract_rows);

const struct contract_row private_memory_rows[] = { PRIVATE_MEMORY_CONTRACT(PRIVATE_ROW) };
const size_t nr_private_memory_rows = ARRAY_SIZE(private_memory_rows);

const struct contract_row allocation_rows[] = { ALLOCATION_CONTRACT(ZONE_ROW) };
const size_t nr_allocation_rows = ARRAY_SIZE(allocation_rows);

const struct contract_row private_allocation_rows[] = {
	PRIVATE_ALLOCATION_CONTRACT(PRIVATE_ZONE_ROW)
};
const size_t nr_private_allocation_rows = ARRAY_SIZE(private_allocation_rows);

struct contract_row *contract_rows_for(const struct vm_kind *kind, const struct contract_row *rows,
				       size_t nr)
{
	struct contract_row *copy = calloc(nr, sizeof(*copy));
	size_t i;

	TEST_ASSERT(copy, "out of memory");
	for (i = 0; i < nr; i++) {
		copy[i] = rows[i];
		copy[i].vm = kind;
	}
	return copy;
}

const struct contract_row *contract_row_of(const struct trigger *trigger)
{
	size_t i;

	for (i = 0; i < nr_contract_rows; i++)
		if (contract_rows[i].trigger == trigger)
			return &contract_rows[i];
	TEST_FAIL("the contract has no row for %s", trigger->name);
}

bool contract_row_finds_folios(const struct contract_row *row)
{
	int id;

	for (id = 0; id < NR_CONTRACTS; id++)
		if (row->expected[id].outcome != OUTCOME_NOT_MAPPED &&
		    row->expected[id].outcome != OUTCOME_NO_FOLIO)
			return true;
	return false;
}
