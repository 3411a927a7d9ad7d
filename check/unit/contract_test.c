// SPDX-License-Identifier: GPL-2.0-only
/*
 * Encrypted memory must answer as ordinary memory does on a kernel that moves none.
 */
#include "migrate/gmem/gmem_vm.h"
#include "migrate/matrix/contract_table.h"
#include "unit.h"

static const struct contract_row *encrypted_row_of(const struct trigger *trigger)
{
	size_t i;

	for (i = 0; i < nr_encrypted_memory_rows; i++)
		if (encrypted_memory_rows[i].trigger == trigger)
			return &encrypted_memory_rows[i];
	return NULL;
}

static bool is_as_unmovable(const struct contract_row *ordinary)
{
	const struct contract_row *row = encrypted_row_of(ordinary->trigger);
	const struct expected *want = &ordinary->expected[CONTRACT_UNMOVABLE];
	int id, same = 0;

	for (id = 0; row && id < NR_FILE_CONTRACTS; id++)
		same += row->expected[id].outcome == want->outcome &&
			row->expected[id].ret == want->ret;
	return same == NR_FILE_CONTRACTS;
}

int main(void)
{
	size_t i, rows = 0, same = 0;

	ksft_print_header();
	for (i = 0; i < nr_contract_rows; i++) {
		if (contract_rows[i].vm != &vm_kind_default)
			continue;
		rows++;
		same += is_as_unmovable(&contract_rows[i]);
	}
	CHECK("each row of default has one of encrypted memory", rows == nr_encrypted_memory_rows);
	CHECK("each has the outcome of the contract unmovable", same == rows);
	return unit_finish();
}
