// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <sys/mman.h>

#include "kvm_util.h"
#include "migrate/matrix/more_cases.h"
#include "migrate/mm/cma.h"
#include "migrate/mm/folio.h"
#include "migrate/mm/memory_block.h"
#include "migrate/mm/numa.h"
#include "migrate/trigger/placement.h"

/*
 * Eight MiB.  Each CPU may hold back 125 changes of the counters of free pages
 * (calculate_normal_threshold() in mm/vmstat.c), and per-CPU lists are filled in batches: some
 * hundred pages in a row may come from another zone.
 */
#define SPARE_CONTROLS 2048

/* Fewer pages may all come from another zone by chance. */
#define SOME_PAGES 16

struct alloc_zone {
	const char *name;
	const char *call;		/* for reports */
	const char *(*skip_reason)(void);
	bool (*is_in)(uint64_t pfn);
};

static bool in_zone_movable(uint64_t pfn)
{
	return memory_block_in_zone_movable(memory_block_of(pfn));
}

static bool in_cma(uint64_t pfn)
{
	static struct cma_area area;

	return (area.nr_pages || cma_find(&area)) && cma_has(&area, pfn);
}

static const struct alloc_zone zone_movable = {
	"zone_movable", "allocation in ZONE_MOVABLE", memory_block_skip_reason, in_zone_movable,
};

static const struct alloc_zone cma = {
	"cma", "allocation in a CMA area", cma_skip_reason, in_cma,
};

#define ALL	{ .outcome = OUTCOME_MOVED }
#define SOME	{ .outcome = OUTCOME_MOVED_SOME }
#define NONE	{ .outcome = OUTCOME_NO_FOLIO }

#define ROW_OF(_zone, _vm, ...)						\
	{								\
		&_zone, {						\
			.placement = &placement_##_zone,		\
			.vm = _vm,					\
			.expected = { __VA_ARGS__ },			\
		},							\
	},
#define ROW(_zone, _vm, ...)		ROW_OF(_zone, &vm_kind_##_vm, __VA_ARGS__)
#define PRIVATE_ROW(_zone, ...)		ROW_OF(_zone, NULL, __VA_ARGS__)

static const struct {
	const struct alloc_zone *zone;
	struct contract_row row;
} rows[] = {
	ALLOCATION_CONTRACT(ROW)
	PRIVATE_ALLOCATION_CONTRACT(PRIVATE_ROW)
};

/* Pages of shmem, allocated one after the other, and how many of them are in the zone. */
struct controls {
	struct fixture *fx;
	char *mem;
	size_t max, nr, in;
};

static bool is_in(const struct fixture *fx, uint64_t pfn)
{
	const struct alloc_zone *zone = fx->test->data;

	return zone->is_in(pfn);
}

/* Allocate one more control, if there is one.  Returns whether it is in the zone. */
static bool next_control(struct controls *controls)
{
	char *page = controls->mem + controls->nr * getpagesize();
	uint64_t entry;
	bool in;

	if (controls->nr == controls->max)
		return false;
	controls->nr++;
	*page = 0x5a;
	TEST_ASSERT(!pagemap_read(page, 1, &entry), "cannot read pagemap");
	in = is_in(controls->fx, pagemap_pfn(entry));
	controls->in += in;
	return in;
}

/*
 * Allocate each page under test after a control in the zone.  The kernel may alternate between
 * zones, so some pages follow two controls, in the order of Thue and Morse, which has no period.
 * Returns whether there was such a control for each page.
 */
static bool allocate_after_controls(struct controls *controls)
{
	struct fixture *fx = controls->fx;
	size_t page;

	for (page = 0; page < fx->gvm->nr_pages; page++) {
		while (!next_control(controls))
			if (controls->nr == controls->max)
				return false;
		if (__builtin_parityl(page))
			next_control(controls);
		gmem_allocate(fx->gvm, page, 1, fx->from);
	}
	/* All of them, unless the zone is full. */
	return fx->expected.outcome != OUTCOME_MOVED || controls->in == controls->nr;
}

static int judge(struct fixture *fx, const struct controls *controls)
{
	const struct alloc_zone *zone = fx->test->data;
	enum outcome outcome = fx->expected.outcome;
	size_t nr = fx->verdict.nr_pages, in = 0, i;
	uint64_t some_pfn[2] = {};	/* outside, inside */
	bool good;

	for (i = 0; i < nr; i++) {
		uint64_t pfn = fx->verdict.pages[i].before.pfn;
		bool inside = is_in(fx, pfn);

		in += inside;
		some_pfn[inside] = pfn;
	}
	good = outcome == OUTCOME_NO_FOLIO ? !in : outcome == OUTCOME_MOVED ? in == nr : in;
	if (!good || fx->suite->options.verbose)
		ksft_print_msg("%zu of %zu pages by %s, wanted %s; one in 0x%" PRIx64 ", one not "
			       "in 0x%" PRIx64 "; control %zu of %zu; %s\n", in, nr, zone->call,
			       outcome == OUTCOME_NO_FOLIO ? "none" :
			       outcome == OUTCOME_MOVED ? "all" : "some",
			       some_pfn[true], some_pfn[false], controls->in, controls->nr,
			       suite_context(fx->suite));
	/* State and content must be right, too. */
	fixture_inspect_after(fx);
	verdict_expect(&fx->verdict, 0, nr, OUTCOME_UNTOUCHED, fx->from, fx->to);
	return fixture_judge_content(fx) ?: good ? KSFT_PASS : KSFT_FAIL;
}

/* Allocate controls and pages; without enough controls in the zone the pages prove nothing. */
static int fill_after_controls(void *data)
{
	struct controls *controls = data;
	struct fixture *fx = controls->fx;
	size_t size;
	bool good;

	gmem_punch(fx->gvm, 0, fx->gvm->nr_pages);
	*controls = (struct controls) { .fx = fx, .max = 2 * fx->gvm->nr_pages + SPARE_CONTROLS };
	size = controls->max * getpagesize();
	controls->mem = numa_mmap(size, MAP_SHARED, fx->from);
	good = allocate_after_controls(controls);
	if (good) {
		fixture_fill(fx);
		fixture_inspect_before(fx);
	}
	kvm_munmap(controls->mem, size);
	return good ? KSFT_PASS : PLACEMENT_RETRY;
}

static int act(struct fixture *fx)
{
	struct controls controls = { .fx = fx };

	if (placement_skip_reason(&fx->placement))
		return suite_skip(placement_skip_reason(&fx->placement));
	if (fx->expected.outcome == OUTCOME_MOVED_SOME && fx->gvm->nr_pages < SOME_PAGES)
		return suite_skip("too few pages: all may be elsewhere by chance (use -p 16)");
	if (placement_populate(&fx->placement, PLACEMENT_TRIES, fill_after_controls, &controls))
		return suite_skip("the zone has not as many pages of shmem as are under test "
				  "(give a smaller -p, or stop other processes)");
	return judge(fx, &controls);
}

static const char *skip_reason(const struct suite *suite, const struct testcase *test)
{
	const struct alloc_zone *zone = test->data;

	return fixture_skip_reason_one_node(suite, test) ?: zone->skip_reason();
}

static int run(const struct suite *suite, const struct testcase *test)
{
	const struct gmem_config config = { .nr_vcpus = 1 };

	return fixture_run(suite, test, &config, false, act);
}

void alloc_zone_add_cases(struct case_list *list, const struct vm_kind *kind)
{
	struct testcase test = { .skip_reason = skip_reason, .run = run };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (kind ? rows[i].row.vm != kind->unflagged : !rows[i].row.vm)
			continue;
		test.row = kind ? contract_row_for(kind, &rows[i].row) : &rows[i].row;
		test.data = rows[i].zone;
		case_list_add(list, &test, "%s.%s.allocated", rows[i].zone->name,
			      test.row->vm->name);
	}
}
