// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measure what a migration of guest_memfd costs, next to shmem and anonymous memory.
 *
 * Property: none.  No time is expected, none is judged; a case fails where nothing can be measured,
 * because pages stay that the kernel's contract says move.
 *
 * Algorithm: move the same number of pages of each kind by the same calls, in turn.  Report the
 * time per page and the ratio of guest_memfd to the others, as the median of all rounds and their
 * quartiles.  Cases differ in the call, in pages per call, pages in all, processes that map the
 * pages, and vCPUs.  A guest that runs times each of its touches: see migrate/perf/perf_guest.h.
 *
 * -j FILE also writes the results to FILE, and -c OLD NEW compares two such files.
 *
 * Contract by kernel: the "movable" kernels of guest_memfd_migrate_test; others are skipped.
 */
#include <sys/utsname.h>

#include "kvm_util.h"
#include "migrate/gmem/gmem_vm.h"
#include "migrate/perf/perf_case.h"
#include "migrate/util/child.h"

static struct perf_results *read_results(const char *path)
{
	struct perf_results *results = malloc(sizeof(*results));
	const char *wrong = results ? perf_results_read(path, results) : "out of memory";

	if (!wrong)
		return results;
	fprintf(stderr, "guest_memfd_migrate_perf_test: %s: %s\n", path, wrong);
	free(results);
	return NULL;
}

static int compare(int argc, char **argv)
{
	struct perf_results *old, *new;

	if (argc != 2) {
		fprintf(stderr, "guest_memfd_migrate_perf_test: -c needs two files: OLD NEW\n");
		return KSFT_FAIL;
	}
	old = read_results(argv[0]);
	new = read_results(argv[1]);
	if (!old || !new)
		return KSFT_FAIL;
	if (perf_results_compare(stdout, old, new))
		return KSFT_PASS;
	fprintf(stderr, "guest_memfd_migrate_perf_test: the files have no value in common\n");
	return KSFT_FAIL;
}

static int write_results(const char *path)
{
	int r;

	if (!perf_results->nr) {
		ksft_print_msg("nothing was measured: %s is not written\n", path);
		return 0;
	}
	r = perf_results_write(perf_results, path);
	if (r)
		fprintf(stderr, "guest_memfd_migrate_perf_test: cannot write %s: %s\n", path,
			strerror(-r));
	return r;
}

int main(int argc, char **argv)
{
	struct suite suite = {
		.program = "guest_memfd_migrate_perf_test",
		.options = { .contract = -1, .pages = 32, .iterations = 3, .results = "" },
	};
	struct testcase cases[nr_perf_cases];
	struct utsname uts;
	size_t i;
	int status;

	if (argc > 1 && !strcmp(argv[1], "-c"))
		return compare(argc - 2, argv + 2);
	perf_results = shared_alloc(sizeof(*perf_results));
	uname(&uts);
	snprintf(perf_results->kernel, sizeof(perf_results->kernel), "%.63s", uts.release);
	for (i = 0; i < nr_perf_cases; i++)
		cases[i] = perf_testcase(&perf_cases[i]);
	vm_keep_one_open();
	status = suite_main(&suite, argc, argv, cases, nr_perf_cases, perf_probe);
	if (suite.options.results[0] && write_results(suite.options.results))
		status = KSFT_FAIL;
	return status;
}
