// SPDX-License-Identifier: GPL-2.0-only
#include "migrate/util/btf.h"
#include "migrate/verdict/contract.h"

int contract_from_btf(void)
{
	int has = btf_vmlinux_enum_has("mapping_flags", "AS_UNMOVABLE");

	if (has < 0)
		return has;
	return has ? CONTRACT_MOVABLE : CONTRACT_UNMOVABLE;
}
