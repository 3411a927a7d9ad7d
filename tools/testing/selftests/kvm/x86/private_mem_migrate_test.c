// SPDX-License-Identifier: GPL-2.0-only
/*
 * Private memory of a VM stays where it is, whatever asks for it to move.
 *
 * Property: the host may neither read private memory nor copy it: it may be encrypted with its
 * physical address, or tracked by the firmware page by page.  Whoever wants such a folio to move
 * is refused, or does not even see it, as the contract says (PRIVATE_MEMORY_CONTRACT in
 * migrate/contract.h), on kernels that can migrate guest_memfd as on those that cannot: every page
 * keeps its frame and its node, the guest reads what it wrote, and host user space still cannot
 * get at it.
 *
 * Algorithm: the guest fills private memory, and the frames are found by their flags
 * (migrate/unmapped.h).  Every trigger of the contract is fired at them: by page frame where it
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
#include "migrate/numa.h"
#include "migrate/place.h"
#include "migrate/private_vm.h"
#include "migrate/property.h"
#include "migrate/scene.h"
#include "migrate/trigger.h"

/* Fire at all pages, which are private memory's whatever the guest uses now, and judge. */
static int attempt(struct scene *scene)
{
	size_t nr = scene->gvm->nr_pages;

	verdict_reset(&scene->verdict);
	scene_look_before(scene);
	scene_fire(scene, 0, nr, promised_return(&scene->promise, nr));
	scene_look_after(scene);
	scene_want(scene, 0, nr, scene->promise.outcome);
	return scene_judge_with_content(scene);
}

/* From here on the guest uses ordinary memory, which is on the source node. */
static void convert_to_shared(struct scene *scene)
{
	struct gmem_vm *gvm = scene->gvm;
	struct nodemask mask = nodemask_of(scene->from);

	kvm_mbind(gvm->mem, gvm->nr_pages * gvm->page_size, MPOL_BIND, mask.bits,
		  NODEMASK_MAXNODE, 0);
	gmem_set_private(gvm, false);
	gmem_guest_fill(gvm);
}

/* Back to what private memory held, with what was shared gone, as a VMM does it. */
static void convert_to_private(struct scene *scene, const struct pattern *held)
{
	struct gmem_vm *gvm = scene->gvm;

	gmem_set_private(gvm, true);
	kvm_madvise(gvm->mem, gvm->nr_pages * gvm->page_size, MADV_REMOVE);
	gvm->pattern = *held;
}

/* Calls see shared memory and move it: the best of controls. */
static bool shared_pages_moved(const struct scene *scene)
{
	size_t nr = scene->gvm->nr_pages, i, moved = 0;
	struct folio_info *info = calloc(nr, sizeof(*info));

	TEST_ASSERT(info && !folio_inspect(scene->gvm->mem, nr, info),
		    "cannot inspect the shared pages");
	for (i = 0; i < nr; i++)
		moved += info[i].node == scene->to;
	free(info);
	if (moved < nr)
		ksft_print_msg("shared memory: wanted %zu pages on node %d, got %zu\n", nr,
			       scene->to, moved);
	return moved == nr;
}

/* The private folios stay in their frames also while the guest uses other memory. */
static int attempt_while_shared(struct scene *scene)
{
	bool seen = scene->promise.outcome == OUTCOME_UNTOUCHED && !scene->trigger->any_node;
	bool good;
	size_t nr = scene->gvm->nr_pages;
	long wanted = promised_return(&scene->promise, nr);

	verdict_reset(&scene->verdict);
	scene_look_before(scene);
	scene_fire(scene, 0, nr, wanted);
	scene_look_after(scene);
	verdict_want(&scene->verdict, 0, nr, OUTCOME_UNTOUCHED, scene->from, scene->to);
	if (scene->trigger->has_status)
		verdict_want_status(&scene->verdict, 0, nr, scene->to);
	scene_check_mapping(scene);
	scene_check_guest(scene);
	good = !seen || shared_pages_moved(scene);
	return good ? scene_judge(scene) : KSFT_FAIL;
}

static int act_conversion(struct scene *scene)
{
	struct pattern held = scene->gvm->pattern;
	int result = attempt(scene);

	if (result == KSFT_PASS) {
		convert_to_shared(scene);
		result = attempt_while_shared(scene);
		convert_to_private(scene, &held);
	}
	return result ?: attempt(scene);
}

static int run_scene(const struct suite *suite, const struct testcase *test,
		     int (*act)(struct scene *scene))
{
	const struct scene_config config = { .nr_vcpus = 1 };
	struct scene scene;
	int result;

	if (!scene_open(&scene, suite, test, &config))
		return scene_skip();
	result = scene_begin(&scene) ?: act(&scene);
	scene_close(&scene);
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
static long failures_of_compaction(struct scene *scene, bool ours)
{
	struct gmem_vm *gvm = scene->gvm;
	long before;

	ballast_close(&scene->ballast);
	ballast_open(&scene->ballast, scene->from);
	if (ours)
		unmapped_populate(&scene->unmapped, gvm, scene->from);
	else
		gmem_punch(gvm, 0, gvm->nr_pages);
	before = failed_migrations();
	if (ours)
		scene_look_before(scene);
	scene_fire(scene, 0, gvm->nr_pages, 0);
	return failed_migrations() - before;
}

static int act_not_tried(struct scene *scene)
{
	long enough = scene->gvm->nr_pages / 2, ours = 0, others = 0;
	int i;

	for (i = 0; i < COMPARISONS; i++) {
		others = failures_of_compaction(scene, false);
		ours = failures_of_compaction(scene, true);
		if (ours < others + enough)
			return KSFT_PASS;
	}
	ksft_print_msg("%zu unmovable folios not left alone: %s fails to migrate %ld with them, "
		       "%ld without; %s\n", scene->gvm->nr_pages, scene->trigger->call, ours,
		       others, suite_context(scene->suite));
	return KSFT_FAIL;
}

static int run_not_tried(const struct suite *suite, const struct testcase *test)
{
	return run_scene(suite, test, act_not_tried);
}

static const char *missing_kind(const struct suite *suite, const struct testcase *test)
{
	(void)suite;
	return vm_kind_missing(test->row->vm);
}

/* Kinds that always miss something: at least their launch. */
static int run_nothing(const struct suite *suite, const struct testcase *test)
{
	return suite_skip(missing_kind(suite, test));
}

static void add_case(struct testcase **next, const struct testcase *test, const char *property)
{
	**next = *test;
	snprintf((*next)->name, sizeof((*next)->name), "%s.%s.%s", test->row->trigger->name,
		 test->row->vm->name, property);
	(*next)++;
}

static void add_row(struct testcase **next, const struct contract_row *row)
{
	struct testcase test = {
		.missing = scene_missing_two_nodes,
		.run = property_run,
		.row = row,
	};
	size_t i;

	for (i = 0; i < nr_properties; i++) {
		test.data = &properties[i];
		/* Slots matter to what is invalidated when a folio moves. */
		if (property_applies(&properties[i], row) && !properties[i].config.two_slots)
			add_case(next, &test, properties[i].name);
	}
	test.run = run_conversion;
	add_case(next, &test, "conversion");
	test.run = run_not_tried;
	if (row->trigger->moves_some && !row->trigger->layout)
		add_case(next, &test, "not_tried");
}

static void add_places(struct testcase **next, struct contract_row *rows)
{
	size_t i;

	for (i = 0; i < nr_private_allocation_rows; i++) {
		const struct testcase test = {
			.missing = scene_missing_one_node,
			.run = place_run,
			.row = &rows[i],
		};

		rows[i] = private_allocation_rows[i];
		rows[i].vm = &vm_kind_sw_protected;
		add_case(next, &test, "allocated");
	}
}

static void add_absent_kind(struct testcase **next, const struct contract_row *row)
{
	const struct testcase test = {
		.missing = missing_kind,
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
	return suite_main(&suite, argc, argv, cases, next - cases, NULL);
}
