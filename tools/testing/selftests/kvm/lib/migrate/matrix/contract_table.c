// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "kvm_util.h"
#include "migrate/gmem/gmem_vm.h"
#include "migrate/matrix/contract_table.h"
#include "migrate/trigger/trigger.h"

#define MOVED		{ OUTCOME_MOVED, RET_0 }
#define MOVED_SOME	{ OUTCOME_MOVED_SOME, RET_0 }
#define REFUSED(how)	{ OUTCOME_REFUSED, RET_##how }
#define NOT_MAPPED(how)	{ OUTCOME_NOT_MAPPED, RET_##how }
#define NO_FOLIO	{ OUTCOME_NO_FOLIO, RET_0 }
#define NEVER(how)	{ OUTCOME_NEVER, RET_##how }

#define ROW(_trigger, _vm, _unmovable, _movable)	\
	{						\
		.trigger = &trigger_##_trigger,		\
		.vm = &vm_kind_##_vm,			\
		.expected = { _unmovable, _movable },	\
	},
#define PRIVATE_ROW(_trigger, _unmovable, _movable)	\
	{						\
		.trigger = &trigger_##_trigger,		\
		.expected = { _unmovable, _movable },	\
	},
#define ENCRYPTED_ROW(_trigger, _expected)		\
	{						\
		.trigger = &trigger_##_trigger,		\
		.expected = { _expected, _expected },	\
	},

const struct contract_row contract_rows[] = { MIGRATION_CONTRACT(ROW) };
const size_t nr_contract_rows = ARRAY_SIZE(contract_rows);

const struct contract_row private_memory_rows[] = { PRIVATE_MEMORY_CONTRACT(PRIVATE_ROW) };
const size_t nr_private_memory_rows = ARRAY_SIZE(private_memory_rows);

const struct contract_row encrypted_memory_rows[] = { ENCRYPTED_MEMORY_CONTRACT(ENCRYPTED_ROW) };
const size_t nr_encrypted_memory_rows = ARRAY_SIZE(encrypted_memory_rows);

enum contract_id contract_of_kind(const struct contract *contract, const struct vm_kind *kind)
{
	return contract_of_file(contract->id, kind->unflagged);
}

const struct contract_row *contract_row_for(const struct vm_kind *kind,
					    const struct contract_row *row)
{
	struct contract_row *copy = malloc(sizeof(*copy));

	TEST_ASSERT(copy, "out of memory");
	*copy = *row;
	copy->vm = kind;
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
