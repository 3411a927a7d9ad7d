/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The functions behind kselftest_harness.h, which includes this file at its end: how
 * the process of a test is run, watched and judged, and the options of a test program.
 *
 *	program			prints TAP, waits, has the signals below blocked
 *	   `-- test		leads a process group: setup, test, teardown
 *
 * With FIXTURE_TEARDOWN_PARENT the process called test only tears down, and a child
 * of its own runs setup and test.
 */
#ifndef KSELFTEST_HARNESS_FUNCTIONS_H
#define KSELFTEST_HARNESS_FUNCTIONS_H

/* Seconds from SIGTERM to SIGKILL where a test is ended. */
#define __TH_GRACE 3

/* ---- Called by the macros, in the process of the test */

static inline const char *__th_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static inline __printf(4, 0) void __th_vlog(struct __test_metadata *t, const char *file,
					    int line, const char *fmt, va_list args)
{
	int saved_errno = errno;
	char text[1024];

	vsnprintf(text, sizeof(text), fmt, args);
	fprintf(TH_LOG_STREAM, "# %s:%d:%s:%s\n", __th_basename(file), line, t->name, text);
	errno = saved_errno;
}

static inline __printf(4, 5) void __th_log(struct __test_metadata *t, const char *file,
					   int line, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	__th_vlog(t, file, line, fmt, args);
	va_end(args);
}

static inline __printf(4, 5) void __th_log_failure(struct __test_metadata *t, const char *file,
						   int line, const char *fmt, ...)
{
	va_list args;

	t->exit_code = KSFT_FAIL;
	va_start(args, fmt);
	__th_vlog(t, file, line, fmt, args);
	va_end(args);
}

static inline const char *__th_format(char *text, size_t size, struct __th_value value)
{
	if (value.is_signed)
		snprintf(text, size, "%jd", (intmax_t)value.bits);
	else if (value.bits < 4096)
		snprintf(text, size, "%ju", value.bits);
	else
		snprintf(text, size, "%ju, %#jx", value.bits, value.bits);
	return text;
}

static inline void __th_expected(struct __test_metadata *t, const char *file, int line,
				 const char *expected_text, struct __th_value expected,
				 const char *op, const char *seen_text, struct __th_value seen)
{
	char e[64], s[64];

	__th_log_failure(t, file, line, "Expected %s (%s) %s %s (%s)", expected_text,
			 __th_format(e, sizeof(e), expected), op, seen_text,
			 __th_format(s, sizeof(s), seen));
}

/* strcmp() that knows NULL, which is equal to itself only. */
static inline int __th_strcmp(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) : a != b;
}

/* True while nothing of the test has failed; for tests that want to know. */
static inline bool __test_passed(struct __test_metadata *t)
{
	return t->exit_code != KSFT_FAIL && t->exit_code <= KSFT_SKIP;
}

/* Tears down, if it is up to this process and was not done yet. */
static inline void __th_teardown(struct __test_metadata *t)
{
	if (t->teardown_pid != getpid())
		return;
	t->teardown_pid = 0;
	t->fixture->teardown(t, t->self, t->variant);
}

/* An ASSERT failed: ends the process.  bool, to stand in an expression. */
static inline __noreturn bool __th_stop(struct __test_metadata *t)
{
	__th_teardown(t);
	fflush(NULL);
	_exit(KSFT_FAIL);
}

/* ---- The process of a test */

static inline void __th_setup_and_test(struct __test_metadata *t)
{
	struct __fixture_metadata *f = t->fixture;

	if (f->setup)
		f->setup(t, t->self, t->variant);
	if (t->exit_code == KSFT_PASS) {
		if (f->teardown)
			t->teardown_pid = f->teardown_in_parent ? getppid() : getpid();
		t->fn(t, t->self, t->variant);
		__th_teardown(t);
	}
	if (ksft_test_num()) {
		ksft_print_msg("%s: a test of the harness must not report ksft_test_result_*()\n",
			       t->name);
		t->exit_code = KSFT_FAIL;
	}
	fflush(NULL);
	_exit(t->exit_code);
}

/* Ends this process the way its child ended. */
static inline __noreturn void __th_end_like(int status)
{
	fflush(NULL);
	if (WIFSIGNALED(status)) {
		signal(WTERMSIG(status), SIG_DFL);
		raise(WTERMSIG(status));
	}
	_exit(WEXITSTATUS(status));
}

static inline __noreturn void __th_child(struct __test_metadata *t)
{
	int status = 0;
	pid_t pid;

	ksft_reset_state();
	ksft_nested = &t->nested;
	if (!t->fixture->teardown_in_parent)
		__th_setup_and_test(t);

	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		__th_setup_and_test(t);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		ksft_print_msg("%s: no process for the test: %s\n", t->name, strerror(errno));
		_exit(KSFT_FAIL);
	}
	__th_teardown(t);
	__th_end_like(t->exit_code == KSFT_FAIL ? KSFT_FAIL << 8 : status);
}

/* ---- The program: runs one test and judges it */

/* What wakes the program up while it waits for a test, and its mask before that. */
static sigset_t __th_signals, __th_old_mask;

static inline void __th_block_signals(void)
{
	const int signals[] = { SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	unsigned int i;

	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&__th_signals);
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		sigaddset(&__th_signals, signals[i]);
	sigprocmask(SIG_BLOCK, &__th_signals, &__th_old_mask);
}

static inline void __th_restore_signals(void)
{
	sigprocmask(SIG_SETMASK, &__th_old_mask, NULL);
}

/* Milliseconds. */
static inline int64_t __th_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* The program was told to stop: so it does, once the test is gone. */
static inline __noreturn void __th_die_of(int sig)
{
	fflush(NULL);
	signal(sig, SIG_DFL);
	__th_restore_signals();
	raise(sig);
	_exit(128 + sig);
}

/*
 * Waits for the process of a test, ends it where its time is over or the program is
 * told to stop, and kills what is left of its group.  Returns its wait status.
 */
static inline int __th_wait(struct __test_metadata *t, pid_t pid, bool *timed_out)
{
	int64_t deadline = t->timeout ? __th_now() + t->timeout * 1000LL : 0;
	int status = 0, stopped_by = 0;
	siginfo_t info;

	for (;;) {
		int64_t left = deadline ? deadline - __th_now() : 3600 * 1000;
		struct timespec wait = { left / 1000, left % 1000 * 1000000 };
		int sig;

		/* The zombie keeps the group's number ours until the kill() below. */
		info.si_pid = 0;
		if (!waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid == pid)
			break;
		sig = left > 0 ? sigtimedwait(&__th_signals, NULL, &wait) : -1;
		if (sig == SIGCHLD || (sig < 0 && (!deadline || __th_now() < deadline)))
			continue;

		/* SIGTERM first: the test may have something to put back. */
		kill(-pid, *timed_out || stopped_by ? SIGKILL : SIGTERM);
		if (sig > 0)
			stopped_by = sig;
		else
			*timed_out = true;
		deadline = __th_now() + __TH_GRACE * 1000;
	}
	kill(-pid, SIGKILL);
	waitpid(pid, &status, 0);
	if (stopped_by)
		__th_die_of(stopped_by);
	return status;
}

/* What a test that ended with this wait status has to say for itself: KSFT_*. */
static inline int __th_judge(struct __test_metadata *t, int status, bool timed_out)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	if (timed_out) {
		ksft_print_msg("%s: Test terminated by timeout\n", t->name);
	} else if (WIFSIGNALED(status)) {
		if (WTERMSIG(status) == t->termsig)
			return t->exit_code == KSFT_FAIL ? KSFT_FAIL : KSFT_PASS;
		ksft_print_msg("%s: Test terminated unexpectedly by signal %d\n", t->name,
			       WTERMSIG(status));
	} else if (t->exit_code == KSFT_FAIL) {
		ksft_print_msg("%s: Test failed\n", t->name);
	} else if (code == KSFT_SKIP || code == KSFT_XFAIL || code == KSFT_XPASS) {
		return code;
	} else if (t->termsig) {
		ksft_print_msg("%s: Test exited normally instead of by signal %d (code: %d)\n",
			       t->name, t->termsig, code);
	} else if (code == KSFT_PASS) {
		return t->exit_code;
	} else {
		ksft_print_msg("%s: Test failed with exit code %d\n", t->name, code);
	}
	return KSFT_FAIL;
}

/* Zeroed memory, MAP_SHARED with the process of the test or MAP_PRIVATE. */
static inline void *__th_memory(size_t size, int flag)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, flag | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		ksft_exit_fail_msg("no memory for a test: %s\n", strerror(errno));
	return p;
}

static inline void __th_run_copy(struct __test_metadata *t)
{
	pid_t parent = getpid(), pid;
	bool timed_out = false;
	int status;

	fflush(NULL);
	pid = fork();
	if (pid < 0) {
		ksft_print_msg("%s: no process for the test: %s\n", t->name, strerror(errno));
		t->exit_code = KSFT_FAIL;
		return;
	}
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(KSFT_FAIL);
		setpgid(0, 0);
		/* Who started us may have had it ignored. */
		if (t->termsig)
			signal(t->termsig, SIG_DFL);
		__th_restore_signals();
		__th_child(t);
	}
	setpgid(pid, pid);
	status = __th_wait(t, pid, &timed_out);
	t->exit_code = __th_judge(t, status, timed_out);
}

static inline bool __th_xfail(struct __fixture_variant_metadata *v, struct __test_metadata *t)
{
	struct __test_xfail *x;

	for (x = __xfail_list; x; x = x->next)
		if (x->variant == v && x->test == t)
			return true;
	return false;
}

static inline void __th_name(char *text, size_t size, struct __fixture_metadata *f,
			     struct __fixture_variant_metadata *v, struct __test_metadata *t)
{
	snprintf(text, size, "%s%s%s.%s", f->name, v ? "." : "", v ? v->name : "", t->name);
}

/* Runs test on variant v (NULL: none) and prints its result. */
static inline void __th_run(struct __fixture_metadata *f, struct __fixture_variant_metadata *v,
			    struct __test_metadata *test)
{
	struct __test_metadata *t = __th_memory(sizeof(*t), MAP_SHARED);
	char name[512];

	__th_name(name, sizeof(name), f, v, test);
	ksft_print_msg(" RUN           %s ...\n", name);

	*t = *test;
	t->variant = v ? v->data : NULL;
	if (f->size)
		t->self = __th_memory(f->size, f->teardown_in_parent ? MAP_SHARED : MAP_PRIVATE);
	__th_run_copy(t);

	if (v && __th_xfail(v, test) && t->exit_code == KSFT_FAIL)
		t->exit_code = KSFT_XFAIL;
	else if (v && __th_xfail(v, test) && t->exit_code == KSFT_PASS)
		t->exit_code = KSFT_XPASS;
	if (t->nested.reason[0] && t->exit_code == KSFT_SKIP)
		ksft_test_result_code(t->exit_code, name, "%s", t->nested.reason);
	else
		ksft_test_result_code(t->exit_code, name, NULL);
	if (t->self)
		munmap(t->self, f->size);
	munmap(t, sizeof(*t));
}

/* ---- Options */

static inline void __th_usage(FILE *stream, const char *program)
{
	fprintf(stream,
		"usage: %s [option...]\n"
		"  -l         list the tests, by the names that -r takes\n"
		"  -r NAME    run this test\n"
		"  -t TEST    run, or with -T leave out, tests of that name\n"
		"  -f FIXTURE the same, or with -F, for all tests of a fixture\n"
		"  -v VARIANT the same, or with -V, for all tests of a variant\n"
		"  -d         print debugging messages\n"
		"  -h         print this\n"
		"The first of -r -t -T -f -F -v -V that fits a test decides; where none does,\n"
		"the test runs unless there is an -r, -t, -f or -v.\n", program);
}

/* What the options say about a test: argv has been checked before. */
static inline bool __th_selected(int argc, char **argv, struct __fixture_metadata *f,
				 struct __fixture_variant_metadata *v, struct __test_metadata *t)
{
	bool only_named = false;
	char name[512];
	int opt;

	__th_name(name, sizeof(name), f, v, t);
	optind = 1;
	while ((opt = getopt(argc, argv, "dhlf:F:v:V:t:T:r:")) != -1) {
		const char *mine = "";

		switch (tolower(opt)) {
		case 'r':
			mine = name;
			break;
		case 't':
			mine = t->name;
			break;
		case 'f':
			mine = f->name;
			break;
		case 'v':
			mine = v ? v->name : "";
			break;
		default:
			continue;
		}
		if (!strcmp(mine, optarg))
			return islower(opt);
		if (islower(opt))
			only_named = true;
	}
	return !only_named;
}

/* Calls action for every test that the options select; returns their number. */
static inline unsigned int __th_for_each(int argc, char **argv,
					 void (*action)(struct __fixture_metadata *f,
							struct __fixture_variant_metadata *v,
							struct __test_metadata *t))
{
	struct __fixture_variant_metadata *v;
	struct __fixture_metadata *f;
	struct __test_metadata *t;
	unsigned int count = 0;

	for (f = __fixture_list; f; f = f->next) {
		v = f->variants;
		do {
			for (t = f->tests; t; t = t->next) {
				if (!__th_selected(argc, argv, f, v, t))
					continue;
				count++;
				if (action)
					action(f, v, t);
			}
			v = v ? v->next : NULL;
		} while (v);
	}
	return count;
}

static inline void __th_list(struct __fixture_metadata *f, struct __fixture_variant_metadata *v,
			     struct __test_metadata *t)
{
	char name[512];

	__th_name(name, sizeof(name), f, v, t);
	puts(name);
}

/* Does what -h, -l and -d ask for; refuses what is no option. */
static inline void __th_options(int argc, char **argv)
{
	bool list = false;
	int opt;

	while ((opt = getopt(argc, argv, "dhlf:F:v:V:t:T:r:")) != -1) {
		switch (opt) {
		case 'd':
			ksft_debug_enabled = true;
			break;
		case 'l':
			list = true;
			break;
		case 'h':
			__th_usage(stdout, argv[0]);
			exit(0);
		case '?':
			__th_usage(stderr, argv[0]);
			exit(KSFT_FAIL);
		}
	}
	if (optind < argc) {
		fprintf(stderr, "%s: unknown argument: %s\n", argv[0], argv[optind]);
		__th_usage(stderr, argv[0]);
		exit(KSFT_FAIL);
	}
	if (list) {
		__th_for_each(argc, argv, __th_list);
		exit(0);
	}
}

/* Runs the tests that the options select; TEST_HARNESS_MAIN is nothing but this. */
static inline int test_harness_run(int argc, char **argv)
{
	unsigned int count;

	__th_options(argc, argv);
	count = __th_for_each(argc, argv, NULL);
	if (!count) {
		fprintf(stderr, "%s: no test fits the options; -l lists all\n", argv[0]);
		return KSFT_FAIL;
	}
	__th_block_signals();
	ksft_print_header();
	ksft_set_plan(count);
	__th_for_each(argc, argv, __th_run);
	__th_restore_signals();
	ksft_finished();
}

#endif /* KSELFTEST_HARNESS_FUNCTIONS_H */
