// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "kselftest.h"
#include "migrate/mm/folio.h"
#include "migrate/mm/numa.h"
#include "migrate/runner/suite.h"
#include "migrate/runner/testcase.h"
#include "migrate/util/kmsg.h"
#include "migrate/util/ksft_text.h"
#include "migrate/util/sysfile.h"
#include "migrate/util/undo.h"

/* Room that a node must have beside the memory under test: page tables, a second copy. */
#define NODE_SLACK (32UL << 20)

static void choose_seed(struct migrate_options *options)
{
	uint32_t seed = 0;

	if (options->seed_given)
		return;
	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		seed = getpid();
	options->seed = seed;
}

static void choose_nodes(struct suite *suite)
{
	size_t bytes = 2 * suite->options.pages * getpagesize() + NODE_SLACK;
	int r = numa_pick_nodes(suite->nodes, SUITE_NODES_MAX, bytes);

	suite->nr_nodes = r < 0 ? 0 : r;
}

/*
 * Movers other than the triggers under test are off.  Freed pages go back to the buddy allocator
 * at once, not to a list of the CPU where no compaction finds them.
 */
static void disable_background_migration(void)
{
	static const struct {
		const char *path;
		const char *value;
		const char *otherwise;
	} settings[] = {
		{ "/proc/sys/kernel/numa_balancing", "0\n", "it may move pages too" },
		{ "/sys/kernel/mm/ksm/run", "0\n", "it may merge pages" },
		{ "/proc/sys/vm/percpu_pagelist_high_fraction", "1000000\n",
		  "compaction may find nothing to do" },
	};
	char before[32];
	size_t i;
	int r;

	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		if (sysfile_read(settings[i].path, before, sizeof(before)) < 0 ||
		    !strcmp(before, settings[i].value))
			continue;
		r = setting_write(settings[i].path, settings[i].value);
		if (r)
			ksft_print_msg("%s stays as it is (%s): %s\n", settings[i].path,
				       strerror(-r), settings[i].otherwise);
	}
}

static void choose_contract(struct suite *suite, bool runnable,
			    int (*probe)(const struct suite *suite))
{
	int id = suite->options.contract;

	suite->contract.source = CONTRACT_BY_OPTION;
	if (id < 0) {
		suite->contract.source = CONTRACT_BY_BTF;
		id = contract_from_btf();
	}
	if (id < 0) {
		suite->contract.source = CONTRACT_PROBED;
		id = CONTRACT_UNMOVABLE;
		if (runnable && probe)
			id = testcase_probe(suite, probe);
	}
	suite->contract.id = id;
}

const char *suite_context(const struct suite *suite)
{
	static char text[128];

	snprintf(text, sizeof(text), "contract %s (%s), seed 0x%" PRIx64,
		 contract_name(suite->contract.id), contract_source_name(suite->contract.source),
		 suite->options.seed);
	return text;
}

void suite_print_rerun(const struct suite *suite, const struct testcase *test)
{
	printf("# again: %s -k %s -t %s -p %zu -r %lu -s 0x%" PRIx64, suite->program,
	       contract_name(suite->contract.id), test->name, suite->options.pages,
	       suite->options.rounds, suite->options.seed);
	if (suite->options.threads)
		printf(" -j %d", suite->options.threads);
	printf("\n");
}

static void print_setting(const struct suite *suite)
{
	int i;

	ksft_print_msg("%s\n", suite_context(suite));
	printf("# %zu pages of %d bytes, %lu rounds, ", suite->options.pages, getpagesize(),
	       suite->options.rounds);
	if (suite->options.threads)
		printf("%d threads, ", suite->options.threads);
	printf("nodes");
	for (i = 0; i < suite->nr_nodes; i++)
		printf(" %d", suite->nodes[i]);
	printf("%s\n", suite->nr_nodes ? "" : " none with enough free memory");
	if (!folio_pfns_visible())
		ksft_print_msg("PFNs and page flags are hidden: placement is judged by node "
			       "alone (needs CAP_SYS_ADMIN)\n");
}

static size_t count_selected(const struct suite *suite, const struct testcase *cases, size_t nr)
{
	size_t i, selected = 0;

	for (i = 0; i < nr; i++)
		selected += options_select(&suite->options, cases[i].name);
	return selected;
}

static void list_cases(const struct suite *suite, const struct testcase *cases, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (options_select(&suite->options, cases[i].name))
			printf("%s\n", cases[i].name);
}

/* Whether at least one selected case can run here: else there is nothing to observe. */
static bool any_runnable(const struct suite *suite, const struct testcase *cases, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (options_select(&suite->options, cases[i].name) &&
		    !cases[i].skip_reason(suite, &cases[i]))
			return true;
	return false;
}

static void run_case(const struct suite *suite, const struct testcase *test,
		     struct kmsg_watch *watch)
{
	const char *reason;
	int result = testcase_run(suite, test, watch, &reason);

	if (result == TESTCASE_HUNG) {
		ksft_test_result_fail("%s\n", test->name);
		ksft_exit_fail_msg("nothing that runs now could be trusted\n");
	}
	ksft_test_result_code(result, test->name, reason ? "%s" : NULL, reason);
}

static int run_cases(const struct suite *suite, const struct testcase *cases, size_t nr)
{
	struct kmsg_watch watch;
	size_t i;
	int r = kmsg_watch(&watch);

	if (r)
		ksft_print_msg("the kernel log cannot be read (%s): only taint is watched\n",
			       strerror(-r));
	for (i = 0; i < nr; i++)
		if (options_select(&suite->options, cases[i].name))
			run_case(suite, &cases[i], &watch);
	ksft_print_cnts();
	if (ksft_get_fail_cnt())
		return KSFT_FAIL;
	return ksft_get_pass_cnt() ? KSFT_PASS : KSFT_SKIP;
}

static int usage_error(const struct suite *suite, const char *error)
{
	fprintf(stderr, "%s: %s (-h for help)\n", suite->program, error);
	return KSFT_FAIL;
}

int suite_main(struct suite *suite, int argc, char **argv, const struct testcase *cases,
	       size_t nr, int (*probe)(const struct suite *suite))
{
	struct migrate_options defaults = suite->options;
	char error[128];
	size_t selected;

	if (options_parse(argc, argv, &suite->options, error, sizeof(error)))
		return usage_error(suite, error);
	if (suite->options.help) {
		options_help(stdout, suite->program, &defaults);
		return KSFT_PASS;
	}
	selected = count_selected(suite, cases, nr);
	if (!selected)
		return usage_error(suite, "no case has a name like that; -l lists them");
	if (suite->options.list) {
		list_cases(suite, cases, nr);
		return KSFT_PASS;
	}

	/* Comments of a case that dies must be out before its result. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	testcase_init();
	ksft_print_header();
	ksft_set_plan(selected);
	choose_seed(&suite->options);
	choose_nodes(suite);
	disable_background_migration();
	choose_contract(suite, any_runnable(suite, cases, nr), probe);
	print_setting(suite);
	return run_cases(suite, cases, nr);
}
