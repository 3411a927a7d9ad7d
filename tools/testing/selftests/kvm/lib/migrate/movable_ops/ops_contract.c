// SPDX-License-Identifier: GPL-2.0-only
#include "kvm_util.h"
#include "migrate/movable_ops/ops_contract.h"
#include "migrate/movable_ops/ops_pages.h"
#include "migrate/trigger/trigger.h"

#define MOVED		{ OUTCOME_MOVED, RET_0 }
#define MOVED_SOME	{ OUTCOME_MOVED_SOME, RET_0 }

#define ROW(_trigger, _kind, _expected)				\
	{							\
		.trigger = &trigger_##_trigger,			\
		.kind = &ops_##_kind,				\
		.expected = _expected,				\
	},

const struct ops_row ops_rows[] = { MOVABLE_OPS_CONTRACT(ROW) };
const size_t nr_ops_rows = ARRAY_SIZE(ops_rows);
