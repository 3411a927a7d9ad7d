// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>

#include "kvm_util.h"
#include "migrate/blocks.h"
#include "migrate/control.h"
#include "migrate/layout.h"
#include "migrate/place.h"
#include "migrate/scene.h"
#include "migrate/trigger.h"

/*
 * Four MiB: the kernel goes by counters of free pages that each CPU may have up to 125 changes to
 * add to (calculate_normal_threshold() in mm/vmstat.c), and takes pages from elsewhere as long.
 */
#define CONTROLS_MAX 64

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

static bool is_in(const struct scene *scene, uint64_t pfn)
{
	struct cma_area area;

	if (scene->trigger == &trigger_zone_movable)
		return block_in_zone_movable(block_of(pfn));
	return cma_find(&area) && pfn >= area.first && pfn - area.first < area.nr_pages;
}

/* Several controls, until a page of one is there. */
static size_t control_pages_in(const struct scene *scene)
{
	struct control controls[CONTROLS_MAX];
	size_t i, nr, in = 0;

	for (nr = 0; nr < CONTROLS_MAX && !in; nr++) {
		control_open(&controls[nr], scene->from);
		for (i = 0; i < controls[nr].nr_pages; i++)
			in += is_in(scene, controls[nr].pfns[i]);
	}
	while (nr--)
		control_close(&controls[nr]);
	return in;
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

static int judge(struct scene *scene, size_t control)
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
			       "in 0x%" PRIx64 "; control %zu of %d; %s\n", in, nr,
			       scene->trigger->call,
			       outcome == OUTCOME_UNTOUCHED ? "none" :
			       outcome == OUTCOME_MOVED ? "all" : "some",
			       one_in, one_out, control, CONTROL_PAGES,
			       suite_context(scene->suite));
	/* State and content as ever; none of it has moved. */
	scene_look_after(scene);
	verdict_want(&scene->verdict, 0, nr, OUTCOME_UNTOUCHED, scene->from, scene->to);
	return scene_judge_with_content(scene) ?: good ? KSFT_PASS : KSFT_FAIL;
}

/* Whether controls, allocated before and after the pages under test, are there. */
static size_t fill_between_controls(struct scene *scene)
{
	gmem_punch(scene->gvm, 0, scene->gvm->nr_pages);
	if (!control_pages_in(scene))
		return 0;
	scene_fill(scene);
	scene_look_before(scene);
	return control_pages_in(scene);
}

static int fill_and_judge(struct scene *scene)
{
	const struct layout *layout = scene->trigger->layout;
	size_t control;
	int tries;

	if (scene->unfit)
		return suite_skip(layout->unfit);
	control = fill_between_controls(scene);
	for (tries = 1; tries < PLACE_TRIES && !control; tries++) {
		layout->close();
		layout->open(scene->gvm, scene->from, outcome_moves(scene->promise.outcome));
		control = fill_between_controls(scene);
	}
	return control ? judge(scene, control) : suite_skip(layout->idle);
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
