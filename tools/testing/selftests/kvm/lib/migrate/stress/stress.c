// SPDX-License-Identifier: GPL-2.0-only
/*
 * A case of the stress test; see migrate/stress/stress.h.
 */
#include <time.h>

#include "kselftest.h"
#include "migrate/mm/numa.h"
#include "migrate/stress/stress.h"
#include "migrate/util/sysfile.h"

/* Free memory that a node must have: copies of the pages under test, and slack. */
#define COPIES		4
#define NODE_SLACK	(48UL << 20)

/* Lines of progress without -V. */
#define PROGRESS_LINES	40

/* Events of /proc/vmstat: pages that the kernel has migrated, and has failed to. */
#define MIGRATED	"pgmigrate_success"
#define FAILED		"pgmigrate_fail"

/* Pages that other processes may allocate or free while a case runs. */
#define TOLERANCE_PAGES	2048
#define COUNTERS_TRIES	5

static void init_stress(struct stress *stress, const struct suite *suite,
			const struct testcase *test)
{
	size_t bytes = COPIES * suite->options.pages * getpagesize() + NODE_SLACK;
	int nr;

	*stress = (struct stress) {
		.suite = suite,
		.test = test,
		.mix = test->data,
		/* Many readers must not starve a writer. */
		.concurrent = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP,
	};
	nr = numa_pick_nodes(stress->nodes, MM_COUNTERS_NODES_MAX, bytes);
	stress->nr_nodes = nr > 0 ? nr : 0;
	if (suite->contract.id == CONTRACT_MOVABLE)
		return;
	/* The kernel does not allocate unmovable folios in ZONE_MOVABLE. */
	while (stress->nr_nodes && !numa_holds_unmovable(stress->nodes[stress->nr_nodes - 1]))
		stress->nr_nodes--;
}

static const char *workload_skip_reason(const struct workload *workload)
{
	const struct vm_kind *kind = workload_vm_kind(workload);

	/* The live workload, which every mix has, has tried ordinary VMs. */
	if (kind == &vm_kind_default)
		return NULL;
	return kind ? vm_kind_skip_reason(kind) :
		      "no kind of VM with private memory on this architecture";
}

const char *stress_skip_reason(const struct suite *suite, const struct testcase *test)
{
	const char *reason = vm_kind_skip_reason(&vm_kind_default);
	const struct stress_mix *mix = test->data;
	const struct workload *second = mix->workloads[1];
	struct stress stress;

	/* The first workload is always the live one; a third one can do without the second. */
	if (!reason && second && !mix->workloads[2])
		reason = workload_skip_reason(second);
	if (reason)
		return reason;
	init_stress(&stress, suite, test);
	if (!stress.nr_nodes)
		return "no NUMA node with enough free memory (free some, or give a smaller -b)";
	return migrators_init(&stress, false);
}

static bool open_targets(struct stress *stress)
{
	const struct workload * const *workload;

	for (workload = stress->mix->workloads; *workload; workload++) {
		const char *reason = workload_skip_reason(*workload);

		if (reason) {
			ksft_print_msg("without %s: %s\n", (*workload)->name, reason);
			continue;
		}
		if (!stress_target_open(&stress->targets[stress->nr_targets++], stress, *workload))
			return false;
	}
	return true;
}

static void *run_workload(void *arg)
{
	struct stress_target *target = arg;
	int step;

	for (step = 0; step < target->workload->steps && !stress_over(target->stress); step++)
		target->workload->step(target);
	return NULL;
}

/* The random streams of migrators are numbered after those of the targets. */
static void start_threads(struct stress *stress)
{
	int nr = stress->suite->options.stress_vcpus, i;
	pthread_t migrators[nr];

	stress->next_stream = STRESS_WORKLOADS_MAX;
	for_each_target(stress, target)
		kvm_pthread_create(&target->thread, NULL, run_workload, target);
	for (i = 0; i < nr; i++)
		kvm_pthread_create(&migrators[i], NULL, migrators_concurrent, stress);
	for (i = 0; i < nr; i++)
		kvm_pthread_join(migrators[i], NULL);
	for_each_target(stress, target)
		kvm_pthread_join(target->thread, NULL);
}

static void print_progress(const struct stress *stress, long long migrated, long long failed)
{
	unsigned long rounds = stress->suite->options.iterations, calls = 0, whole = 0, refused = 0;
	unsigned long stride = DIV_ROUND_UP(rounds, PROGRESS_LINES);

	if (!stress->suite->options.verbose && stress->round % stride && stress->round < rounds)
		return;
	for_each_migrator(stress, migrator) {
		calls += migrator->whole + migrator->part + migrator->refused;
		whole += migrator->whole;
		refused += migrator->refused;
	}
	ksft_print_msg("round %lu of %lu: %lu calls, %lu did all, %lu nothing; %lld pages "
		       "migrated, %lld not\n", stress->round, rounds, calls, whole, refused,
		       vmstat_read(NUMA_ANY_NODE, MIGRATED) - migrated,
		       vmstat_read(NUMA_ANY_NODE, FAILED) - failed);
}

static void print_end(const struct stress *stress, long long migrated, long seconds)
{
	int i;

	for_each_target(stress, target)
		ksft_print_msg("%s: %lu %s\n", target->workload->name, target->done,
			       target->workload->unit);
	ksft_print_msg("%lld pages migrated in %ld s, nodes",
		       vmstat_read(NUMA_ANY_NODE, MIGRATED) - migrated, seconds);
	for (i = 0; i < stress->nr_nodes; i++)
		printf(" %d", stress->nodes[i]);
	printf("\n");
}

/* The first target is the live one: its guests run, and only migrators move its pages. */
static void run_round(struct stress *stress)
{
	for_each_target(stress, target) {
		target->random = stress_random(stress, target - stress->targets);
		migrators_place(stress, target);
		stress_target_begin_round(target);
	}
	migrators_serial(stress, &stress->targets[0], true);
	if (!stress_over(stress))
		start_threads(stress);
	migrators_serial(stress, &stress->targets[0], false);
	for_each_target(stress, target)
		stress_target_end_round(target);
	placement_teardown(&stress->fragment);
}

static int run_rounds(struct stress *stress)
{
	const long long migrated = vmstat_read(NUMA_ANY_NODE, MIGRATED);
	const long long failed = vmstat_read(NUMA_ANY_NODE, FAILED);
	const time_t begun = time(NULL);

	while (stress->round < stress->suite->options.iterations && !stress_over(stress)) {
		stress->round++;
		run_round(stress);
		print_progress(stress, migrated, failed);
	}
	print_end(stress, migrated, time(NULL) - begun);
	return migrators_all_moved(stress) && !stress_over(stress) ? KSFT_PASS : KSFT_FAIL;
}

/* Frames that soft offlining has retired, in KiB. */
static long long poisoned(void)
{
	char text[8192];

	if (sysfile_read("/proc/meminfo", text, sizeof(text)) < 0)
		return 0;
	return vmstat_value(text, "HardwareCorrupted:");
}

/* Whether all counters are as before; the kernel frees some memory late. */
static bool counters_restored(const struct stress *stress, const struct mm_counters *before,
			long long poisoned_before)
{
	const struct mm_tolerance tolerance = {
		.pages = TOLERANCE_PAGES,
		.strict = stress->suite->options.pages / 4 + 16,
		.sum_nodes = true,
	};
	struct mm_counters after;
	long long more;
	bool good = false;
	int tries;

	for (tries = 1; tries <= COUNTERS_TRIES && !good; tries++) {
		mm_counters_read(&after, stress->nodes, stress->nr_nodes);
		good = mm_counters_diff(before, &after, &tolerance, stress->suite->options.verbose,
					"all files were closed");
	}
	more = poisoned() - poisoned_before;
	if (more)
		ksft_print_msg("%lld KiB more than before are poisoned\n", more);
	return good && !more;
}

int stress_run(const struct suite *suite, const struct testcase *test)
{
	long long poisoned_before = poisoned();
	struct stress stress;
	struct mm_counters before;
	int result;

	init_stress(&stress, suite, test);
	migrators_init(&stress, true);
	mm_counters_read(&before, stress.nodes, stress.nr_nodes);
	result = open_targets(&stress) ? run_rounds(&stress) : fixture_skip();
	while (stress.nr_targets)
		stress_target_close(&stress.targets[--stress.nr_targets]);
	/* Counters say nothing after a failure. */
	if (result == KSFT_PASS && !counters_restored(&stress, &before, poisoned_before))
		result = KSFT_FAIL;
	return result;
}
