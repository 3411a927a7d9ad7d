// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "migrate/btf.h"
#include "migrate/contract.h"
#include "migrate/ops_pages.h"
#include "migrate/trigger.h"
#include "migrate/vm.h"

#define MOVED		{ OUTCOME_MOVED, ANSWER_SILENT }
#define MOVED_SOME	{ OUTCOME_MOVED_SOME, ANSWER_SILENT }
#define REFUSED(how)	{ OUTCOME_REFUSED, ANSWER_##how }
#define UNSEEN(how)	{ OUTCOME_UNTOUCHED, ANSWER_##how }
#define ABSENT(how)	{ OUTCOME_UNTOUCHED, ANSWER_##how }
#define NEVER(how)	{ OUTCOME_NEVER, ANSWER_##how }
#define KEPT_OUT	{ OUTCOME_UNTOUCHED, ANSWER_SILENT }
#define LET_IN(how)	LET_IN_##how
#define LET_IN_ALL	MOVED
#define LET_IN_SOME	MOVED_SOME
/* Written out twice: a promise has a comma of its own, and is no argument of another macro. */
#define ROW(_trigger, _vm, _unmovable, _movable)		\
	{							\
		.trigger = &trigger_##_trigger,			\
		.vm = &vm_kind_##_vm,				\
		.promise = {					\
			[CONTRACT_UNMOVABLE] = _unmovable,	\
			[CONTRACT_MOVABLE] = _movable,		\
		},						\
	},
#define PRIVATE_ROW(_trigger, _unmovable, _movable)		\
	{							\
		.trigger = &trigger_##_trigger,			\
		.promise = {					\
			[CONTRACT_UNMOVABLE] = _unmovable,	\
			[CONTRACT_MOVABLE] = _movable,		\
		},						\
	},

#define OPS_ROW(_trigger, _kind, _promise)			\
	{							\
		.trigger = &trigger_##_trigger,			\
		.kind = &ops_##_kind,				\
		.promise = _promise,				\
	},

const struct contract_row contract_rows[] = { MIGRATION_CONTRACT(ROW) };
const size_t nr_contract_rows = ARRAY_SIZE(contract_rows);

const struct contract_row private_memory_rows[] = { PRIVATE_MEMORY_CONTRACT(PRIVATE_ROW) };
const size_t nr_private_memory_rows = ARRAY_SIZE(private_memory_rows);

const struct contract_row allocation_rows[] = { ALLOCATION_CONTRACT(ROW) };
const size_t nr_allocation_rows = ARRAY_SIZE(allocation_rows);

const struct contract_row private_allocation_rows[] = {
	PRIVATE_ALLOCATION_CONTRACT(PRIVATE_ROW)
};
const size_t nr_private_allocation_rows = ARRAY_SIZE(private_allocation_rows);

const struct ops_row ops_rows[] = { MOVABLE_OPS_CONTRACT(OPS_ROW) };
const size_t nr_ops_rows = ARRAY_SIZE(ops_rows);

static const char * const contract_names[NR_CONTRACTS] = {
	[CONTRACT_UNMOVABLE] = "unmovable",
	[CONTRACT_MOVABLE] = "movable",
};

bool contract_row_finds_folios(const struct contract_row *row)
{
	int id;

	for (id = 0; id < NR_CONTRACTS; id++)
		if (row->promise[id].outcome != OUTCOME_UNTOUCHED)
			return true;
	return false;
}

bool outcome_moves(enum outcome outcome)
{
	return outcome == OUTCOME_MOVED || outcome == OUTCOME_MOVED_SOME;
}

const char *outcome_name(enum outcome outcome)
{
	static const char * const names[] = {
		[OUTCOME_MOVED] = "MOVED",
		[OUTCOME_MOVED_SOME] = "MOVED_SOME",
		[OUTCOME_REFUSED] = "REFUSED",
		[OUTCOME_NEVER] = "NEVER",
		[OUTCOME_UNTOUCHED] = "UNTOUCHED",
	};

	return names[outcome];
}

const char *contract_name(enum contract_id id)
{
	return contract_names[id];
}

const char *contract_source_name(enum contract_source source)
{
	static const char * const names[] = {
		[CONTRACT_BY_OPTION] = "-k",
		[CONTRACT_BY_BTF] = "BTF",
		[CONTRACT_OBSERVED] = "observed, not promised",
	};

	return names[source];
}

int contract_parse(const char *name)
{
	int id;

	for (id = 0; id < NR_CONTRACTS; id++)
		if (!strcmp(name, contract_names[id]))
			return id;
	return -EINVAL;
}

int contract_from_btf(void)
{
	int has = btf_vmlinux_enum_has("mapping_flags", "AS_UNMOVABLE");

	if (has < 0)
		return has;
	return has ? CONTRACT_MOVABLE : CONTRACT_UNMOVABLE;
}

long promised_return(const struct promise *promise, size_t nr_pages)
{
	switch (promise->answer) {
	case ANSWER_COUNT:
		return nr_pages;
	case ANSWER_EIO:
		return -EIO;
	case ANSWER_EBUSY:
		return -EBUSY;
	case ANSWER_EINVAL:
		return -EINVAL;
	case ANSWER_EINTR:
		return -EINTR;
	case ANSWER_SILENT:
	case ANSWER_ENOENT:
		break;
	}
	return 0;
}
