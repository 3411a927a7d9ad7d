// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <sys/mman.h>

#include "kvm_util.h"
#include "numaif.h"
#include "migrate/blocks.h"
#include "migrate/folio.h"
#include "migrate/layout.h"
#include "migrate/numa.h"
#include "migrate/place.h"
#include "migrate/scene.h"
#include "migrate/trigger.h"

/*
 * Eight MiB: the kernel goes by counters of free pages that each CPU may have up to 125 changes to
 * add to (calculate_normal_threshold() in mm/vmstat.c), and fills its CPUs' lists in batches, so
 * that some hundred pages in a row may come from elsewhere.
 */
#define SPARE_CONTROLS 2048

/* Fewer may all come from elsewhere by chance. */
#define SOME_PAGES 16

/* What else goes on may free memory elsewhere, which then comes first. */
#define PLACE_TRIES 5

/* Never fired. */
const struct trigger trigger_zone_movable = {
	.name = "zone_movable",
	.call = "allocation in ZONE_MOVABLE",
	.any_node = true,
	.layout = &layout_zone_movable,
	.missing = blocks_missing,
};

const struct trigger trigger_cma = {
	.name = "cma",
	.call = "allocation in a CMA area",
	.any_node = true,
	.layout = &layout_cma,
	.missing = cma_missing,
};

/* Pages of shmem, allocated one after the other, and how many of them are there. */
struct controls {
	char *mem;
	size_t max, nr, in;
};

static bool is_in(const struct scene *scene, uint64_t pfn)
{
	struct cma_area area;

	if (scene->trigger == &trigger_zone_movable)
		return block_in_zone_movable(block_of(pfn));
	return cma_find(&area) && pfn >= area.first && pfn - area.first < area.nr_pages;
}

static size_t controls_size(const struct controls *controls)
{
	return controls->max * getpagesize();
}

static void controls_open(struct controls *controls, const struct scene *scene)
{
	struct nodemask mask = nodemask_of(scene->from);
	size_t size;

	*controls = (struct controls) { .max = 2 * scene->gvm->nr_pages + SPARE_CONTROLS };
	size = controls_size(controls);
	controls->mem = kvm_mmap(size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
	/* A kernel without huge pages has no such advice, and needs none. */
	madvise(controls->mem, size, MADV_NOHUGEPAGE);
	kvm_mbind(controls->mem, size, MPOL_BIND, mask.bits, NODEMASK_MAXNODE, 0);
}

static void controls_close(const struct controls *controls)
{
	kvm_munmap(controls->mem, controls_size(controls));
}

/* Allocate one more control, if there is one.  Returns whether it is there. */
static bool next_control(const struct scene *scene, struct controls *controls)
{
	char *page = controls->mem + controls->nr * getpagesize();
	uint64_t entry;
	bool in;

	if (controls->nr == controls->max)
		return false;
	controls->nr++;
	*page = 0x5a;
	TEST_ASSERT(!pagemap_read(page, 1, &entry), "cannot read pagemap");
	in = is_in(scene, pagemap_pfn(entry));
	controls->in += in;
	return in;
}

/*
 * Allocate each page under test after a control that is there.  Where the kernel takes turns
 * between the place and others, this must not always fall on the others: every now and then a page
 * is the next but one, in an order without a period (of Thue and Morse).  Returns whether there was
 * such a control for each.
 */
static bool allocate_after_controls(struct scene *scene, struct controls *controls)
{
	size_t page;

	for (page = 0; page < scene->gvm->nr_pages; page++) {
		while (!next_control(scene, controls))
			if (controls->nr == controls->max)
				return false;
		if (__builtin_parityl(page))
			next_control(scene, controls);
		gmem_allocate(scene->gvm, page, 1, scene->from);
	}
	/* All, unless the place is full. */
	return scene->promise.outcome != OUTCOME_MOVED || controls->in == controls->nr;
}

/* How many pages are there, with an example of one that is and one that is not. */
static size_t pages_in(const struct scene *scene, uint64_t *one_in, uint64_t *one_out)
{
	const struct verdict *verdict = &scene->verdict;
	size_t i, in = 0;

	for (i = 0; i < verdict->nr_pages; i++) {
		uint64_t pfn = verdict->pages[i].before.pfn;

		if (is_in(scene, pfn)) {
			*one_in = pfn;
			in++;
		} else {
			*one_out = pfn;
		}
	}
	return in;
}

static int judge(struct scene *scene, const struct controls *controls)
{
	enum outcome outcome = scene->promise.outcome;
	size_t nr = scene->verdict.nr_pages, in;
	uint64_t one_in = 0, one_out = 0;
	bool good;

	in = pages_in(scene, &one_in, &one_out);
	if (outcome == OUTCOME_UNTOUCHED)
		good = !in;
	else
		good = outcome == OUTCOME_MOVED ? in == nr : in;
	if (!good || scene->suite->options.verbose)
		ksft_print_msg("%zu of %zu pages by %s, wanted %s; one in 0x%" PRIx64 ", one not "
			       "in 0x%" PRIx64 "; control %zu of %zu; %s\n", in, nr,
			       scene->trigger->call,
			       outcome == OUTCOME_UNTOUCHED ? "none" :
			       outcome == OUTCOME_MOVED ? "all" : "some",
			       one_in, one_out, controls->in, controls->nr,
			       suite_context(scene->suite));
	/* State and content as ever; none of it has moved. */
	scene_look_after(scene);
	verdict_want(&scene->verdict, 0, nr, OUTCOME_UNTOUCHED, scene->from, scene->to);
	return scene_judge_with_content(scene) ?: good ? KSFT_PASS : KSFT_FAIL;
}

/* Returns whether controls show that pages under test might have come from there. */
static bool fill_after_controls(struct scene *scene, struct controls *controls)
{
	bool good;

	gmem_punch(scene->gvm, 0, scene->gvm->nr_pages);
	controls_open(controls, scene);
	good = allocate_after_controls(scene, controls);
	if (good) {
		scene_fill(scene);
		scene_look_before(scene);
	}
	controls_close(controls);
	return good;
}

static int fill_and_judge(struct scene *scene)
{
	const struct layout *layout = scene->trigger->layout;
	struct controls controls;
	int tries;

	if (scene->unfit)
		return suite_skip(layout->unfit);
	if (scene->promise.outcome == OUTCOME_MOVED_SOME && scene->gvm->nr_pages < SOME_PAGES)
		return suite_skip("too few pages: all may be elsewhere by chance (use -p 16)");
	for (tries = 0; tries < PLACE_TRIES; tries++) {
		if (fill_after_controls(scene, &controls))
			return judge(scene, &controls);
		layout->close();
		layout->open(scene->gvm, scene->from, outcome_moves(scene->promise.outcome));
	}
	return suite_skip("not as many pages of shmem as are under test can be had there (use "
			  "fewer, an idle machine, or the lab)");
}

int place_run(const struct suite *suite, const struct testcase *test)
{
	const struct scene_config config = { .nr_vcpus = 1 };
	struct scene scene;
	int result;

	if (!scene_open(&scene, suite, test, &config))
		return scene_skip();
	result = fill_and_judge(&scene);
	scene_close(&scene);
	return result;
}
