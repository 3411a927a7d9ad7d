// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest.h"
#include "migrate/runner/test_env.h"
#include "migrate/runner/testcase.h"
#include "migrate/util/cgroup.h"
#include "migrate/util/task_stack.h"
#include "migrate/util/undo.h"

/*
 * Seconds for a case of no size at all, and how many page moves count as one second more.  In a
 * round each of several threads moves a page about so often.
 */
#define SECONDS_AT_LEAST	60
#define MOVES_A_SECOND		500
#define MOVES_A_THREAD		8

/* Seconds that a killed process may take to go before it counts as stuck in the kernel. */
#define SECONDS_TO_DIE		5

/* Why a case skips itself; shared with its process. */
static char *skip_reason;
#define SKIP_REASON_SIZE 4096

static volatile pid_t case_pid;
static volatile sig_atomic_t alarms;

int suite_skip(const char *reason)
{
	snprintf(skip_reason, SKIP_REASON_SIZE, "%s", reason);
	return KSFT_SKIP;
}

/* The first one means that the case is late.  More of them: a single one may come at a bad time. */
static void on_alarm(int sig)
{
	(void)sig;
	alarms++;
	alarm(SECONDS_TO_DIE);
}

/* What is outside of the case can be taken away when its process is gone. */
static void on_end(int sig)
{
	if (case_pid > 0) {
		kill(case_pid, SIGKILL);
		alarm(SECONDS_TO_DIE);
		waitpid(case_pid, NULL, 0);
	}
	undo_run_all();
	cgroup_remove();
	signal(sig, SIG_DFL);
	raise(sig);
}

static void handle(int sig, void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler };

	sigaction(sig, &action, NULL);
}

void testcase_init(void)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };
	size_t i;

	skip_reason = mmap(NULL, SKIP_REASON_SIZE, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (skip_reason == MAP_FAILED)
		ksft_exit_fail_msg("no memory to share with the cases: %s\n", strerror(errno));
	for (i = 0; i < ARRAY_SIZE(ends); i++)
		handle(ends[i], on_end);
	handle(SIGALRM, on_alarm);
	undo_init();
	atexit(cgroup_remove);
	atexit(undo_run_all);
}

/* In the case's process: no handler of the parent's, and no life without the parent. */
static void become_case(pid_t parent)
{
	static const int defaults[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGALRM };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(defaults); i++)
		handle(defaults[i], SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(KSFT_FAIL);
}

/* Whoever runs us knows that this machine is so many times slower, say by lockdep and KASAN. */
static unsigned int timeout_multiplier(void)
{
	const char *text = getenv("KSELFTEST_TIMEOUT_MULTIPLIER");
	unsigned long factor = text ? strtoul(text, NULL, 10) : 1;

	return factor >= 1 && factor <= 100 ? factor : 1;
}

static unsigned int seconds_for(const struct migrate_options *options)
{
	unsigned long moves = options->pages * (options->rounds + 10);

	if (options->threads)
		moves *= options->threads * MOVES_A_THREAD;
	return (SECONDS_AT_LEAST + moves / MOVES_A_SECOND) * timeout_multiplier();
}

/* What it was doing tells more than that it was killed. */
static void kill_case(unsigned int seconds)
{
	ksft_print_msg("no end within %u s:\n", seconds);
	task_stack_print(case_pid, stdout);
	kill(case_pid, SIGKILL);
	alarm(SECONDS_TO_DIE);
}

/* Wait for the case.  Returns its wait status, or -1 where even SIGKILL did not end it. */
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

/* What the end of the case's process says, in comments where it is not the whole story. */
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

static int run_apart(const struct suite *suite, const struct testcase *test)
{
	unsigned int seconds = seconds_for(&suite->options);

	if (!fork_case()) {
		test_env_enter(test->env);
		end_case(test->run(suite, test));
	}
	return judge_end(wait_for_case(seconds), seconds);
}

/* With all around it that the case's trigger needs. */
static int run_provided(const struct suite *suite, const struct testcase *test)
{
	const char *what;
	int r = test_env_setup(test->env, &what);
	int result = KSFT_FAIL;

	if (r)
		ksft_print_msg("cannot provide %s: %s\n", what, strerror(-r));
	else
		result = run_apart(suite, test);
	/* What is stuck in there would be waited for. */
	if (result != TESTCASE_HUNG)
		test_env_teardown();
	return result;
}

int testcase_run(const struct suite *suite, const struct testcase *test, struct kmsg_watch *watch,
		 const char **reason)
{
	int result;

	*reason = test->skip_reason(suite, test);
	if (*reason)
		return KSFT_SKIP;
	result = run_provided(suite, test);
	if (kmsg_splats(watch, stdout) && result != TESTCASE_HUNG)
		result = KSFT_FAIL;
	if (result == KSFT_FAIL || result == TESTCASE_HUNG)
		suite_print_rerun(suite, test);
	if (result == KSFT_SKIP)
		*reason = skip_reason;
	return result;
}

int testcase_probe(const struct suite *suite, int (*probe)(const struct suite *suite))
{
	unsigned int seconds = seconds_for(&suite->options);
	int status;

	if (!fork_case())
		end_case(probe(suite));
	status = wait_for_case(seconds);
	if (status == -1 || !WIFEXITED(status) || WEXITSTATUS(status) >= NR_CONTRACTS)
		ksft_exit_fail_msg("the kernel's contract could not be observed; give it by -k\n");
	return WEXITSTATUS(status);
}
