// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>

#include "kselftest.h"
#include "kvm_util.h"
#include "migrate/gmem/guest_access.h"
#include "migrate/gmem/launch.h"
#include "migrate/matrix/memory_failure.h"
#include "migrate/matrix/poisoned_pages.h"
#include "migrate/mm/hwpoison.h"
#include "migrate/mm/vmstat.h"
#include "migrate/runner/testcase.h"

/* Iterations that a guest may end before it touches a poisoned page. */
#define ITERATIONS 3

/* Pages that other processes allocate or free meanwhile. */
#define TOLERANCE 2048

/* The pages are only allocated. */
static const struct contract_row no_trigger = {
	.expected = {
		[CONTRACT_UNMOVABLE] = { OUTCOME_UNTOUCHED, RET_0 },
		[CONTRACT_MOVABLE] = { OUTCOME_UNTOUCHED, RET_0 },
	},
};

struct error_case {
	const char *name;
	bool unsafe;
	int (*run)(const struct suite *suite, const struct testcase *test);
	int (*act)(struct fixture *fx, struct poisoned_pages *poisoned);
};

/* An error by mapping or by frame, and what happens then. */
struct error {
	bool mapped;
	const struct error_case *error_case;
};

static const struct error *error_of(const struct testcase *test)
{
	return test->data;
}

static int poison(struct fixture *fx, struct poisoned_pages *poisoned)
{
	poisoned_pages_init(poisoned, fx->gvm->nr_pages / 2);
	return poison_pages(fx, poisoned, poisoned_pages_few(fx), error_of(fx->test)->mapped) ?:
	       poisoned_pages_check(fx, poisoned);
}

/* Host and guest lose the poisoned pages only. */
static int error_idle(struct fixture *fx, struct poisoned_pages *poisoned)
{
	int result = poison(fx, poisoned);

	gmem_leave_out(fx->gvm, poisoned->first, poisoned->nr);
	return result ?: fixture_judge_content(fx) ?: poisoned_pages_recover(fx, poisoned);
}

/* The guest that stopped at a poisoned page goes on after a hole, and may stop at the next one. */
static int run_on(struct fixture *fx, const struct poisoned_pages *poisoned)
{
	size_t i, page;
	int r = gmem_guest_try_again(fx->gvm);

	for (i = 0; i < poisoned->nr && r == -EHWPOISON; i++) {
		page = gmem_guest_fault_page(fx->gvm);
		if (page - poisoned->first >= poisoned->nr)
			break;
		poisoned_pages_punch(fx, page, 1);
		r = gmem_guest_try_again(fx->gvm);
	}
	if (i && !r)
		return KSFT_PASS;
	ksft_print_msg("KVM_RUN: %s, exit reason %s, after %zu poisoned pages; %s\n",
		       strerror(-r), exit_reason_str(fx->gvm->vcpus[0].vcpu->run->exit_reason), i,
		       suite_context(fx->suite));
	return KSFT_FAIL;
}

static int error_running(struct fixture *fx, struct poisoned_pages *poisoned)
{
	FILE *nowhere = fopen("/dev/null", "w");
	int result, iterations = 0;

	TEST_ASSERT(nowhere, "cannot open /dev/null");
	gmem_guest_start(fx->gvm);
	gmem_guest_iterate(fx->gvm);
	result = poison(fx, poisoned);
	while (iterations < ITERATIONS && gmem_guest_iterate(fx->gvm))
		iterations++;
	gmem_guest_stop(fx->gvm, nowhere);
	fclose(nowhere);
	if (result)
		return result;
	if (iterations == ITERATIONS) {
		ksft_print_msg("the guest goes on using poisoned pages; %s\n",
			       suite_context(fx->suite));
		return KSFT_FAIL;
	}
	result = run_on(fx, poisoned);
	poisoned_pages_punch(fx, poisoned->first, poisoned->nr);
	return result ?: poisoned_pages_unpoison(fx, poisoned) ?:
	       poisoned_pages_refill(fx, poisoned);
}

static int error_closed(struct fixture *fx, struct poisoned_pages *poisoned)
{
	return poison(fx, poisoned);
}

static int error_deadlock(struct fixture *fx, struct poisoned_pages *poisoned)
{
	(void)poisoned;
	return act_hwpoison_deadlock(fx);
}

static int run_act(const struct suite *suite, const struct testcase *test, struct fixture *fx,
		   struct poisoned_pages *poisoned)
{
	const struct gmem_config config = { .nr_vcpus = 1 };
	int result;

	if (!fixture_open(fx, suite, test, &config))
		return fixture_skip();
	fixture_fill(fx);
	fixture_inspect_before(fx);
	result = error_of(test)->error_case->act(fx, poisoned);
	fixture_close(fx);
	return result;
}

static int run(const struct suite *suite, const struct testcase *test)
{
	struct poisoned_pages poisoned;
	struct fixture fx;

	return run_act(suite, test, &fx, &poisoned);
}

/* The case closes its VM, and what it had must be back once the frames are unpoisoned. */
static int run_closed(const struct suite *suite, const struct testcase *test)
{
	const struct mm_tolerance tolerance = {
		.pages = TOLERANCE, .strict = suite->options.pages / 4,
	};
	struct poisoned_pages poisoned;
	struct mm_counters before, after;
	struct fixture fx;
	int result;

	mm_counters_read(&before, suite->nodes, suite->nr_nodes);
	result = run_act(suite, test, &fx, &poisoned);
	if (result)
		return result;
	result = poisoned_pages_unpoison(&fx, &poisoned);
	mm_counters_read(&after, suite->nodes, suite->nr_nodes);
	if (!mm_counters_diff(&before, &after, &tolerance, suite->options.verbose,
			      "a file with poisoned pages"))
		return KSFT_FAIL;
	return result;
}

static const struct error_case idle = { "idle", .run = run, .act = error_idle };
static const struct error_case running = { "running", .run = run, .act = error_running };
static const struct error_case closed = { "closed", .run = run_closed, .act = error_closed };
static const struct error_case deadlock = {
	"deadlock", .unsafe = true, .run = run, .act = error_deadlock
};

static const struct error errors[] = {
	{ true, &idle }, { true, &running }, { true, &closed }, { true, &deadlock },
	{ false, &idle }, { false, &running }, { false, &closed },
};

static const char *skip_reason(const struct suite *suite, const struct testcase *test)
{
	const char *reason = fixture_skip_reason_one_node(suite, test) ?: hwpoison_skip_reason();

	if (!reason && test->unsafe && !suite->options.unsafe)
		reason = "a kernel that fails it must be booted again (give -U to run it)";
	return reason;
}

void memory_failure_add_cases(struct case_list *list, const struct vm_kind *kind)
{
	const struct contract_row *row = contract_row_for(kind, &no_trigger);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		const struct error *error = &errors[i];
		const char *what = error->mapped ? "memory_failure_mapped" : "memory_failure_phys";
		const struct testcase test = {
			.skip_reason = skip_reason,
			.run = error->error_case->run,
			.row = row,
			.env = &env_hwpoison,
			.data = error,
			.unsafe = error->error_case->unsafe,
		};

		if (error->mapped && !vm_kind_host_maps(kind))
			continue;
		/* A guest that runs on would use a new page that it has not accepted. */
		if (error->error_case == &running && kind->launch && kind->launch->guest_accept)
			continue;
		case_list_add(list, &test, "%s.%s.%s", what, kind->name, error->error_case->name);
	}
}
