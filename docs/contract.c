// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints docs/contract.md: the table of migrate/matrix/contract_table.h as a page to link to.  It
 * is made of
 * the very rows that the tests walk, so the page cannot promise what nobody tests.
 */
#include <stdio.h>
#include <string.h>

#include "migrate/gmem/gmem_vm.h"
#include "migrate/matrix/contract_table.h"
#include "migrate/matrix/must_not_touch.h"
#include "migrate/matrix/property.h"
#include "migrate/movable_ops/ops_contract.h"
#include "migrate/movable_ops/ops_property.h"
#include "migrate/trigger/trigger.h"

#define ROW(_trigger, _vm, _unmovable, _movable) { #_unmovable, #_movable },
#define PRIVATE_ROW(_trigger, _unmovable, _movable) { #_unmovable, #_movable },

static const char * const cells[][NR_CONTRACTS] = { MIGRATION_CONTRACT(ROW) };
static const char * const private_cells[][NR_CONTRACTS] = {
	PRIVATE_MEMORY_CONTRACT(PRIVATE_ROW)
};
#define OPS_ROW(_trigger, _kind, _promise) #_promise,
static const char * const ops_cells[] = { MOVABLE_OPS_CONTRACT(OPS_ROW) };

static const char * const allocation_cells[][NR_CONTRACTS] = { ALLOCATION_CONTRACT(ROW) };
static const char * const private_allocation_cells[][NR_CONTRACTS] = {
	PRIVATE_ALLOCATION_CONTRACT(PRIVATE_ROW)
};

/* A '|' would end the cell. */
static void print_cell(const char *text)
{
	printf(" ");
	for (; *text; text++)
		printf("%s%c", *text == '|' ? "\\" : "", *text);
	printf(" |");
}

static void print_row(const struct contract_row *row, const char *vm,
		      const char * const *promises)
{
	int id;

	printf("|");
	print_cell(row->trigger->name);
	print_cell(row->trigger->call);
	print_cell(vm);
	for (id = 0; id < NR_CONTRACTS; id++)
		print_cell(promises[id]);
	printf("\n");
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

static void print_promises(const char * const *promises)
{
	int id;

	for (id = 0; id < NR_CONTRACTS; id++)
		print_cell(promises[id]);
	printf("\n");
}

static void print_allocation_rows(void)
{
	size_t i;

	printf("\n"
	       "## Where folios are allocated\n"
	       "\n"
	       "Let in are all of them, or some at least; cases are called `PLACE.VM.allocated`.\n"
	       "\n");
	print_head("| place | VM |", 2);
	for (i = 0; i < nr_allocation_rows; i++) {
		printf("|");
		print_cell(allocation_rows[i].trigger->name);
		print_cell(allocation_rows[i].vm->name);
		print_promises(allocation_cells[i]);
	}
	for (i = 0; i < nr_private_allocation_rows; i++) {
		printf("|");
		print_cell(private_allocation_rows[i].trigger->name);
		print_cell("private memory");
		print_promises(private_allocation_cells[i]);
	}
}

static void print_rows(void)
{
	size_t i;

	print_head("| trigger | call | VM |", 3);
	for (i = 0; i < nr_contract_rows; i++) {
		print_trigger(contract_rows[i].trigger);
		print_cell(contract_rows[i].vm->name);
		print_promises(cells[i]);
	}
}

static void print_private_rows(void)
{
	size_t i;

	print_head("| trigger | call |", 2);
	for (i = 0; i < nr_private_memory_rows; i++) {
		print_trigger(private_memory_rows[i].trigger);
		print_promises(private_cells[i]);
	}
}

static void print_ops_properties(void)
{
	size_t i, j, rows;

	printf("\n"
	       "Cases are called `trigger.pages.property`;\n"
	       "`migrate/movable_ops/ops_property.h` says what each property means:\n"
	       "\n");
	for (i = 0; i < nr_ops_properties; i++) {
		for (j = rows = 0; j < nr_ops_rows; j++)
			rows += ops_property_applies(&ops_properties[i], &ops_rows[j]);
		printf("* `%s`: %zu of the %zu rows\n", ops_properties[i].name, rows,
		       nr_ops_rows);
	}
}

static void print_ops_rows(void)
{
	size_t i;

	printf("\n"
	       "## Pages that move by operations of their own\n"
	       "\n"
	       "They are no folios, have nothing to do with either contract, and move under\n"
	       "both.\n"
	       "\n"
	       "| trigger | call | pages | promise |\n"
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

	for (i = 0; i < nr_properties; i++) {
		for (j = rows = 0; j < nr_contract_rows; j++)
			rows += property_applies(&properties[i], &contract_rows[j]);
		printf("* `%s`: %zu of the %zu rows without private memory\n",
		       properties[i].name, rows, nr_contract_rows);
	}
}

static void print_never_properties(void)
{
	struct case_list list = {};
	size_t i, rows = 0, each;

	for (i = 0; i < nr_contract_rows; i++) {
		rows += !!contract_rows[i].trigger->must_not_touch;
		must_not_touch_add_cases(&list, &contract_rows[i]);
	}
	each = list.nr / rows;
	printf("\n"
	       "NEVER is tested for these, see `migrate/matrix/must_not_touch.h`:\n"
	       "\n");
	for (i = 0; i < each; i++)
		printf("* `%s`: %zu of %zu rows\n", strrchr(list.cases[i].name, '.') + 1, rows,
		       nr_contract_rows);
}

int main(void)
{
	printf("<!-- SPDX-License-Identifier: GPL-2.0-only -->\n"
	       "<!-- Made by \"make docs\" from migrate/matrix/contract_table.h: edit that. -->\n"
	       "# What the kernel promises\n"
	       "\n"
	       "A row is a trigger on a kind of VM, a column a contract, a cell the outcome.\n"
	       "`migrate/matrix/contract_table.h` says what the outcomes mean,\n"
	       "`migrate/verdict/contract.h` which kernels have which contract, and\n"
	       "`migrate/trigger/trigger.h` what each trigger does.\n"
	       "\n");
	print_rows();
	printf("\n"
	       "Every row is tested for each of these properties that can apply to it, as a case\n"
	       "called `trigger.VM.property`; `migrate/matrix/property_table.h` says what each\n"
	       "means:\n"
	       "\n");
	print_properties();
	print_never_properties();
	printf("\n"
	       "The two flags of the mapping, AS_INACCESSIBLE and AS_UNMOVABLE, are told apart in\n"
	       "cases of their own, `mapping_flags.VM.flag`;\n"
	       "`migrate/matrix/mapping_flags.h` says what each guards.\n");
	printf("\n"
	       "## Private memory\n"
	       "\n"
	       "Of software-protected VMs, SEV-SNP and TDX: nothing moves it, under any contract.\n"
	       "`x86/private_mem_migrate_test` holds these rows against each kind that there is.\n"
	       "\n");
	print_private_rows();
	print_allocation_rows();
	print_ops_rows();
	return 0;
}
