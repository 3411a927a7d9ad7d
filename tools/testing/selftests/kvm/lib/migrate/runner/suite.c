// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <sys/random.h>

#include "kselftest.h"
#include "migrate/mm/folio.h"
#include "migrate/mm/numa.h"
#include "migrate/runner/test_env.h"
#include "migrate/runner/testcase.h"
#include "migrate/runner/version.h"

/* Free memory of a node beyond twice the memory under test: page tables, shmem of the control. */
#define NODE_SLACK (32UL << 20)

static bool selects(const struct suite *suite, const struct testcase *test)
{
	/* A case that may make the machine unusable is selected by its name only. */
	if (test->unsafe && !suite->options.nr_filters && !suite->options.list)
		return false;
	return options_select(&suite->options, test->name);
}

/* Each @test of @nr @cases that the command line selects. */
#define for_each_selected(suite, test, cases, nr)			\
	for ((test) = (cases); (test) < (cases) + (nr); (test)++)	\
		if (selects((suite), (test)))

static void choose_seed(struct migrate_options *options)
{
	uint32_t seed;

	if (options->seed_given)
		return;
	options->seed = getrandom(&seed, sizeof(seed), 0) == sizeof(seed) ? seed : getpid();
}

static void choose_nodes(struct suite *suite)
{
	size_t bytes = 2 * suite->options.pages * getpagesize() + NODE_SLACK;
	int r = numa_pick_nodes(suite->nodes, SUITE_NODES_MAX, bytes);

	suite->nr_nodes = r < 0 ? 0 : r;
}

/* Returns whether a selected case can run: without one there is nothing to probe. */
static bool any_runnable(const struct suite *suite, const struct testcase *cases, size_t nr)
{
	const struct testcase *test;

	for_each_selected(suite, test, cases, nr)
		if (!testcase_skip_reason(suite, test))
			return true;
	return false;
}

static void choose_contract(struct suite *suite, const struct testcase *cases, size_t nr,
			    int (*probe)(const struct suite *suite))
{
	struct contract *contract = &suite->contract;

	contract->source = CONTRACT_BY_OPTION;
	contract->id = suite->options.contract;
	contract->flag_bit = suite->options.flag_bit;
	if (suite->options.contract >= 0)
		return;
	contract->source = CONTRACT_BY_BTF;
	if (suite->hook && !suite->hook->contract(contract))
		return;
	contract->source = CONTRACT_PROBED;
	contract->id = CONTRACT_UNMOVABLE;
	if (probe && any_runnable(suite, cases, nr))
		contract->id = testcase_probe(suite, probe);
}

static void print_run(const struct suite *suite)
{
	int i;

	ksft_print_msg("%s\n", suite_context(suite));
	printf("# %zu pages of %d bytes, %lu iterations, ", suite->options.pages, getpagesize(),
	       suite->options.iterations);
	if (suite->options.stress_vcpus)
		printf("%lu vCPUs, ", suite->options.stress_vcpus);
	printf("nodes");
	for (i = 0; i < suite->nr_nodes; i++)
		printf(" %d", suite->nodes[i]);
	printf("%s\n", suite->nr_nodes ? "" : " none (too little free memory)");
	if (!folio_pfns_visible())
		ksft_print_msg("PFNs and page flags are hidden: only the node of a page is checked "
			       "(needs CAP_SYS_ADMIN)\n");
}

/* Returns a filter that selects no case, or NULL. */
static const char *unmatched_filter(const struct suite *suite, const struct testcase *cases,
				    size_t nr)
{
	const struct migrate_options *options = &suite->options;
	size_t i;
	int f;

	for (f = 0; f < options->nr_filters; f++) {
		for (i = 0; i < nr && !options_match(options->filters[f], cases[i].name); i++)
			;
		if (i == nr)
			return options->filters[f];
	}
	return NULL;
}

static void run_case(const struct suite *suite, const struct testcase *test)
{
	const char *reason;
	int result = testcase_run(suite, test, &reason);

	if (result == TESTCASE_HUNG) {
		ksft_test_result_fail("%s\n", test->name);
		ksft_exit_fail_msg("a hung case may block all later ones\n");
	}
	/* Parsers take a reason after "# SKIP" for a part of the name. */
	if (reason)
		ksft_print_msg("skipped: %s\n", reason);
	ksft_test_result_code(result, test->name, NULL);
}

static int usage_error(const struct suite *suite, const char *error, const char *what)
{
	fprintf(stderr, "%s: %s%s (-h for help, -l for a list of cases)\n", suite->program, error,
		what);
	return KSFT_FAIL;
}

int suite_main(struct suite *suite, int argc, char **argv, const struct testcase *cases,
	       size_t nr, int (*probe)(const struct suite *suite))
{
	struct migrate_options defaults = suite->options;
	const char *wrong = options_parse(argc, argv, &suite->options);
	const struct testcase *test;
	unsigned int selected = 0;

	if (wrong)
		return usage_error(suite, wrong, "");
	if (suite->options.help) {
		options_help(stdout, suite->program, &defaults);
		return KSFT_PASS;
	}
	if (suite->options.version) {
		printf("%s %s\n", suite->program, MIGRATE_VERSION);
		return KSFT_PASS;
	}
	wrong = unmatched_filter(suite, cases, nr);
	if (wrong)
		return usage_error(suite, "no case matches -t ", wrong);
	for_each_selected(suite, test, cases, nr) {
		selected++;
		if (suite->options.list)
			printf("%s\n", test->name);
	}
	if (suite->options.list)
		return KSFT_PASS;

	/* Comments of a case that dies must precede its result. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	ksft_print_header();
	suite->hook = &test_env_hook;
	testcase_init(suite);
	choose_seed(&suite->options);
	choose_nodes(suite);
	choose_contract(suite, cases, nr, probe);
	wrong = suite->prepare ? suite->prepare(suite) : NULL;
	if (wrong)
		ksft_exit_skip("%s\n", wrong);
	ksft_set_plan(selected);
	print_run(suite);
	for_each_selected(suite, test, cases, nr)
		run_case(suite, test);
	ksft_print_cnts();
	if (ksft_get_fail_cnt())
		return KSFT_FAIL;
	return ksft_get_pass_cnt() ? KSFT_PASS : KSFT_SKIP;
}
