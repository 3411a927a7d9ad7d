// SPDX-License-Identifier: GPL-2.0-only
/*
 * Private memory of a VM stays where it is, whatever asks for it to move.
 *
 * Property: the host may neither read private memory nor copy it: it may be encrypted with its
 * physical address, or tracked by the firmware page by page.  Whoever wants such a folio to move
 * is refused, or does not even see it, as the contract says (PRIVATE_MEMORY_CONTRACT in
 * migrate/matrix/contract_table.h), on kernels that can migrate guest_memfd as on those that
 * cannot: every page
 * keeps its frame and its node, the guest reads what it wrote, and host user space still cannot
 * get at it.
 *
 * Algorithm: the guest fills private memory, and the frames are found by their flags
 * (migrate/gmem/unmapped_pfns.h).  Every trigger of the contract is fired at them: by page frame
 * where it
 * takes one, else at the slot's userspace_addr, where private pages have nothing mapped.  The same
 * trigger must move a shmem mapping in the same case.  Then once more around conversions to shared
 * memory and back, where what is shared does move.
 *
 * Contract by kernel: private memory exists since Linux 6.8 and was never movable.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kvm_util.h"
#include "numaif.h"
#include "migrate/gmem/private_vm.h"
#include "migrate/matrix/alloc_zone.h"
#include "migrate/matrix/fixture.h"
#include "migrate/matrix/property.h"
#include "migrate/mm/numa.h"
#include "migrate/trigger/trigger.h"

/* Fire at all pages, which are private memory's whatever the guest uses now, and judge. */
static int attempt(struct fixture *fx)
{
	size_t nr = fx->gvm->nr_pages;

	verdict_reset(&fx->verdict);
	fixture_look_before(fx);
	fixture_fire(fx, 0, nr, expected_return(&fx->expected, nr));
	fixture_look_after(fx);
	fixture_expect(fx, 0, nr, fx->expected.outcome);
	return fixture_judge_with_content(fx);
}

/* From here on the guest uses ordinary memory, which is on the source node. */
static void convert_to_shared(struct fixture *fx)
{
	struct gmem_vm *gvm = fx->gvm;
	struct nodemask mask = nodemask_of(fx->from);

	kvm_mbind(gvm->mem, gvm->nr_pages * gvm->page_size, MPOL_BIND, mask.bits,
		  NODEMASK_MAXNODE, 0);
	gmem_set_private(gvm, false);
	gmem_guest_fill(gvm);
}

/* Back to what private memory held, with what was shared gone, as a VMM does it. */
static void convert_to_private(struct fixture *fx, const struct pattern *held)
{
	struct gmem_vm *gvm = fx->gvm;

	gmem_set_private(gvm, true);
	kvm_madvise(gvm->mem, gvm->nr_pages * gvm->page_size, MADV_REMOVE);
	gvm->pattern = *held;
}

/* Calls see shared memory and move it: the best of controls. */
static bool shared_pages_moved(const struct fixture *fx)
{
	size_t nr = fx->gvm->nr_pages, i, moved = 0;
	struct folio_info *info = calloc(nr, sizeof(*info));

	TEST_ASSERT(info && !folio_inspect(fx->gvm->mem, nr, info),
		    "cannot inspect the shared pages");
	for (i = 0; i < nr; i++)
		moved += info[i].node == fx->to;
	free(info);
	if (moved < nr)
		ksft_print_msg("shared memory: wanted %zu pages on node %d, got %zu\n", nr,
			       fx->to, moved);
	return moved == nr;
}

/* The private folios stay in their frames also while the guest uses other memory. */
static int attempt_while_shared(struct fixture *fx)
{
	bool seen = fx->expected.outcome == OUTCOME_NOT_MAPPED && !fx->trigger->kernel_picks_node;
	bool good;
	size_t nr = fx->gvm->nr_pages;
	long wanted = expected_return(&fx->expected, nr);

	verdict_reset(&fx->verdict);
	fixture_look_before(fx);
	fixture_fire(fx, 0, nr, wanted);
	fixture_look_after(fx);
	verdict_expect(&fx->verdict, 0, nr, OUTCOME_UNTOUCHED, fx->from, fx->to);
	if (fx->trigger->has_status)
		verdict_expect_status(&fx->verdict, 0, nr, fx->to);
	fixture_check_mapping(fx);
	fixture_check_guest(fx);
	good = !seen || shared_pages_moved(fx);
	return good ? fixture_judge(fx) : KSFT_FAIL;
}

static int act_conversion(struct fixture *fx)
{
	struct pattern held = fx->gvm->pattern;
	int result = attempt(fx);

	if (result == KSFT_PASS) {
		convert_to_shared(fx);
		result = attempt_while_shared(fx);
		convert_to_private(fx, &held);
	}
	return result ?: attempt(fx);
}

static int run_scene(const struct suite *suite, const struct testcase *test,
		     int (*act)(struct fixture *fx))
{
	const struct fixture_config config = { .nr_vcpus = 1 };
	struct fixture fx;
	int result;

	if (!fixture_open(&fx, suite, test, &config))
		return fixture_skip();
	result = fixture_begin(&fx) ?: act(&fx);
	fixture_close(&fx);
	return result;
}

static int run_conversion(const struct suite *suite, const struct testcase *test)
{
	return run_scene(suite, test, act_conversion);
}

/*
 * Compaction passes over folios that it cannot move, by a look at their mapping: it should not
 * take each off its list, unmap it, and find out then (isolate_migratepages_block() in
 * mm/compaction.c).  Attempts in vain are in a counter of the whole machine, so the same
 * compaction without our folios says how many of them are somebody else's.
 */
#define COMPARISONS 3

static long failed_migrations(void)
{
	FILE *file = fopen("/proc/vmstat", "re");
	char line[128];
	long count = -1;

	TEST_ASSERT(file, "cannot read /proc/vmstat");
	while (count < 0 && fgets(line, sizeof(line), file))
		sscanf(line, "pgmigrate_fail %ld", &count);
	fclose(file);
	TEST_ASSERT(count >= 0, "/proc/vmstat does not count failed migrations");
	return count;
}

/* Compact memory laid out anew, with our folios or without.  Returns how many attempts failed. */
static long failures_of_compaction(struct fixture *fx, bool ours)
{
	struct gmem_vm *gvm = fx->gvm;
	long before;

	fragment_close(&fx->fragment);
	fragment_open(&fx->fragment, fx->from);
	if (ours)
		unmapped_pfns_populate(&fx->unmapped, gvm, fx->from);
	else
		gmem_punch(gvm, 0, gvm->nr_pages);
	before = failed_migrations();
	if (ours)
		fixture_look_before(fx);
	fixture_fire(fx, 0, gvm->nr_pages, 0);
	return failed_migrations() - before;
}

static int act_not_isolated(struct fixture *fx)
{
	long enough = fx->gvm->nr_pages / 2, ours = 0, others = 0;
	int i;

	for (i = 0; i < COMPARISONS; i++) {
		others = failures_of_compaction(fx, false);
		ours = failures_of_compaction(fx, true);
		if (ours < others + enough)
			return KSFT_PASS;
	}
	ksft_print_msg("%zu unmovable folios not left alone: %s fails to migrate %ld with them, "
		       "%ld without; %s\n", fx->gvm->nr_pages, fx->trigger->call, ours,
		       others, suite_context(fx->suite));
	return KSFT_FAIL;
}

static int run_not_isolated(const struct suite *suite, const struct testcase *test)
{
	return run_scene(suite, test, act_not_isolated);
}

static const char *kind_skip_reason(const struct suite *suite, const struct testcase *test)
{
	(void)suite;
	return vm_kind_skip_reason(test->row->vm);
}

/* Kinds that always miss something: at least their launch. */
static int run_nothing(const struct suite *suite, const struct testcase *test)
{
	return suite_skip(kind_skip_reason(suite, test));
}

static void add_row(struct testcase **next, const struct contract_row *row)
{
	struct testcase test = {
		.skip_reason = fixture_skip_reason_two_nodes,
		.run = property_run,
		.row = row,
	};
	size_t i;

	for (i = 0; i < nr_properties; i++) {
		test.data = &properties[i];
		/* Slots matter to what is invalidated when a folio moves. */
		if (property_applies(&properties[i], row) && !properties[i].config.two_slots)
			contract_row_add_case(next, &test, properties[i].name);
	}
	test.run = run_conversion;
	contract_row_add_case(next, &test, "conversion");
	test.run = run_not_isolated;
	if (row->trigger->partial && !row->trigger->placement)
		contract_row_add_case(next, &test, "not_isolated");
}

static void add_places(struct testcase **next, struct contract_row *rows)
{
	size_t i;

	for (i = 0; i < nr_private_allocation_rows; i++) {
		const struct testcase test = {
			.skip_reason = fixture_skip_reason_one_node,
			.run = alloc_zone_run,
			.row = &rows[i],
		};

		rows[i] = private_allocation_rows[i];
		rows[i].vm = &vm_kind_sw_protected;
		contract_row_add_case(next, &test, "allocated");
	}
}

static void add_absent_kind(struct testcase **next, const struct contract_row *row)
{
	const struct testcase test = {
		.skip_reason = kind_skip_reason,
		.run = run_nothing,
		.row = row,
	};

	**next = test;
	snprintf((*next)->name, sizeof((*next)->name), "all.%s", row->vm->name);
	(*next)++;
}

int main(int argc, char **argv)
{
	static const struct vm_kind * const absent[] = {
		&vm_kind_sev, &vm_kind_sev_es, &vm_kind_snp, &vm_kind_tdx,
	};
	struct suite suite = {
		.program = "private_mem_migrate_test",
		.options = { .contract = -1, .pages = 64, .rounds = 2 },
	};
	size_t nr_rows = nr_private_memory_rows + ARRAY_SIZE(absent), i;
	struct contract_row rows[nr_rows], places[nr_private_allocation_rows];
	size_t most = nr_rows * (nr_properties + 2) + nr_private_allocation_rows;
	struct testcase cases[most], *next = cases;

	for (i = 0; i < nr_rows; i++) {
		bool runs = i < nr_private_memory_rows;

		rows[i] = private_memory_rows[runs ? i : 0];
		rows[i].vm = runs ? &vm_kind_sw_protected : absent[i - nr_private_memory_rows];
		if (runs)
			add_row(&next, &rows[i]);
		else
			add_absent_kind(&next, &rows[i]);
	}
	add_places(&next, places);
	/* Nothing to observe: the contract is the same whichever it is. */
	vm_keep_one_open();
	return suite_main(&suite, argc, argv, cases, next - cases, NULL);
}
