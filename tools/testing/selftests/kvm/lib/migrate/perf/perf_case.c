// SPDX-License-Identifier: GPL-2.0-only
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kvm_util.h"
#include "migrate/perf/perf_case.h"
#include "migrate/perf/perf_memory.h"
#include "migrate/trigger/trigger.h"
#include "migrate/util/child.h"

struct perf_results *perf_results;

const struct perf_case perf_cases[] = {
	{ .name = "move_pages.all" },
	{ .name = "mbind.all",			.call = PERF_MBIND },
	{ .name = "migrate_pages.all",		.call = PERF_MIGRATE_PAGES },
	{ .name = "move_pages.batch_1",		.batch = 1, .part = 8 },
	{ .name = "move_pages.batch_16",	.batch = 16 },
	{ .name = "move_pages.pages_8th",	.part = 8 },
	{ .name = "move_pages.pages_4x",	.times = 4 },
	{ .name = "move_pages.mappers_2",	.mappers = 1 },
	{ .name = "move_pages.mappers_4",	.mappers = 3 },
	{ .name = "move_pages.guest_maps",	.user = PERF_GUEST_MAPS, .nr_vcpus = 1 },
	{ .name = "move_pages.vcpus_1",		.user = PERF_GUEST_RUNS, .nr_vcpus = 1 },
	{ .name = "move_pages.vcpus_2",		.user = PERF_GUEST_RUNS, .nr_vcpus = 2,
	  .slow = true },
	{ .name = "mbind.vcpus_1",		.user = PERF_GUEST_RUNS, .nr_vcpus = 1,
	  .call = PERF_MBIND, .slow = true },
};

const size_t nr_perf_cases = ARRAY_SIZE(perf_cases);

#define MOVES	2	/* of a round under a running guest, there and back */
#define TRIES	5	/* of a move that is incomplete */
#define RATIOS	9	/* of two kinds of memory, at most */

/* What a round measures of one kind of memory. */
struct sample {
	uint64_t ns, moved, tried;
	struct perf_touches touches[NR_PERF_PHASES];
	uint64_t phase_ns[NR_PERF_PHASES];
};

struct measurement {
	const char *name;
	const struct perf_case *test;
	int from, to;
	size_t rounds;
	struct perf_memory memory[NR_PERF_KINDS];
	pid_t mappers[8];
	struct sample *samples[NR_PERF_KINDS];	/* one per round */
	uint64_t *values;			/* scratch, one per round */
};

static const char *skip_reason(const struct suite *suite, const struct testcase *test)
{
	const struct perf_case *perf = test->data;

	if (suite->nr_nodes < 2)
		return "fewer than two NUMA nodes with enough free memory (boot with numa=fake=2, "
		       "needs CONFIG_NUMA_EMU)";
	if (perf->mappers && !trigger_may_move_all())
		return "no CAP_SYS_NICE, which MPOL_MF_MOVE_ALL needs (be root)";
	return vm_kind_skip_reason(&vm_kind_default);
}

/* Another process that maps all pages, until it is killed. */
static pid_t start_mapper(const struct measurement *m)
{
	volatile char *ready = shared_alloc(1);
	pid_t pid = child_fork();
	int kind;
	size_t i;

	if (!pid) {
		for (kind = 0; kind < NR_PERF_KINDS; kind++)
			for (i = 0; i < m->memory[kind].nr_pages; i++)
				(void)*(volatile char *)m->memory[kind].pages[i];
		*ready = 1;
		for (;;)
			pause();
	}
	while (!*ready)
		sched_yield();
	kvm_munmap((void *)ready, 1);
	return pid;
}

static size_t case_pages(const struct suite *suite, const struct perf_case *test)
{
	return max(suite->options.pages * (test->times ?: 1) / (test->part ?: 1), 1UL);
}

static void open_measurement(struct measurement *m, const struct suite *suite)
{
	int kind, i;

	for (kind = 0; kind < NR_PERF_KINDS; kind++) {
		m->samples[kind] = calloc(m->rounds, sizeof(*m->samples[kind]));
		TEST_ASSERT(m->samples[kind], "out of memory");
		perf_memory_create(&m->memory[kind], kind, m->test, case_pages(suite, m->test),
				   m->to);
	}
	m->values = calloc(m->rounds, sizeof(*m->values));
	TEST_ASSERT(m->values, "out of memory");
	for (i = 0; i < m->test->mappers; i++)
		m->mappers[i] = start_mapper(m);
	/* From here on, migrate_pages() finds only what the measurement brings to .from. */
	if (m->test->call == PERF_MIGRATE_PAGES)
		perf_memory_move(&m->memory[0], m->test, m->from, m->to);
}

static void close_measurement(struct measurement *m)
{
	int kind, i;

	for (i = 0; i < m->test->mappers; i++) {
		kill(m->mappers[i], SIGKILL);
		waitpid(m->mappers[i], NULL, 0);
	}
	for (kind = 0; kind < NR_PERF_KINDS; kind++) {
		perf_memory_free(&m->memory[kind]);
		free(m->samples[kind]);
	}
	free(m->values);
}

/* Move all pages to .from, which is not measured.  Returns whether all of them moved. */
static bool bring_back(struct measurement *m, struct perf_memory *memory)
{
	struct perf_case plain = { .mappers = m->test->mappers };
	int tries;

	for (tries = 0; tries < TRIES; tries++) {
		perf_memory_move(memory, &plain, m->to, m->from);
		if (perf_memory_on(memory, m->from) == memory->nr_pages)
			return true;
	}
	return false;
}

/* A folio may be isolated by another task for a moment: try again. */
static bool measure_idle(struct measurement *m, struct perf_memory *memory, struct sample *sample)
{
	int tries;

	for (tries = 0; tries < TRIES && sample->moved < memory->nr_pages; tries++) {
		if (!bring_back(m, memory))
			return false;
		if (m->test->user == PERF_GUEST_MAPS)
			gmem_guest_check(memory->gvm);
		sample->tried = memory->nr_pages;
		sample->ns = perf_memory_move(memory, m->test, m->from, m->to);
		sample->moved = perf_memory_on(memory, m->to);
	}
	return sample->moved == memory->nr_pages;
}

/* Some pages may stay, because a vCPU that faults holds a reference. */
static void move_there_and_back(struct measurement *m, struct perf_memory *memory,
				struct sample *sample)
{
	size_t i, there = 0, was;

	for (i = 0; i < MOVES; i++) {
		int from = i % 2 ? m->to : m->from, to = i % 2 ? m->from : m->to;

		was = perf_memory_on(memory, to);
		sample->ns += perf_memory_move(memory, m->test, from, to);
		there = perf_memory_on(memory, to);
		sample->tried += memory->nr_pages - was;
		sample->moved += there > was ? there - was : 0;
	}
}

static bool measure_running(struct measurement *m, struct perf_memory *memory,
			    struct sample *sample)
{
	uint64_t begin;

	if (!bring_back(m, memory))
		return false;
	perf_guest_start(memory->gvm, memory->logs);
	perf_guest_warm_up(memory->gvm, memory->logs);
	begin = perf_now();
	perf_guest_set_phase(memory->gvm, memory->logs, PERF_MOVING);
	move_there_and_back(m, memory, sample);
	sample->phase_ns[PERF_MOVING] = perf_now() - begin;
	perf_guest_warm_up(memory->gvm, memory->logs);
	begin = perf_now();
	perf_guest_set_phase(memory->gvm, memory->logs, PERF_QUIET);
	usleep(sample->phase_ns[PERF_MOVING] / 1000);
	sample->phase_ns[PERF_QUIET] = perf_now() - begin;
	perf_guest_set_phase(memory->gvm, memory->logs, PERF_WARM_UP);
	perf_guest_stop(memory->gvm, memory->logs, sample->touches);
	return sample->moved;
}

static bool measure(struct measurement *m, struct perf_memory *memory, struct sample *sample)
{
	bool good;

	memset(sample, 0, sizeof(*sample));
	if (m->test->user == PERF_GUEST_RUNS)
		good = measure_running(m, memory, sample);
	else
		good = measure_idle(m, memory, sample);
	if (!good)
		ksft_print_msg("nothing is measured where pages stay: %" PRIu64 " of %" PRIu64
			       " pages of %s moved from node %d to %d\n", sample->moved,
			       sample->tried, perf_kind_names[memory->kind], m->from, m->to);
	return good;
}

/* ---- From samples to results */

typedef uint64_t (*value_fn)(const struct sample *sample);

static uint64_t ns_per_page(const struct sample *sample)
{
	return ratio_milli(sample->ns, sample->moved);
}

static uint64_t moved_share(const struct sample *sample)
{
	return ratio_milli(sample->moved, sample->tried);
}

static uint64_t ticks_to_us_milli(const struct perf_touches *touches, uint64_t ticks)
{
	return ticks * 1000 * MILLI / touches->ticks_per_ms;
}

static uint64_t longest(const struct perf_touches *touches)
{
	return ticks_to_us_milli(touches, touches->ticks.max);
}

static uint64_t p99_9(const struct perf_touches *touches)
{
	return ticks_to_us_milli(touches, histogram_quantile(&touches->ticks, 999));
}

static uint64_t longest_moving(const struct sample *sample)
{
	return longest(&sample->touches[PERF_MOVING]);
}

static uint64_t longest_quiet(const struct sample *sample)
{
	return longest(&sample->touches[PERF_QUIET]);
}

static uint64_t p99_9_moving(const struct sample *sample)
{
	return p99_9(&sample->touches[PERF_MOVING]);
}

static uint64_t p99_9_quiet(const struct sample *sample)
{
	return p99_9(&sample->touches[PERF_QUIET]);
}

/* Touches per time, as a part of those of the quiet phase. */
static uint64_t throughput_left(const struct sample *sample)
{
	uint64_t moving = sample->touches[PERF_MOVING].nr * 1000000 /
			  (sample->phase_ns[PERF_MOVING] / 1000 + 1);
	uint64_t quiet = sample->touches[PERF_QUIET].nr * 1000000 /
			 (sample->phase_ns[PERF_QUIET] / 1000 + 1);

	return ratio_milli(moving, quiet);
}

static void add(struct measurement *m, int kind, const char *suffix, const char *unit,
		value_fn value)
{
	char name[PERF_NAME_SIZE];
	size_t i;

	snprintf(name, sizeof(name), "%s%s", perf_kind_names[kind], suffix);
	for (i = 0; i < m->rounds; i++)
		m->values[i] = value(&m->samples[kind][i]);
	perf_results_add(perf_results, m->name, name, unit, m->values, m->rounds);
}

/* The lowest cost of @kind in rounds @first, @first + RATIOS, ... */
static uint64_t fastest(const struct measurement *m, int kind, size_t first)
{
	uint64_t lowest = UINT64_MAX;
	size_t i;

	for (i = first; i < m->rounds; i += RATIOS)
		lowest = min(lowest, ns_per_page(&m->samples[kind][i]));
	return lowest;
}

/*
 * The ratio of the costs of guest_memfd and @kind, round by round.  Of more than RATIOS rounds, the
 * fastest of each RATIOSth part count: other load of the machine only makes a move slower.
 */
static void add_ratio(struct measurement *m, int kind)
{
	size_t i, nr = min_t(size_t, m->rounds, RATIOS);
	char name[PERF_NAME_SIZE];

	snprintf(name, sizeof(name), "guest_memfd/%s", perf_kind_names[kind]);
	for (i = 0; i < nr; i++)
		m->values[i] = ratio_milli(fastest(m, PERF_GUEST_MEMFD, i), fastest(m, kind, i));
	perf_results_add(perf_results, m->name, name, "ratio", m->values, nr);
}

static void report(struct measurement *m)
{
	int kind;

	for (kind = 0; kind < NR_PERF_KINDS; kind++)
		add(m, kind, "", "ns/page", ns_per_page);
	add_ratio(m, PERF_SHMEM);
	add_ratio(m, PERF_ANON);
	for (kind = 0; kind < NR_PERF_KINDS && m->test->user == PERF_GUEST_RUNS; kind++) {
		add(m, kind, ".moved", "share", moved_share);
		add(m, kind, ".longest", "us", longest_moving);
		add(m, kind, ".longest_quiet", "us", longest_quiet);
		add(m, kind, ".p99_9", "us", p99_9_moving);
		add(m, kind, ".p99_9_quiet", "us", p99_9_quiet);
		add(m, kind, ".throughput_left", "share", throughput_left);
	}
}

static int run(const struct suite *suite, const struct testcase *test)
{
	struct measurement m = {
		.name = test->name,
		.test = test->data,
		.from = suite->nodes[0],
		.to = suite->nodes[1],
		.rounds = suite->options.iterations,
	};
	bool good = true;
	size_t round;
	int i;

	if (suite->contract.id != CONTRACT_MOVABLE)
		return suite_skip("the kernel does not move guest_memfd (needs a kernel with the "
				  "migration series; -k movable where BTF does not tell)");
	open_measurement(&m, suite);
	for (round = 0; round < m.rounds && good; round++) {
		for (i = 0; i < NR_PERF_KINDS && good; i++) {
			int kind = (round + i) % NR_PERF_KINDS;

			good = measure(&m, &m.memory[kind], &m.samples[kind][round]);
		}
	}
	if (good)
		report(&m);
	close_measurement(&m);
	return good ? KSFT_PASS : KSFT_FAIL;
}

struct testcase perf_testcase(const struct perf_case *perf)
{
	struct testcase test = {
		.skip_reason = skip_reason,
		.run = run,
		.slow = perf->slow,
		.data = perf,
	};

	snprintf(test.name, sizeof(test.name), "%s", perf->name);
	return test;
}

int perf_probe(const struct suite *suite)
{
	static const struct perf_case plain = {};
	struct perf_memory memory;
	bool moved;

	perf_memory_create(&memory, PERF_GUEST_MEMFD, &plain, 1, suite->nodes[0]);
	perf_memory_move(&memory, &plain, suite->nodes[0], suite->nodes[1]);
	moved = perf_memory_on(&memory, suite->nodes[1]);
	perf_memory_free(&memory);
	return moved ? CONTRACT_MOVABLE : CONTRACT_UNMOVABLE;
}
