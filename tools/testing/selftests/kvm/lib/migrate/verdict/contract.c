// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "migrate/verdict/contract.h"

static const char * const contract_names[] = {
	[CONTRACT_UNMOVABLE] = "unmovable",
	[CONTRACT_MOVABLE] = "movable",
};

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
		[OUTCOME_NOT_MAPPED] = "NOT_MAPPED",
		[OUTCOME_NO_FOLIO] = "NO_FOLIO",
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
		[CONTRACT_PROBED] = "probed",
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

long expected_return(const struct expected *expected, size_t nr_pages)
{
	static const int rets[] = {
		[RET_EIO] = -EIO,
		[RET_EBUSY] = -EBUSY,
		[RET_ENOMEM] = -ENOMEM,
		[RET_EINVAL] = -EINVAL,
		[RET_EINTR] = -EINTR,
	};

	return expected->ret == RET_NR_FAILED ? (long)nr_pages : rets[expected->ret];
}
