// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "kvm_util.h"
#include "numaif.h"
#include "migrate/matrix/must_not_touch.h"
#include "migrate/util/sysfile.h"

const char *must_not_touch_skip_reason(const struct suite *suite, const struct testcase *test)
{
	const struct trigger *trigger = test->row->trigger;

	return trigger->kernel_picks_node ? fixture_skip_reason_one_node(suite, test) :
					    fixture_skip_reason_two_nodes(suite, test);
}

/* Events that the kernel counted since it started, of all of @never's counters. */
static void read_counters(const struct must_not_touch *must_not_touch, long long *values)
{
	char text[16384], name[64], *at;
	size_t i;

	memset(values, 0, MUST_NOT_TOUCH_COUNTERS_MAX * sizeof(*values));
	text[0] = '\n';
	if (sysfile_read("/proc/vmstat", text + 1, sizeof(text) - 1) < 0)
		return;
	for (i = 0; must_not_touch->counters[i]; i++) {
		snprintf(name, sizeof(name), "\n%s ", must_not_touch->counters[i]);
		at = strstr(text, name);
		values[i] = at ? strtoll(at + strlen(name), NULL, 10) : 0;
	}
}

/* Pages of a file that are mapped and clean: the host has read them, and found zeros. */
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

/* The kernel's own ends yield to a policy of the file: let there be none. */
static void populate(struct fixture *fx, const struct must_not_touch_property *property)
{
	struct gmem_vm *gvm = fx->gvm;

	if (property->filled) {
		gmem_guest_fill(gvm);
		fixture_check_host(fx);
	} else {
		check_zeros(fx);
	}
	kvm_mbind(gvm->mem, gvm->nr_pages * gvm->page_size, MPOL_DEFAULT, NULL, 0, 0);
}

/* Two pages of the control hold what one of the pages under test holds. */
static void copy_to_control(const struct fixture *fx, const struct control *control)
{
	size_t i, page_size = fx->gvm->page_size;

	for (i = 0; i < control->nr_pages; i++)
		memcpy((char *)control->mem + i * page_size,
		       gmem_page(fx->gvm, i / 2 % fx->gvm->nr_pages), page_size);
}

static struct trigger_range range_of(const struct fixture *fx)
{
	return (struct trigger_range) {
		.addr = fx->gvm->mem,
		.nr_pages = fx->gvm->nr_pages,
		.from = fx->from,
		.to = fx->to,
		.control = fx->control,
	};
}

static size_t acted(const struct fixture *fx)
{
	const struct trigger_range range = range_of(fx);

	return fx->trigger->must_not_touch->acted(&range);
}

static bool proven(const struct fixture *fx)
{
	return acted(fx) == fx->control->nr_pages;
}

static bool fire(struct fixture *fx)
{
	size_t nr = fx->gvm->nr_pages;

	fixture_fire(fx, 0, nr, expected_return(&fx->expected, nr));
	return fx->verdict.ret == fx->verdict.expected_ret;
}

/*
 * Fire until it has acted on the control, and as often again.  Returns how often, up to the first
 * wrong answer, or until it is clear that it does not act.
 */
static unsigned int fire_enough(struct fixture *fx)
{
	unsigned int rounds = 0, enough;

	do {
		rounds++;
		if (!fire(fx))
			return rounds;
	} while (!proven(fx) && rounds < fx->trigger->must_not_touch->rounds);
	if (!proven(fx))
		return rounds;
	for (enough = 2 * rounds; rounds < enough; rounds++)
		if (!fire(fx))
			break;
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
	       must_not_touch->control.anonymous ? "anonymous memory" : "shmem",
	       must_not_touch->acts, rounds, proven(fx) ? "" : ": no proof that it was at work");
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
	fixture_look_after(fx);
	fixture_expect(fx, 0, fx->gvm->nr_pages, OUTCOME_NEVER);
	if (fx->suite->options.verbose || !verdict_good(&fx->verdict) || !proven(fx))
		report_proof(fx, rounds, counters);
}

/* What was never written becomes memory like any other. */
static int judge_clean(struct fixture *fx)
{
	int result;

	check_zeros(fx);
	result = fixture_judge(fx);
	if (result)
		return result;
	gmem_guest_fill(fx->gvm);
	return fixture_judge_with_content(fx);
}

static int judge_running(struct fixture *fx)
{
	gmem_guest_iterate(fx->gvm);
	if (!gmem_guest_stop(fx->gvm, stdout))
		return fixture_judge_with_content(fx);
	/* A dead guest cannot be asked any more. */
	fixture_check_host(fx);
	fixture_judge(fx);
	return KSFT_FAIL;
}

/* Everything is in place but the mechanism and a guest at work. */
static int prepare_and_expose(struct fixture *fx, const struct must_not_touch_property *property)
{
	const struct must_not_touch *must_not_touch = fx->trigger->must_not_touch;
	const struct trigger_range range = range_of(fx);
	long long counters[MUST_NOT_TOUCH_COUNTERS_MAX];
	const char *reason;
	int result;

	read_counters(must_not_touch, counters);
	fixture_look_before(fx);
	if (property->running) {
		gmem_guest_start(fx->gvm);
		gmem_guest_iterate(fx->gvm);
	}
	reason = must_not_touch->prepare ? must_not_touch->prepare(&range) : NULL;
	if (reason)
		return suite_skip(reason);
	expose(fx, counters);
	result = property->judge(fx);
	/* A mechanism that leaves everything alone proves nothing. */
	return result ?: proven(fx) ? KSFT_PASS : KSFT_FAIL;
}

const struct must_not_touch_property must_not_touch_properties[] = {
	{
		/* No vCPU has been there before: one that only reads makes a folio dirty, too. */
		.name = "clean",
		.judge = judge_clean,
		.config = { .nr_vcpus = 1, .uaddr_is_mapping = true },
	},
	{
		.name = "dirty",
		.filled = true,
		.judge = fixture_judge_with_content,
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

const size_t nr_must_not_touch_properties = ARRAY_SIZE(must_not_touch_properties);

int must_not_touch_run(const struct suite *suite, const struct testcase *test)
{
	const struct must_not_touch_property *property = test->data;
	struct control control;
	struct fixture fx;
	int result;

	if (!fixture_open(&fx, suite, test, &property->config))
		return fixture_skip();
	populate(&fx, property);
	control_open_as(&control, fx.from, &fx.trigger->must_not_touch->control);
	copy_to_control(&fx, &control);
	fx.control = &control;
	result = prepare_and_expose(&fx, property);
	control_close(&control);
	/* A guest that still runs ends with this process. */
	if (result != KSFT_SKIP)
		fixture_close(&fx);
	return result;
}
