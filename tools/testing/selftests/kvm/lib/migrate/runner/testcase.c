// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest.h"
#include "migrate/runner/hook.h"
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

static const struct runner_hook * const hooks[] = {
	&hook_test_env,
	&hook_background,
	&hook_kmsg,
	&hook_task_stack,
	NULL
};

/* The @member of each hook that has it. */
#define for_each_hook(i, member)	\
	for ((i) = 0; hooks[i]; (i)++)	\
		if (hooks[i]->member)

static const int end_signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };
static volatile pid_t case_pid;
static volatile sig_atomic_t alarms;

int suite_skip(const char *reason)
{
	snprintf(skip_reason, SKIP_REASON_SIZE, "%s", reason);
	return KSFT_SKIP;
}

const char *suite_context(const struct suite *suite)
{
	static char text[128];

	snprintf(text, sizeof(text), "contract %s (%s), seed 0x%" PRIx64,
		 contract_name(suite->contract.id), contract_source_name(suite->contract.source),
		 suite->options.seed);
	return text;
}

static void print_rerun(const struct suite *suite, const struct testcase *test)
{
	printf("# rerun: %s -k %s -t %s -p %zu -i %lu -s 0x%" PRIx64, suite->program,
	       contract_name(suite->contract.id), test->name, suite->options.pages,
	       suite->options.iterations, suite->options.seed);
	if (suite->options.nr_vcpus)
		printf(" -v %lu", suite->options.nr_vcpus);
	if (test->unsafe)
		printf(" -U");
	printf("\n");
}

/* Repeats: waitpid() misses an alarm that comes just before it. */
static void on_alarm(int sig)
{
	(void)sig;
	alarms++;
	alarm(SECONDS_TO_DIE);
}

static void exit_hooks(void)
{
	size_t i;

	for_each_hook(i, exit)
		hooks[i]->exit();
}

/* The system is restored when the case's process is gone, or hung. */
static void on_end(int sig)
{
	if (case_pid > 0) {
		kill(case_pid, SIGKILL);
		alarm(SECONDS_TO_DIE);
		waitpid(case_pid, NULL, 0);
	}
	exit_hooks();
	signal(sig, SIG_DFL);
	raise(sig);
}

/* Without SA_RESTART, which signal() sets: alarms must interrupt waitpid(). */
static void handle(int sig, void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler };

	sigaction(sig, &action, NULL);
}

void testcase_init(void)
{
	size_t i;

	skip_reason = shared_alloc(SKIP_REASON_SIZE);
	for (i = 0; i < ARRAY_SIZE(end_signals); i++)
		handle(end_signals[i], on_end);
	handle(SIGALRM, on_alarm);
	atexit(exit_hooks);
	for_each_hook(i, init)
		hooks[i]->init();
}

/* The case has none of the parent's handlers and dies with the parent. */
static void become_case(pid_t parent)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(end_signals); i++)
		handle(end_signals[i], SIG_DFL);
	handle(SIGALRM, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(KSFT_FAIL);
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

	if (options->nr_vcpus)
		moves *= options->nr_vcpus * MOVES_A_THREAD;
	return (SECONDS_AT_LEAST + moves / MOVES_A_SECOND) * timeout_multiplier();
}

static void kill_case(unsigned int seconds)
{
	size_t i;

	ksft_print_msg("no end within %u s:\n", seconds);
	for_each_hook(i, timeout)
		hooks[i]->timeout(case_pid);
	kill(case_pid, SIGKILL);
	alarm(SECONDS_TO_DIE);
}

/* Returns the wait status of the case, or -1 where it survives SIGKILL. */
static int wait_for_case(unsigned int seconds)
{
	int status = 0, killed_at = 0;
	bool again;
	pid_t pid;

	alarms = 0;
	alarm(seconds);
	do {
		pid = waitpid(case_pid, &status, 0);
		again = pid < 0 && errno == EINTR && (!killed_at || alarms == killed_at);
		if (again && alarms && !killed_at) {
			killed_at = alarms;
			kill_case(seconds);
		}
	} while (again);
	alarm(0);
	case_pid = 0;
	return pid < 0 ? -1 : status;
}

/* Returns the result of a case that ended with wait status @status. */
static int judge_end(int status, unsigned int seconds)
{
	if (status == -1) {
		ksft_print_msg("SIGKILL does not end it: stuck in the kernel\n");
		return TESTCASE_HUNG;
	}
	if (alarms) {
		ksft_print_msg("killed after %u s\n", seconds);
		return KSFT_FAIL;
	}
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

/* Returns 0 in the process of the case. */
static pid_t fork_case(void)
{
	pid_t parent = getpid();

	skip_reason[0] = '\0';
	fflush(stdout);
	case_pid = fork();
	if (case_pid < 0)
		ksft_exit_fail_msg("fork: %s\n", strerror(errno));
	if (!case_pid)
		become_case(parent);
	return case_pid;
}

static void end_case(int result)
{
	fflush(NULL);
	_exit(result);
}

static int run_process(const struct suite *suite, const struct testcase *test)
{
	unsigned int seconds = timeout_seconds(&suite->options);
	size_t i;

	if (!fork_case()) {
		for_each_hook(i, enter)
			hooks[i]->enter(test->env);
		end_case(test->run(suite, test));
	}
	return judge_end(wait_for_case(seconds), seconds);
}

static int run_with_hooks(const struct suite *suite, const struct testcase *test)
{
	bool ready = true;
	int result = KSFT_FAIL;
	size_t i;

	for_each_hook(i, setup)
		ready &= hooks[i]->setup(test->env);
	if (ready)
		result = run_process(suite, test);
	/* A hung case may block the teardown: atexit() does it, after the report. */
	if (result == TESTCASE_HUNG)
		return result;
	for_each_hook(i, teardown)
		hooks[i]->teardown();
	return result;
}

static bool check_hooks(void)
{
	bool good = true;
	size_t i;

	for_each_hook(i, check)
		good &= hooks[i]->check();
	return good;
}

const char *testcase_skip_reason(const struct suite *suite, const struct testcase *test)
{
	const char *reason = test->skip_reason(suite, test);
	size_t i;

	for_each_hook(i, skip_reason)
		reason = reason ?: hooks[i]->skip_reason(test->env);
	return reason;
}

int testcase_run(const struct suite *suite, const struct testcase *test, const char **reason)
{
	int result;

	*reason = testcase_skip_reason(suite, test);
	if (*reason)
		return KSFT_SKIP;
	result = run_with_hooks(suite, test);
	if (!check_hooks() && result != TESTCASE_HUNG)
		result = KSFT_FAIL;
	if (result == KSFT_FAIL || result == TESTCASE_HUNG)
		print_rerun(suite, test);
	if (result == KSFT_SKIP)
		*reason = skip_reason;
	return result;
}

int testcase_probe(const struct suite *suite, int (*probe)(const struct suite *suite))
{
	unsigned int seconds = timeout_seconds(&suite->options);
	int status;

	if (!fork_case())
		end_case(probe(suite));
	status = wait_for_case(seconds);
	if (status == -1 || !WIFEXITED(status) || WEXITSTATUS(status) >= NR_CONTRACTS)
		ksft_exit_fail_msg("cannot probe the kernel's contract (choose it with -k)\n");
	return WEXITSTATUS(status);
}
