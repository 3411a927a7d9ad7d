// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints docs/contract.md: the rows of migrate/matrix/contract_table.h, which the tests walk, as a
 * page to link to.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kselftest.h"
#include "migrate/gmem/gmem_vm.h"
#include "migrate/matrix/contract_table.h"
#include "migrate/matrix/memory_failure.h"
#include "migrate/matrix/more_cases.h"
#include "migrate/movable_ops/movable_ops.h"
#include "migrate/trigger/trigger.h"

#define ROW(_trigger, _vm, _unmovable, _movable) { #_unmovable, #_movable },
#define PRIVATE_ROW(_trigger, _unmovable, _movable) { #_unmovable, #_movable },
#define ENCRYPTED_ROW(_trigger, _expected) #_expected,
#define ZONE_ROW(_zone, _vm, _unmovable, _movable) { #_zone, #_vm, #_unmovable, #_movable },
#define PRIVATE_ZONE_ROW(_zone, _unmovable, _movable) \
	{ #_zone, "private or encrypted memory", #_unmovable, #_movable },
#define OPS_ROW(_trigger, _kind, _expected) #_expected,

static const char * const cells[][NR_FILE_CONTRACTS] = { MIGRATION_CONTRACT(ROW) };
static const char * const private_cells[][NR_FILE_CONTRACTS] = {
	PRIVATE_MEMORY_CONTRACT(PRIVATE_ROW)
};
static const char * const encrypted_cells[] = { ENCRYPTED_MEMORY_CONTRACT(ENCRYPTED_ROW) };
static const char * const ops_cells[] = { MOVABLE_OPS_CONTRACT(OPS_ROW) };
static const char * const allocation_cells[][2 + NR_FILE_CONTRACTS] = {
	ALLOCATION_CONTRACT(ZONE_ROW)
	PRIVATE_ALLOCATION_CONTRACT(PRIVATE_ZONE_ROW)
};

/*
 * enum migrate_reason of include/linux/migrate_mode.h, and the functions that pass it to
 * migrate_pages() or name it for migrate_misplaced_folio().
 */
static const struct {
	const char *name, *where;
} reasons[] = {
	{ "MR_COMPACTION", "compact_zone(), mm/compaction.c" },
	{ "MR_MEMORY_FAILURE", "soft_offline_in_use_page(), mm/memory-failure.c" },
	{ "MR_MEMORY_HOTPLUG", "do_migrate_range(), mm/memory_hotplug.c" },
	{ "MR_SYSCALL", "do_move_pages_to_node(), mm/migrate.c; "
			"migrate_to_node(), mm/mempolicy.c" },
	{ "MR_MEMPOLICY_MBIND", "do_mbind(), mm/mempolicy.c" },
	{ "MR_NUMA_MISPLACED", "migrate_misplaced_folio(), mm/migrate.c" },
	{ "MR_CONTIG_RANGE", "__alloc_contig_migrate_range(), mm/page_alloc.c" },
	{ "MR_LONGTERM_PIN", "migrate_longterm_unpinnable_folios(), mm/gup.c" },
	{ "MR_DEMOTION", "demote_folio_list(), mm/vmscan.c" },
	{ "MR_DAMON", "__damon_migrate_folio_list(), mm/damon/ops-common.c" },
};

/* Escapes '|', which would end the cell. */
static void print_cell(const char *text)
{
	printf(" ");
	for (; *text; text++)
		printf("%s%c", *text == '|' ? "\\" : "", *text);
	printf(" |");
}

static void print_head(const char *columns, int nr_columns)
{
	int id;

	printf("%s", columns);
	for (id = 0; id < NR_CONTRACTS; id++)
		printf(" %s |", contract_name(id));
	printf("\n|");
	for (id = 0; id < nr_columns + NR_CONTRACTS; id++)
		printf("---|");
	printf("\n");
}

static void print_trigger(const struct trigger *trigger)
{
	printf("|");
	print_cell(trigger->name);
	print_cell(trigger->call);
}

/* The third column: a file without the flag, and one with it, if that may be. */
static void print_opt_in(const char * const *expected, bool flagged)
{
	const char *without = expected[contract_of_file(CONTRACT_OPT_IN, false)];
	const char *with = expected[contract_of_file(CONTRACT_OPT_IN, true)];
	char text[80];

	snprintf(text, sizeof(text), "%s; %s", without, with);
	print_cell(flagged && strcmp(with, without) ? text : without);
}

static void print_expected(const char * const *expected, bool flagged)
{
	int id;

	for (id = 0; id < NR_FILE_CONTRACTS; id++)
		print_cell(expected[id]);
	print_opt_in(expected, flagged);
	printf("\n");
}

static void print_allocation_rows(void)
{
	size_t i, j;

	printf("\n"
	       "## Zones that the kernel allocates folios from\n"
	       "\n"
	       "ALL folios come from the zone, at least SOME, or NONE.  The cases are\n"
	       "`ZONE.VM.allocated`.\n"
	       "\n");
	print_head("| zone | VM |", 2);
	for (i = 0; i < ARRAY_SIZE(allocation_cells); i++) {
		printf("|");
		for (j = 0; j < 2; j++)
			print_cell(allocation_cells[i][j]);
		print_expected(allocation_cells[i] + 2, true);
	}
}

static void print_rows(void)
{
	size_t i;

	print_head("| trigger | call | VM |", 3);
	for (i = 0; i < nr_contract_rows; i++) {
		print_trigger(contract_rows[i].trigger);
		print_cell(contract_rows[i].vm->name);
		print_expected(cells[i], true);
	}
}

static void print_private_rows(void)
{
	size_t i;

	printf("\n"
	       "## Private memory\n"
	       "\n"
	       "Nothing moves private memory, under any contract.\n"
	       "`x86/private_mem_migrate_test` tests these rows for each kind of VM that the\n"
	       "machine has: software-protected, SEV-SNP, TDX.\n"
	       "\n");
	print_head("| trigger | call |", 2);
	for (i = 0; i < nr_private_memory_rows; i++) {
		print_trigger(private_memory_rows[i].trigger);
		print_expected(private_cells[i], false);
	}
}

static void print_encrypted_rows(void)
{
	size_t i;

	printf("\n"
	       "## Encrypted memory\n"
	       "\n"
	       "The memory of SEV and SEV-ES VMs is not private: host user space maps it, and\n"
	       "finds ciphertext, which depends on the physical address.  Nothing moves it,\n"
	       "under any contract, registered (KVM_MEMORY_ENCRYPT_REG_REGION) or not: to the\n"
	       "caller, a page that its mapping keeps is like one that a long-term pin keeps.\n"
	       "Where a mapping could move, the pin alone would hold the registered pages.\n"
	       "A VM of the default type may become a SEV VM when its file exists: until then\n"
	       "the rows of `default` hold, and these ones afterwards.\n"
	       "\n"
	       "`x86/private_mem_migrate_test` tests these rows for `sev`, `sev_es` and\n"
	       "`sev_late`; `include/x86/migrate/matrix/encrypted.h` describes the properties.\n"
	       "\n"
	       "| trigger | call | all contracts |\n"
	       "|---|---|---|\n");
	for (i = 0; i < nr_encrypted_memory_rows; i++) {
		print_trigger(encrypted_memory_rows[i].trigger);
		print_cell(encrypted_cells[i]);
		printf("\n");
	}
}

static void print_ops_properties(void)
{
	size_t i, j, rows;

	printf("\n"
	       "The cases are `TRIGGER.PAGES.PROPERTY`;\n"
	       "`migrate/movable_ops/movable_ops.h` describes the properties:\n"
	       "\n");
	for (i = 0; i < nr_ops_properties; i++) {
		for (j = rows = 0; j < nr_ops_rows; j++)
			rows += ops_property_applies(&ops_properties[i], &ops_rows[j]);
		printf("* `%s`: %zu of %zu rows%s\n", ops_properties[i].name, rows, nr_ops_rows,
		       ops_properties[i].slow ? " (slow: with `-a`, or where `-t` selects them)" :
						"");
	}
}

static void print_ops_rows(void)
{
	size_t i;

	printf("\n"
	       "## movable_ops pages\n"
	       "\n"
	       "Their owner migrates these pages (`struct movable_operations`).  They are no\n"
	       "folios and move under both contracts.\n"
	       "\n"
	       "| trigger | call | pages | expected |\n"
	       "|---|---|---|---|\n");
	for (i = 0; i < nr_ops_rows; i++) {
		print_trigger(ops_rows[i].trigger);
		print_cell(ops_rows[i].kind->name);
		print_cell(ops_cells[i]);
		printf("\n");
	}
	print_ops_properties();
}

static void print_properties(void)
{
	size_t i, j, rows;

	printf("\n"
	       "Each row is tested for each property that applies to it.  The cases are\n"
	       "`TRIGGER.VM.PROPERTY`; `migrate/matrix/property_table.h` describes the\n"
	       "properties:\n"
	       "\n");
	for (i = 0; i < nr_properties; i++) {
		for (j = rows = 0; j < nr_contract_rows; j++)
			rows += property_applies(&properties[i], &contract_rows[j]);
		if (rows && !properties[i].group)
			printf("* `%s`: %zu of %zu rows\n", properties[i].name, rows,
			       nr_contract_rows);
	}
}

static void print_must_not_touch_properties(void)
{
	struct case_list list = {};
	size_t i, rows = 0;

	for (i = 0; i < nr_contract_rows; i++) {
		rows += !!contract_rows[i].trigger->must_not_touch;
		must_not_touch_add_cases(&list, &contract_rows[i]);
	}
	printf("\n"
	       "The rows with NEVER have properties of their own\n"
	       "(`migrate/matrix/more_cases.h`):\n"
	       "\n");
	/* Each row has the same properties. */
	for (i = 0; i < list.nr / rows; i++)
		printf("* `%s`: %zu of %zu rows\n", strrchr(list.cases[i].name, '.') + 1, rows,
		       nr_contract_rows);
	free(list.cases);
	printf("\n"
	       "The cases `mapping_flags.VM.FLAG` test AS_INACCESSIBLE and AS_UNMOVABLE apart\n"
	       "from each other (`lib/migrate/matrix/property_mapping_flags.c`).\n"
	       "\n"
	       "`x86/guest_memfd_migrate_x86_test` tests the row move_pages for consumers that\n"
	       "only x86 has: nested guests, SMM, kvmclock, steal time and PV EOI.\n");
}

/* Print the triggers with @reason, which may be NULL. */
static void print_triggers_with(const char *reason)
{
	const char *separator = "";
	size_t i;

	for (i = 0; i < nr_contract_rows; i++) {
		const struct trigger *trigger = contract_rows[i].trigger;

		if (contract_row_of(trigger) != &contract_rows[i] ||
		    strcmp(trigger->reason ?: "", reason ?: ""))
			continue;
		printf("%s%s", separator, trigger->name);
		separator = ", ";
	}
	printf("%s", *separator ? "" : "none");
}

static void print_memory_failure(void)
{
	struct case_list list = {};
	size_t i;

	memory_failure_add_cases(&list, &vm_kind_default);
	memory_failure_add_cases(&list, &vm_kind_default_unshared);
	printf("\n"
	       "## Memory errors\n"
	       "\n"
	       "Under both contracts the folio stays in the file: KVM_RUN fails with EHWPOISON at\n"
	       "the guest's access, that of the host is SIGBUS (BUS_MCEERR_AR), and the frame is\n"
	       "marked and on no LRU list, so that nothing migrates it.  Once a hole is punched,\n"
	       "the page reads zero in another frame, and the poisoned one can be unpoisoned.\n"
	       "The host unmaps the page before: its PTE outlives the hole.\n"
	       "memory_failure() itself reports -EBUSY.  The properties `poisoned`, `poison_race`\n"
	       "and `retired` above have errors before, during and after moves.\n"
	       "`migrate/matrix/memory_failure.h` describes these cases:\n"
	       "\n");
	for (i = 0; i < list.nr; i++) {
		printf("* `%s`", list.cases[i].name);
		if (list.cases[i].unsafe)
			printf(", where `-t` names it and `-U` allows it");
		printf("\n");
	}
	free(list.cases);
	printf("\n"
	       "Private memory has those by frame (`memory_failure_phys`).\n"
	       "\n"
	       "`poisoned_offline` and `poison_moving` run only where `-t` names them and `-U`\n"
	       "allows it: a memory block stays offline, or can go offline no more\n"
	       "(`migrate/matrix/property_table.h`).\n");
}

static void print_reasons(void)
{
	size_t i;

	printf("\n"
	       "## Which `enum migrate_reason` a trigger exercises\n"
	       "\n"
	       "The functions are those of Linux 7.3.\n"
	       "\n"
	       "| reason | function | triggers |\n"
	       "|---|---|---|\n");
	for (i = 0; i < ARRAY_SIZE(reasons); i++) {
		printf("| %s | %s | ", reasons[i].name, reasons[i].where);
		print_triggers_with(reasons[i].name);
		printf(" |\n");
	}
	printf("\n"
	       "`pinned_longterm` pins pages that may stay where they are: no migration.\n"
	       "These triggers merge, reclaim or collapse pages and do not migrate them:\n");
	print_triggers_with(NULL);
	printf(".\n");
}

int main(void)
{
	printf("<!-- SPDX-License-Identifier: GPL-2.0-only -->\n"
	       "<!-- Made by \"make docs\" from migrate/matrix/contract_table.h: edit that. -->\n"
	       "# Expected results\n"
	       "\n"
	       "A row is a trigger on a kind of VM, a column is a contract, a cell is the\n"
	       "expected outcome.  `migrate/matrix/contract_table.h` describes the outcomes and\n"
	       "the kinds of VM, `migrate/verdict/contract.h` the contracts,\n"
	       "`migrate/trigger/trigger.h` the triggers.\n"
	       "\n"
	       "Under `opt-in` the contract is that of the file.  Where the cell has two\n"
	       "outcomes, the first is that of a file without the flag, the second that of a\n"
	       "file with it, whose cases have `_migratable` in the name of the VM.\n"
	       "[contracts.md](contracts.md) tells how the tests find the contract.\n"
	       "\n");
	print_rows();
	print_properties();
	print_must_not_touch_properties();
	print_private_rows();
	print_encrypted_rows();
	print_allocation_rows();
	print_memory_failure();
	print_ops_rows();
	print_reasons();
	return 0;
}
