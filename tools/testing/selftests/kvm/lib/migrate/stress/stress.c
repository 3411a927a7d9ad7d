// SPDX-License-Identifier: GPL-2.0-only
/*
 * A case of the stress test; see migrate/stress/stress.h.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kselftest.h"
#include "migrate/mm/numa.h"
#include "migrate/mm/vmstat.h"
#include "migrate/stress/stress.h"
#include "migrate/trigger/trigger.h"
#include "migrate/util/sysfile.h"

/* Free memory that a node must have: copies of the pages under test, and slack. */
#define COPIES		4
#define NODE_SLACK	(48UL << 20)

/* Lines of progress without -V. */
#define PROGRESS_LINES	40

/* Pages that other processes may allocate or free while a case runs. */
#define TOLERANCE_PAGES	2048
#define COUNTERS_TRIES	5

/* ---- What a case needs ----------------------------------------------------------------- */

static void init_stress(struct stress *stress, const struct suite *suite,
			const struct testcase *test)
{
	size_t bytes = COPIES * suite->options.pages * getpagesize() + NODE_SLACK;

	*stress = (struct stress) { .suite = suite, .test = test, .mix = test->data };
	stress->nr_nodes = numa_pick_nodes(stress->nodes, MM_COUNTERS_NODES_MAX, bytes);
	if (stress->nr_nodes < 0)
		stress->nr_nodes = 0;
	if (suite->contract.id != CONTRACT_UNMOVABLE)
		return;
	/* The kernel does not allocate unmovable folios in ZONE_MOVABLE. */
	while (stress->nr_nodes && !numa_holds_unmovable(stress->nodes[stress->nr_nodes - 1]))
		stress->nr_nodes--;
}

static const char *private_skip_reason(void)
{
	const struct vm_kind *kind = vm_kind_private();

	return kind ? vm_kind_skip_reason(kind) :
		      "no kind of VM with private memory on this architecture";
}

/* The workload that the case is named after; some mixes have just the live one. */
static const struct workload *last_workload(const struct stress_mix *mix)
{
	const struct workload * const *workload = mix->workloads;

	while (workload[1])
		workload++;
	return *workload;
}

static bool has_all_workloads(const struct stress_mix *mix)
{
	return mix->workloads[2];
}

const char *stress_skip_reason(const struct suite *suite, const struct testcase *test)
{
	const struct stress_mix *mix = test->data;
	const char *reason = vm_kind_skip_reason(&vm_kind_default);
	struct stress stress;

	if (!reason && last_workload(mix)->private_mem && !has_all_workloads(mix))
		reason = private_skip_reason();
	if (reason)
		return reason;
	init_stress(&stress, suite, test);
	if (!stress.nr_nodes)
		return "no NUMA node with enough free memory (free some, or give a smaller -b)";
	return migrators_init(&stress, mix);
}

/* ---- Targets and threads --------------------------------------------------------------- */

static bool open_targets(struct stress *stress, const struct stress_mix *mix)
{
	const struct workload * const *workload;

	for (workload = mix->workloads; *workload; workload++) {
		const char *reason = (*workload)->private_mem ? private_skip_reason() : NULL;

		if (reason) {
			ksft_print_msg("without %s: %s\n", (*workload)->name, reason);
			continue;
		}
		if (!stress_target_open(&stress->targets[stress->nr_targets++], stress, *workload))
			return false;
	}
	return true;
}

static void close_targets(struct stress *stress)
{
	while (stress->nr_targets)
		stress_target_close(&stress->targets[--stress->nr_targets]);
}

struct migrator_thread {
	struct stress *stress;
	uint32_t id;
	pthread_t thread;
};

static void *run_migrators(void *arg)
{
	struct migrator_thread *self = arg;

	migrators_concurrent(self->stress, self->id);
	return NULL;
}

static void *run_workload(void *arg)
{
	struct stress_target *target = arg;

	target->workload->work(target);
	return NULL;
}

#define for_each_target(stress, target)				\
	for ((target) = (stress)->targets;			\
	     (target) < (stress)->targets + (stress)->nr_targets; (target)++)

/* The random streams of migrators are numbered after those of the targets. */
static void start_threads(struct stress *stress)
{
	int nr = stress->suite->options.nr_vcpus, i;
	struct migrator_thread migrators[nr];
	struct stress_target *target;

	for_each_target(stress, target)
		kvm_pthread_create(&target->thread, NULL, run_workload, target);
	for (i = 0; i < nr; i++) {
		migrators[i] = (struct migrator_thread) {
			.stress = stress,
			.id = STRESS_WORKLOADS_MAX + i,
		};
		kvm_pthread_create(&migrators[i].thread, NULL, run_migrators, &migrators[i]);
	}
	for (i = 0; i < nr; i++)
		kvm_pthread_join(migrators[i].thread, NULL);
	for_each_target(stress, target)
		kvm_pthread_join(target->thread, NULL);
}

/* ---- Rounds ---------------------------------------------------------------------------- */

/* Pages that the kernel has migrated since boot, and has failed to. */
struct migrated {
	long long pages, failures;
};

static struct migrated migrated_by_now(void)
{
	return (struct migrated) {
		.pages = vmstat_read(NUMA_ANY_NODE, "pgmigrate_success"),
		.failures = vmstat_read(NUMA_ANY_NODE, "pgmigrate_fail"),
	};
}

static void print_progress(const struct stress *stress, const struct migrated *before)
{
	unsigned long rounds = stress->suite->options.iterations, calls = 0, whole = 0, refused = 0;
	unsigned long stride = DIV_ROUND_UP(rounds, PROGRESS_LINES);
	struct migrated now = migrated_by_now();
	const struct migrator *migrator;

	if (!stress->suite->options.verbose && stress->round % stride && stress->round < rounds)
		return;
	for (migrator = stress->migrators; migrator < stress->migrators + stress->nr_migrators;
	     migrator++) {
		calls += migrator->calls;
		whole += migrator->whole;
		refused += migrator->refused;
	}
	ksft_print_msg("round %lu of %lu: %lu calls, %lu did all, %lu nothing; %lld pages "
		       "migrated, %lld not\n", stress->round, rounds, calls, whole, refused,
		       now.pages - before->pages, now.failures - before->failures);
}

static void print_end(const struct stress *stress, const struct migrated *before, long seconds)
{
	const struct stress_target *target;
	int i;

	for_each_target(stress, target)
		ksft_print_msg("%s: %lu %s\n", target->workload->name, target->done,
			       target->workload->unit);
	ksft_print_msg("%lld pages migrated in %ld s, nodes",
		       migrated_by_now().pages - before->pages, seconds);
	for (i = 0; i < stress->nr_nodes; i++)
		printf(" %d", stress->nodes[i]);
	printf("\n");
}

/* The first target is the live one: its guests run, and only migrators move its pages. */
static void run_round(struct stress *stress)
{
	struct stress_target *target;

	for_each_target(stress, target) {
		target->random = stress_random(stress, target - stress->targets);
		stress_target_begin_round(target, migrators_place(stress, target));
	}
	migrators_first(stress, &stress->targets[0]);
	if (!stress_over(stress))
		start_threads(stress);
	migrators_serial(stress, &stress->targets[0]);
	for_each_target(stress, target)
		stress_target_end_round(target);
	migrators_end_round(stress);
}

static int run_rounds(struct stress *stress)
{
	const struct migrated before = migrated_by_now();
	const time_t begun = time(NULL);

	while (stress->round < stress->suite->options.iterations && !stress_over(stress)) {
		stress->round++;
		run_round(stress);
		print_progress(stress, &before);
	}
	print_end(stress, &before, time(NULL) - begun);
	return migrators_all_moved(stress) && !stress_over(stress) ? KSFT_PASS : KSFT_FAIL;
}

/* ---- Counters -------------------------------------------------------------------------- */

/* Frames that soft offlining has retired, in KiB. */
static long long poisoned(void)
{
	char text[8192], *line;

	if (sysfile_read("/proc/meminfo", text, sizeof(text)) < 0)
		return 0;
	line = strstr(text, "HardwareCorrupted:");
	return line ? strtoll(line + strlen("HardwareCorrupted:"), NULL, 10) : 0;
}

/* The kernel frees some memory late. */
static bool all_is_back(const struct stress *stress, const struct mm_counters *before)
{
	const struct mm_tolerance tolerance = {
		.pages = TOLERANCE_PAGES,
		.strict = stress->suite->options.pages / 4 + 16,
		.sum_nodes = true,
	};
	struct mm_counters after;
	bool good = false;
	int tries;

	for (tries = 1; tries <= COUNTERS_TRIES && !good; tries++) {
		mm_counters_read(&after, stress->nodes, stress->nr_nodes);
		good = mm_counters_diff(before, &after, &tolerance, stress->suite->options.verbose,
					"all files were closed");
	}
	return good;
}

static int run_mix(struct stress *stress, const struct stress_mix *mix)
{
	int result = open_targets(stress, mix) ? run_rounds(stress) : fixture_skip();

	close_targets(stress);
	return result;
}

/* Many readers must not starve a writer. */
static void init_lock(struct stress *stress)
{
	pthread_rwlockattr_t attributes;

	pthread_rwlockattr_init(&attributes);
	pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&stress->concurrent, &attributes);
	pthread_rwlockattr_destroy(&attributes);
}

int stress_run(const struct suite *suite, const struct testcase *test)
{
	long long poisoned_before = poisoned(), more;
	struct stress stress;
	struct mm_counters before;
	int result;

	init_stress(&stress, suite, test);
	init_lock(&stress);
	migrators_init(&stress, test->data);
	migrators_print_absent(&stress);
	mm_counters_read(&before, stress.nodes, stress.nr_nodes);
	result = run_mix(&stress, test->data);
	/* Counters say nothing after a failure. */
	if (result != KSFT_PASS)
		return result;
	if (!all_is_back(&stress, &before))
		result = KSFT_FAIL;
	more = poisoned() - poisoned_before;
	if (!more)
		return result;
	ksft_print_msg("%lld KiB more than before are poisoned\n", more);
	return KSFT_FAIL;
}
