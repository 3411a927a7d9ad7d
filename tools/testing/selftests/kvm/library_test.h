/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs the cases of a test of the library itself.
 *
 * Each case runs in a child process.  The parent checks its exit status and its output, because
 * most cases must fail with a certain report.
 */
#ifndef SELFTEST_KVM_LIBRARY_TEST_H
#define SELFTEST_KVM_LIBRARY_TEST_H

#include <sys/wait.h>

#include "kvm_util.h"
#include "migrate/runner/version.h"
#include "ucall_common.h"

#define STATUS_ASSERTION	254
#define CASE_SECONDS		60

struct library_case {
	const char *name;
	void (*run)(void);
	int status;			/* expected exit status, or -signal */
	const char *texts[8];		/* expected in the output, in this order */
};

/* LIBRARY_CASE(function, status, texts...): the function's name is the name of the case. */
#define LIBRARY_CASE(fn, wanted, ...)	\
	{ .name = #fn, .run = fn, .status = wanted, .texts = { __VA_ARGS__ } }

/* Output of the case, and shared memory for its SKIP reason. */
static char case_output[1 << 16];
static struct ksft_nested *case_skip;

/* Starts the case with stdout and stderr in a pipe; returns the read end. */
static int start_case(const struct library_case *c, pid_t *pid)
{
	int fds[2];

	TEST_ASSERT(!pipe(fds), "pipe() failed");
	fflush(stdout);
	*pid = fork();
	TEST_ASSERT(*pid >= 0, "fork() failed");
	if (!*pid) {
		dup2(fds[1], STDOUT_FILENO);
		dup2(fds[1], STDERR_FILENO);
		close(fds[0]);
		close(fds[1]);
		ksft_nested = case_skip;
		alarm(CASE_SECONDS);
		c->run();
		exit(0);
	}
	close(fds[1]);
	return fds[0];
}

/* Reads the output of the case and waits for it; returns its exit status, or -signal. */
static int finish_case(int fd, pid_t pid)
{
	ssize_t len = test_read(fd, case_output, sizeof(case_output) - 1);
	int status;

	case_output[len] = '\0';
	close(fd);
	TEST_ASSERT(waitpid(pid, &status, 0) == pid, "waitpid() failed");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* Returns the first expected text that the output lacks after the previous ones, or NULL. */
static const char *missing_text(const struct library_case *c)
{
	const char *at = case_output;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(c->texts) && c->texts[i]; i++) {
		at = strstr(at, c->texts[i]);
		if (!at)
			return c->texts[i];
		at += strlen(c->texts[i]);
	}
	return NULL;
}

/* Returns true if every line of the output is a TAP comment, as a report requires. */
static bool all_commented(void)
{
	const char *line = case_output;

	while (*line) {
		if (strncmp(line, "# ", 2))
			return false;
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return true;
}

/* Makes the case print its own TAP, like a test program. */
static void __maybe_unused become_program(void)
{
	ksft_nested = NULL;
	ksft_header_done = false;
	ksft_reset_state();
}

static void run_case(const struct library_case *c)
{
	const char *missing;
	int status;
	pid_t pid;
	int fd;

	memset(case_skip, 0, sizeof(*case_skip));
	fd = start_case(c, &pid);
	status = finish_case(fd, pid);

	if (status == KSFT_SKIP && case_skip->reason[0]) {
		ksft_test_result_code(KSFT_SKIP, c->name, "%s", case_skip->reason);
		return;
	}
	missing = missing_text(c);
	if (status == c->status && !missing &&
	    (status != STATUS_ASSERTION || all_commented())) {
		ksft_test_result_pass("%s\n", c->name);
		return;
	}
	ksft_print_msg("wanted status %d, got %d\n", c->status, status);
	if (missing)
		ksft_print_msg("wanted text: %s\n", missing);
	ksft_print_msg("output:\n%s\n", case_output);
	ksft_test_result_fail("%s\n", c->name);
}

/* Handles the only argument that these tests take.  Returns the exit status. */
static int library_argument(const char *program, const char *argument,
			    const struct library_case *cases, size_t nr)
{
	size_t i;

	if (!strcmp(argument, "-h") || !strcmp(argument, "--help")) {
		printf("usage: %s [-l | -h | --help | --version]\n\n"
		       "Tests the library of the KVM selftests.  -l lists the cases.\n", program);
	} else if (!strcmp(argument, "--version")) {
		printf("%s %s\n", program, MIGRATE_VERSION);
	} else if (!strcmp(argument, "-l")) {
		for (i = 0; i < nr; i++)
			puts(cases[i].name);
	} else {
		fprintf(stderr, "%s: unknown argument %s (-h for help)\n", program, argument);
		return KSFT_FAIL;
	}
	return KSFT_PASS;
}

/*
 * Keeps one VM during all cases.  Creating the first VM of a machine and freeing the last one
 * patch the scheduler (static key of preempt notifiers, kernel/sched/core.c).  That is slow on an
 * emulated machine, and QEMU 7.2 may execute the patched code wrongly.
 */
static int run_library_cases(int argc, char **argv, const struct library_case *cases, size_t nr)
{
	struct kvm_vm *vm;
	size_t i;

	if (argc > 1)
		return library_argument(basename(argv[0]), argv[1], cases, nr);
	ksft_print_header();
	vm = vm_create_barebones();
	case_skip = kvm_mmap(sizeof(*case_skip), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1);
	ksft_set_plan(nr);
	for (i = 0; i < nr; i++)
		run_case(&cases[i]);
	kvm_vm_free(vm);
	ksft_finished();
}

#endif /* SELFTEST_KVM_LIBRARY_TEST_H */
