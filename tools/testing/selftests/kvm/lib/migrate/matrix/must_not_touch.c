// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "kselftest.h"
#include "kvm_util.h"
#include "numaif.h"
#include "migrate/matrix/more_cases.h"
#include "migrate/mm/numa.h"
#include "migrate/mm/vmstat.h"
#include "migrate/trigger/background.h"

/* The pages under test. */
struct state {
	struct property property;	/* first: the data of the case */
	bool dirty, running;
};

/* Read the events that the kernel has counted since boot. */
static void read_counters(const struct must_not_touch *must_not_touch, long long *values)
{
	size_t i;

	for (i = 0; must_not_touch->counters[i]; i++)
		values[i] = vmstat_read(NUMA_ANY_NODE, must_not_touch->counters[i]);
}

/* A read maps clean pages of zeros. */
static void check_zeros(struct fixture *fx)
{
	size_t page, word;

	for (page = 0; page < fx->gvm->nr_pages; page++) {
		const volatile u64 *words = gmem_page(fx->gvm, page);

		for (word = 0; word < GUEST_PAGE_WORDS(fx->gvm->page_size); word++) {
			u64 got = words[word];

			if (!got)
				continue;
			verdict_bad_word(&fx->verdict, BAD_CONTENT, page, word, 0, got);
			break;
		}
	}
}

/* The file gets no policy: background mechanisms honour one. */
static void populate(struct fixture *fx, const struct state *state)
{
	struct gmem_vm *gvm = fx->gvm;

	if (state->dirty) {
		gmem_guest_fill(gvm);
		fixture_check_host(fx);
	} else {
		check_zeros(fx);
	}
	kvm_mbind(gvm->mem, gvm->nr_pages * gvm->page_size, MPOL_DEFAULT, NULL, 0, 0);
}

/* Two pages of the control get the content of one page under test. */
static void copy_to_control(const struct fixture *fx, const struct control *control)
{
	size_t i, page_size = fx->gvm->page_size;

	for (i = 0; i < control->nr_pages; i++)
		memcpy((char *)control->mem + i * page_size,
		       gmem_page(fx->gvm, i / 2 % fx->gvm->nr_pages), page_size);
}

static struct trigger_range range_of(const struct fixture *fx)
{
	struct trigger_range range = trigger_range_of(fx->gvm->mem, fx->gvm->nr_pages, fx->from,
						      fx->to);

	range.control = fx->control;
	return range;
}

static size_t acted(const struct fixture *fx)
{
	const struct trigger_range range = range_of(fx);

	if (!fx->trigger->must_not_touch->acted)
		return control_moved(fx->control, fx->to);
	return fx->trigger->must_not_touch->acted(&range);
}

static bool proven(const struct fixture *fx)
{
	return acted(fx) == fx->control->nr_pages;
}

/*
 * Fire until the mechanism has acted on the control, and as often again; stop at a wrong return
 * value.  Returns the number of rounds.
 */
static unsigned int fire_enough(struct fixture *fx)
{
	unsigned int rounds = 0, enough = fx->trigger->must_not_touch->rounds;
	size_t nr = fx->gvm->nr_pages;
	bool done = false;

	do {
		rounds++;
		fixture_fire(fx, 0, nr, expected_return(&fx->expected, nr));
		if (!done && proven(fx)) {
			done = true;
			enough = 2 * rounds;
		}
	} while (rounds < enough && fx->verdict.ret == fx->verdict.expected_ret);
	return rounds;
}

static void report_proof(const struct fixture *fx, unsigned int rounds, const long long *before)
{
	const struct must_not_touch *must_not_touch = fx->trigger->must_not_touch;
	long long after[MUST_NOT_TOUCH_COUNTERS_MAX];
	size_t i;

	read_counters(must_not_touch, after);
	printf("# control: %zu of %zu pages of %s %s, %u rounds%s", acted(fx),
	       fx->control->nr_pages,
	       must_not_touch->anonymous ? "anonymous memory" : "shmem",
	       must_not_touch->acts, rounds, proven(fx) ? "" : ": the mechanism did not act");
	for (i = 0; must_not_touch->counters[i]; i++)
		printf("%s %s %+lld", i ? "," : "; vmstat:", must_not_touch->counters[i],
		       after[i] - before[i]);
	printf("\n");
}

static void expose(struct fixture *fx, const long long *counters)
{
	const struct must_not_touch *must_not_touch = fx->trigger->must_not_touch;
	unsigned int rounds = fire_enough(fx);

	if (must_not_touch->stop)
		must_not_touch->stop();
	fixture_inspect_after(fx);
	fixture_expect(fx, 0, fx->gvm->nr_pages, OUTCOME_NEVER);
	if (fx->suite->options.verbose || !verdict_good(&fx->verdict) || !proven(fx))
		report_proof(fx, rounds, counters);
}

static int judge(struct fixture *fx, const struct state *state)
{
	int result;

	if (state->running) {
		gmem_guest_iterate(fx->gvm);
		return fixture_stop_and_judge(fx);
	}
	if (state->dirty)
		return fixture_judge_content(fx);
	check_zeros(fx);
	result = fixture_judge(fx);
	if (result)
		return result;
	/* Pages that were never written are like any other memory afterwards. */
	gmem_guest_fill(fx->gvm);
	return fixture_judge_content(fx);
}

static int prepare_and_expose(struct fixture *fx, const struct state *state)
{
	const struct must_not_touch *must_not_touch = fx->trigger->must_not_touch;
	const struct trigger_range range = range_of(fx);
	long long counters[MUST_NOT_TOUCH_COUNTERS_MAX];
	const char *reason;
	int result;

	read_counters(must_not_touch, counters);
	fixture_inspect_before(fx);
	if (state->running) {
		gmem_guest_start(fx->gvm);
		gmem_guest_iterate(fx->gvm);
	}
	reason = must_not_touch->prepare ? must_not_touch->prepare(&range) : NULL;
	if (reason) {
		if (state->running)
			gmem_guest_stop(fx->gvm, stdout);
		return suite_skip(reason);
	}
	expose(fx, counters);
	result = judge(fx, state);
	/* A mechanism that leaves the control alone proves nothing. */
	return result ?: proven(fx) ? KSFT_PASS : KSFT_FAIL;
}

static int act(struct fixture *fx)
{
	size_t nr = fx->trigger->huge ? get_trans_hugepagesz() / getpagesize() : CONTROL_PAGES;
	bool anonymous = fx->trigger->must_not_touch->anonymous;
	const struct state *state = fx->test->data;
	struct control control;
	int result;

	populate(fx, state);
	control_open(&control, fx->from, nr, anonymous ? MAP_PRIVATE : MAP_SHARED);
	copy_to_control(fx, &control);
	fx->control = &control;
	result = prepare_and_expose(fx, state);
	control_close(&control);
	return result;
}

#define STATE(_name, _nr_vcpus, _uaddr_is_mapping)						\
	.property = {										\
		.name = _name,									\
		.triggers = TRIGGERS_NEVER,							\
		.config = { .nr_vcpus = _nr_vcpus, .uaddr_is_mapping = _uaddr_is_mapping },	\
		.unfilled = true,								\
		.act = act,									\
	}

static const struct state states[] = {
	/* No vCPU accesses the pages: even a read by a vCPU makes a folio dirty. */
	{ STATE("clean", 1, true) },
	{ STATE("dirty", 1, false), .dirty = true },
	{ STATE("running", 2, false), .dirty = true, .running = true },
};

void must_not_touch_add_cases(struct case_list *list, const struct contract_row *row)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(states); i++)
		property_add_case(list, row, &states[i].property);
}
