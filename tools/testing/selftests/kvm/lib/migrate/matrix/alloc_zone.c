// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <sys/mman.h>

#include "kvm_util.h"
#include "migrate/matrix/alloc_zone.h"
#include "migrate/matrix/fixture.h"
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

static bool in_zone_movable(const struct placement_state *state, uint64_t pfn)
{
	(void)state;
	return memory_block_in_zone_movable(memory_block_of(pfn));
}

static bool in_cma(const struct placement_state *state, uint64_t pfn)
{
	return cma_has(state->area, pfn);
}

const struct alloc_zone alloc_zone_zone_movable = {
	.name = "zone_movable",
	.call = "allocation in ZONE_MOVABLE",
	.placement = &placement_zone_movable,
	.skip_reason = memory_block_skip_reason,
	.is_in = in_zone_movable,
};

const struct alloc_zone alloc_zone_cma = {
	.name = "cma",
	.call = "allocation in a CMA area",
	.placement = &placement_cma,
	.skip_reason = cma_skip_reason,
	.is_in = in_cma,
};

/* Pages of shmem, allocated one after the other, and how many of them are in the zone. */
struct controls {
	char *mem;
	size_t max, nr, in;
};

static bool is_in(const struct fixture *fx, uint64_t pfn)
{
	return fx->test->row->zone->is_in(&fx->placement, pfn);
}

static size_t controls_size(const struct controls *controls)
{
	return controls->max * getpagesize();
}

static void controls_open(struct controls *controls, const struct fixture *fx)
{
	*controls = (struct controls) { .max = 2 * fx->gvm->nr_pages + SPARE_CONTROLS };
	controls->mem = numa_mmap(controls_size(controls), MAP_SHARED, fx->from);
}

static void controls_close(const struct controls *controls)
{
	kvm_munmap(controls->mem, controls_size(controls));
}

/* Allocate one more control, if there is one.  Returns whether it is in the zone. */
static bool next_control(const struct fixture *fx, struct controls *controls)
{
	char *page = controls->mem + controls->nr * getpagesize();
	uint64_t entry;
	bool in;

	if (controls->nr == controls->max)
		return false;
	controls->nr++;
	*page = 0x5a;
	TEST_ASSERT(!pagemap_read(page, 1, &entry), "cannot read pagemap");
	in = is_in(fx, pagemap_pfn(entry));
	controls->in += in;
	return in;
}

/*
 * Allocate each page under test after a control in the zone.  The kernel may alternate between
 * zones, so some pages follow two controls, in the order of Thue and Morse, which has no period.
 * Returns whether there was such a control for each page.
 */
static bool allocate_after_controls(struct fixture *fx, struct controls *controls)
{
	size_t page;

	for (page = 0; page < fx->gvm->nr_pages; page++) {
		while (!next_control(fx, controls))
			if (controls->nr == controls->max)
				return false;
		if (__builtin_parityl(page))
			next_control(fx, controls);
		gmem_allocate(fx->gvm, page, 1, fx->from);
	}
	/* All of them, unless the zone is full. */
	return fx->expected.outcome != OUTCOME_MOVED || controls->in == controls->nr;
}

/* Returns how many pages are in the zone, and one frame in it and one outside. */
static size_t pages_in(const struct fixture *fx, uint64_t *one_in, uint64_t *one_out)
{
	const struct verdict *verdict = &fx->verdict;
	size_t i, in = 0;

	for (i = 0; i < verdict->nr_pages; i++) {
		uint64_t pfn = verdict->pages[i].before.pfn;

		if (is_in(fx, pfn)) {
			*one_in = pfn;
			in++;
		} else {
			*one_out = pfn;
		}
	}
	return in;
}

static int judge(struct fixture *fx, const struct controls *controls)
{
	enum outcome outcome = fx->expected.outcome;
	size_t nr = fx->verdict.nr_pages, in;
	uint64_t one_in = 0, one_out = 0;
	bool good;

	in = pages_in(fx, &one_in, &one_out);
	if (outcome == OUTCOME_NO_FOLIO)
		good = !in;
	else
		good = outcome == OUTCOME_MOVED ? in == nr : in;
	if (!good || fx->suite->options.verbose)
		ksft_print_msg("%zu of %zu pages by %s, wanted %s; one in 0x%" PRIx64 ", one not "
			       "in 0x%" PRIx64 "; control %zu of %zu; %s\n", in, nr,
			       fx->test->row->zone->call,
			       outcome == OUTCOME_NO_FOLIO ? "none" :
			       outcome == OUTCOME_MOVED ? "all" : "some",
			       one_in, one_out, controls->in, controls->nr,
			       suite_context(fx->suite));
	/* State and content must be right, too. */
	fixture_inspect_after(fx);
	verdict_expect(&fx->verdict, 0, nr, OUTCOME_UNTOUCHED, fx->from, fx->to);
	return fixture_judge_content(fx) ?: good ? KSFT_PASS : KSFT_FAIL;
}

struct attempt {
	struct fixture *fx;
	struct controls controls;
};

/* Allocate controls and pages; without enough controls in the zone the pages prove nothing. */
static int fill_after_controls(void *data)
{
	struct attempt *attempt = data;
	struct fixture *fx = attempt->fx;
	bool good;

	gmem_punch(fx->gvm, 0, fx->gvm->nr_pages);
	controls_open(&attempt->controls, fx);
	good = allocate_after_controls(fx, &attempt->controls);
	if (good) {
		fixture_fill(fx);
		fixture_inspect_before(fx);
	}
	controls_close(&attempt->controls);
	return good ? KSFT_PASS : PLACEMENT_RETRY;
}

static int fill_and_judge(struct fixture *fx)
{
	struct attempt attempt = { .fx = fx };

	if (placement_skip_reason(&fx->placement))
		return suite_skip(placement_skip_reason(&fx->placement));
	if (fx->expected.outcome == OUTCOME_MOVED_SOME && fx->gvm->nr_pages < SOME_PAGES)
		return suite_skip("too few pages: all may be elsewhere by chance (use -p 16)");
	if (placement_populate(&fx->placement, PLACEMENT_TRIES, fill_after_controls, &attempt))
		return suite_skip("the zone has not as many pages of shmem as are under test "
				  "(give a smaller -p, or stop other processes)");
	return judge(fx, &attempt.controls);
}

static const char *skip_reason(const struct suite *suite, const struct testcase *test)
{
	return fixture_skip_reason_one_node(suite, test) ?: test->row->zone->skip_reason();
}

static int run(const struct suite *suite, const struct testcase *test)
{
	const struct fixture_config config = {
		.nr_vcpus = 1,
		.placement = test->row->zone->placement,
	};
	struct fixture fx;
	int result;

	if (!fixture_open(&fx, suite, test, &config))
		return fixture_skip();
	result = fill_and_judge(&fx);
	fixture_close(&fx);
	return result;
}

void alloc_zone_add_cases(struct case_list *list, const struct contract_row *rows, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		const struct testcase test = {
			.skip_reason = skip_reason,
			.run = run,
			.row = &rows[i],
		};

		case_list_add(list, &test, "allocated");
	}
}
