// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "kvm_util.h"
#include "numaif.h"
#include "migrate/never.h"
#include "migrate/sysfile.h"

const char *never_missing(const struct suite *suite, const struct testcase *test)
{
	const struct trigger *trigger = test->row->trigger;

	return trigger->any_node ? scene_missing_one_node(suite, test) :
				   scene_missing_two_nodes(suite, test);
}

/* Events that the kernel counted since it started, of all of @never's counters. */
static void read_counters(const struct never *never, long long *values)
{
	char text[16384], name[64], *at;
	size_t i;

	memset(values, 0, NEVER_COUNTERS_MAX * sizeof(*values));
	text[0] = '\n';
	if (sysfile_read("/proc/vmstat", text + 1, sizeof(text) - 1) < 0)
		return;
	for (i = 0; never->counters[i]; i++) {
		snprintf(name, sizeof(name), "\n%s ", never->counters[i]);
		at = strstr(text, name);
		values[i] = at ? strtoll(at + strlen(name), NULL, 10) : 0;
	}
}

/* Pages of a file that are mapped and clean: the host has read them, and found zeros. */
static void check_zeros(struct scene *scene)
{
	size_t page, word;

	for (page = 0; page < scene->gvm->nr_pages; page++) {
		const volatile u64 *words = gmem_page(scene->gvm, page);

		for (word = 0; word < GUEST_PAGE_WORDS(scene->gvm->page_size); word++) {
			u64 got = words[word];

			if (!got)
				continue;
			verdict_bad_word(&scene->verdict, FAULT_CONTENT, page, word, 0, got);
			break;
		}
	}
}

/* The kernel's own ends yield to a policy of the file: let there be none. */
static void populate(struct scene *scene, const struct never_property *property)
{
	struct gmem_vm *gvm = scene->gvm;

	if (property->filled) {
		gmem_guest_fill(gvm);
		scene_check_host(scene);
	} else {
		check_zeros(scene);
	}
	kvm_mbind(gvm->mem, gvm->nr_pages * gvm->page_size, MPOL_DEFAULT, NULL, 0, 0);
}

/* Two pages of the control hold what one of the pages under test holds. */
static void copy_to_control(const struct scene *scene, const struct control *control)
{
	size_t i, page_size = scene->gvm->page_size;

	for (i = 0; i < control->nr_pages; i++)
		memcpy((char *)control->mem + i * page_size,
		       gmem_page(scene->gvm, i / 2 % scene->gvm->nr_pages), page_size);
}

static struct trigger_range range_of(const struct scene *scene)
{
	return (struct trigger_range) {
		.addr = scene->gvm->mem,
		.nr_pages = scene->gvm->nr_pages,
		.from = scene->from,
		.to = scene->to,
		.control = scene->control,
	};
}

static size_t acted(const struct scene *scene)
{
	const struct trigger_range range = range_of(scene);

	return scene->trigger->never->acted(&range);
}

static bool proven(const struct scene *scene)
{
	return acted(scene) == scene->control->nr_pages;
}

static bool fire(struct scene *scene)
{
	size_t nr = scene->gvm->nr_pages;

	scene_fire(scene, 0, nr, promised_return(&scene->promise, nr));
	return scene->verdict.ret == scene->verdict.wanted_ret;
}

/*
 * Fire until it has acted on the control, and as often again.  Returns how often, up to the first
 * wrong answer, or until it is clear that it does not act.
 */
static unsigned int fire_enough(struct scene *scene)
{
	unsigned int rounds = 0, enough;

	do {
		rounds++;
		if (!fire(scene))
			return rounds;
	} while (!proven(scene) && rounds < scene->trigger->never->rounds);
	if (!proven(scene))
		return rounds;
	for (enough = 2 * rounds; rounds < enough; rounds++)
		if (!fire(scene))
			break;
	return rounds;
}

static void report_proof(const struct scene *scene, unsigned int rounds, const long long *before)
{
	const struct never *never = scene->trigger->never;
	long long after[NEVER_COUNTERS_MAX];
	size_t i;

	read_counters(never, after);
	printf("# control: %zu of %zu pages of %s %s, %u rounds%s", acted(scene),
	       scene->control->nr_pages,
	       never->control.anonymous ? "anonymous memory" : "shmem", never->acts, rounds,
	       proven(scene) ? "" : ": no proof that it was at work");
	for (i = 0; never->counters[i]; i++)
		printf("%s %s %+lld", i ? "," : "; vmstat:", never->counters[i],
		       after[i] - before[i]);
	printf("\n");
}

static void expose(struct scene *scene, const long long *counters)
{
	const struct never *never = scene->trigger->never;
	unsigned int rounds = fire_enough(scene);

	if (never->stop)
		never->stop();
	scene_look_after(scene);
	scene_want(scene, 0, scene->gvm->nr_pages, OUTCOME_NEVER);
	if (scene->suite->options.verbose || !verdict_good(&scene->verdict) || !proven(scene))
		report_proof(scene, rounds, counters);
}

/* What was never written becomes memory like any other. */
static int judge_clean(struct scene *scene)
{
	int result;

	check_zeros(scene);
	result = scene_judge(scene);
	if (result)
		return result;
	gmem_guest_fill(scene->gvm);
	return scene_judge_with_content(scene);
}

static int judge_running(struct scene *scene)
{
	gmem_guest_lap(scene->gvm);
	if (!gmem_guest_stop(scene->gvm, stdout))
		return scene_judge_with_content(scene);
	/* A dead guest cannot be asked any more. */
	scene_check_host(scene);
	scene_judge(scene);
	return KSFT_FAIL;
}

/* Everything is in place but the mechanism and a guest at work. */
static int prepare_and_expose(struct scene *scene, const struct never_property *property)
{
	const struct never *never = scene->trigger->never;
	const struct trigger_range range = range_of(scene);
	long long counters[NEVER_COUNTERS_MAX];
	const char *missing;
	int result;

	read_counters(never, counters);
	scene_look_before(scene);
	if (property->running) {
		gmem_guest_start(scene->gvm);
		gmem_guest_lap(scene->gvm);
	}
	missing = never->prepare ? never->prepare(&range) : NULL;
	if (missing)
		return suite_skip(missing);
	expose(scene, counters);
	result = property->judge(scene);
	/* A mechanism that leaves everything alone proves nothing. */
	return result ?: proven(scene) ? KSFT_PASS : KSFT_FAIL;
}

const struct never_property never_properties[] = {
	{
		/* No vCPU has been there before: one that only reads makes a folio dirty, too. */
		.name = "clean",
		.judge = judge_clean,
		.config = { .nr_vcpus = 1, .hva_is_mapping = true },
	},
	{
		.name = "filled",
		.filled = true,
		.judge = scene_judge_with_content,
		.config = { .nr_vcpus = 1 },
	},
	{
		.name = "running",
		.filled = true,
		.running = true,
		.judge = judge_running,
		.config = { .nr_vcpus = 2 },
	},
};

const size_t nr_never_properties = ARRAY_SIZE(never_properties);

int never_run(const struct suite *suite, const struct testcase *test)
{
	const struct never_property *property = test->data;
	struct control control;
	struct scene scene;
	int result;

	if (!scene_open(&scene, suite, test, &property->config))
		return scene_skip();
	populate(&scene, property);
	control_open_as(&control, scene.from, &scene.trigger->never->control);
	copy_to_control(&scene, &control);
	scene.control = &control;
	result = prepare_and_expose(&scene, property);
	control_close(&control);
	/* A guest that still runs ends with this process. */
	if (result != KSFT_SKIP)
		scene_close(&scene);
	return result;
}
