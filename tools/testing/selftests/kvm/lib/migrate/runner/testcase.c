// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest.h"
#include "kvm_util.h"
#include "migrate/runner/testcase.h"
#include "migrate/util/child.h"

/*
 * Time limit of a case: a constant, and a second for so many page moves.  In an iteration, each of
 * several vCPU threads moves a page about MOVES_A_THREAD times.
 */
#define SECONDS_AT_LEAST	60
#define MOVES_A_SECOND		500
#define MOVES_A_THREAD		8

/* Seconds until a killed process counts as hung in the kernel. */
#define SECONDS_TO_DIE		5

/* From suite_skip(); shared with the process of the case. */
static char *skip_reason;
#define SKIP_REASON_SIZE 4096

static const struct runner_hook *hook;
static const int end_signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };
static volatile pid_t case_pid;
static volatile int case_pidfd = -1;

int suite_skip(const char *reason)
{
	snprintf(skip_reason, SKIP_REASON_SIZE, "%s", reason);
	return KSFT_SKIP;
}

const char *suite_context(const struct suite *suite)
{
	static char text[128];

	snprintf(text, sizeof(text), "contract %s (%s), seed 0x%" PRIx64,
		 contract_option(&suite->contract), contract_source_name(suite->contract.source),
		 suite->options.seed);
	return text;
}

static void print_rerun(const struct suite *suite, const struct testcase *test)
{
	printf("# rerun: %s -k %s -t %s -p %zu -i %lu -s 0x%" PRIx64, suite->program,
	       contract_option(&suite->contract), test->name, suite->options.pages,
	       suite->options.iterations, suite->options.seed);
	if (suite->options.stress_vcpus)
		printf(" -v %lu", suite->options.stress_vcpus);
	if (test->unsafe)
		printf(" -U");
	printf("\n");
}

/* Returns whether the case ends within @seconds.  Safe in a signal handler. */
static bool ends_within(unsigned int seconds)
{
	struct pollfd pollfd = { .fd = case_pidfd, .events = POLLIN };

	return poll(&pollfd, 1, seconds * 1000) > 0;
}

static void exit_hook(void)
{
	if (hook)
		hook->exit();
}

/* The system is restored when the case's process is gone, or hung. */
static void on_end(int sig)
{
	if (case_pid > 0) {
		kill(case_pid, SIGKILL);
		ends_within(SECONDS_TO_DIE);
	}
	exit_hook();
	signal(sig, SIG_DFL);
	raise(sig);
}

static void handle_end_signals(void (*handler)(int))
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(end_signals); i++)
		signal(end_signals[i], handler);
}

void testcase_init(const struct suite *suite)
{
	hook = suite->hook;
	skip_reason = shared_alloc(SKIP_REASON_SIZE);
	handle_end_signals(on_end);
	atexit(exit_hook);
	if (hook)
		hook->init();
}

/* Slow machines, for example with lockdep and KASAN, set the variable. */
static unsigned int timeout_multiplier(void)
{
	const char *text = getenv("KSELFTEST_TIMEOUT_MULTIPLIER");
	unsigned long factor = text ? strtoul(text, NULL, 10) : 1;

	return factor >= 1 && factor <= 100 ? factor : 1;
}

static unsigned int timeout_seconds(const struct migrate_options *options)
{
	unsigned long moves = options->pages * (options->iterations + 10);

	if (options->stress_vcpus)
		moves *= options->stress_vcpus * MOVES_A_THREAD;
	return (SECONDS_AT_LEAST + moves / MOVES_A_SECOND) * timeout_multiplier();
}

/* Start the process of a case.  Returns false in it. */
static bool fork_case(void)
{
	pid_t pid;

	skip_reason[0] = '\0';
	fflush(stdout);
	pid = child_fork();
	if (!pid) {
		handle_end_signals(SIG_DFL);
		return false;
	}
	case_pid = pid;
	case_pidfd = syscall(SYS_pidfd_open, pid, 0);
	TEST_ASSERT(case_pidfd >= 0, "pidfd_open: %s", strerror(errno));
	return true;
}

static void end_case(int result)
{
	fflush(NULL);
	_exit(result);
}

/* Wait for the case, kill it after @seconds.  Returns its wait status, or -1 where it survives. */
static int wait_for_case(unsigned int seconds, bool *killed)
{
	int status = -1;

	*killed = !ends_within(seconds);
	if (*killed) {
		ksft_print_msg("no end within %u s:\n", seconds);
		if (hook)
			hook->timeout(case_pid);
		kill(case_pid, SIGKILL);
	}
	if (!*killed || ends_within(SECONDS_TO_DIE))
		waitpid(case_pid, &status, 0);
	case_pid = 0;
	kvm_close(case_pidfd);
	case_pidfd = -1;
	return status;
}

/* Returns the result of a case that ended with wait status @status. */
static int judge_end(int status)
{
	if (WIFSIGNALED(status)) {
		ksft_print_msg("died of signal %d (%s)\n", WTERMSIG(status),
			       strsignal(WTERMSIG(status)));
		return KSFT_FAIL;
	}
	switch (WEXITSTATUS(status)) {
	case KSFT_PASS:
	case KSFT_FAIL:
	case KSFT_SKIP:
		return WEXITSTATUS(status);
	}
	ksft_print_msg("ended with status %d: an assertion, see above\n", WEXITSTATUS(status));
	return KSFT_FAIL;
}

static int run_process(const struct suite *suite, const struct testcase *test)
{
	unsigned int seconds = timeout_seconds(&suite->options);
	bool killed;
	int status;

	if (hook && !hook->setup(test->env))
		return KSFT_FAIL;
	if (!fork_case()) {
		if (hook)
			hook->enter(test->env);
		end_case(test->run(suite, test));
	}
	status = wait_for_case(seconds, &killed);
	if (status == -1) {
		ksft_print_msg("SIGKILL does not end it: stuck in the kernel\n");
		return TESTCASE_HUNG;
	}
	if (!killed)
		return judge_end(status);
	ksft_print_msg("killed after %u s\n", seconds);
	return KSFT_FAIL;
}

/* Skip slow cases, rather than leave them out: all runs of a program have the same names. */
static bool left_out(const struct suite *suite, const struct testcase *test)
{
	return test->slow && !suite->options.slow && !suite->options.nr_filters;
}

const char *testcase_skip_reason(const struct suite *suite, const struct testcase *test)
{
	const char *reason = test->skip_reason(suite, test);

	if (!reason && hook)
		reason = hook->skip_reason(test->env);
	if (!reason && left_out(suite, test))
		reason = "takes long (give -a, or -t with its name)";
	return reason;
}

int testcase_run(const struct suite *suite, const struct testcase *test, const char **reason)
{
	int result;

	*reason = testcase_skip_reason(suite, test);
	if (*reason)
		return KSFT_SKIP;
	result = run_process(suite, test);
	/* A hung case may block the teardown: atexit() does it, after the report. */
	if (hook && result != TESTCASE_HUNG)
		hook->teardown();
	if (hook && !hook->check() && result != TESTCASE_HUNG)
		result = KSFT_FAIL;
	if (result == KSFT_FAIL || result == TESTCASE_HUNG)
		print_rerun(suite, test);
	if (result == KSFT_SKIP)
		*reason = skip_reason;
	return result;
}

int testcase_probe(const struct suite *suite, int (*probe)(const struct suite *suite))
{
	bool killed;
	int status;

	if (!fork_case())
		end_case(probe(suite));
	status = wait_for_case(timeout_seconds(&suite->options), &killed);
	if (!WIFEXITED(status) || WEXITSTATUS(status) >= NR_CONTRACTS)
		ksft_exit_fail_msg("cannot probe the kernel's contract (choose it with -k)\n");
	return WEXITSTATUS(status);
}
