// SPDX-License-Identifier: GPL-2.0-only
/* Reports of failed assertions and of unexpected signals. */
#include <ucontext.h>
#include <unwind.h>

#include "kvm_syscalls.h"
#include "kvm_util.h"
#include "symbol.h"

#define EXIT_ASSERTION	254

/* ---- Backtrace ------------------------------------------------------------------------- */

struct backtrace {
	FILE *stream;
	int frame;
};

static _Unwind_Reason_Code print_frame(struct _Unwind_Context *context, void *arg)
{
	struct backtrace *bt = arg;
	unsigned long ip = _Unwind_GetIP(context);
	char name[128];

	/* The first two frames belong to this file. */
	if (bt->frame++ < 2)
		return _URC_NO_REASON;
	if (!ip || bt->frame > 20)
		return _URC_END_OF_STACK;
	/* The return address may belong to the next line or function; the call is before it. */
	fprintf(bt->stream, "  at %s\n", symbol_name(ip - 1, name, sizeof(name)));
	return _URC_NO_REASON;
}

static noinline void print_backtrace(FILE *stream)
{
	struct backtrace bt = { .stream = stream };

	_Unwind_Backtrace(print_frame, &bt);
}

/* ---- Report ---------------------------------------------------------------------------- */

/* Writes to stderr.  Ignores errors: a failed report must not cause another report. */
static void write_stderr(const char *text, size_t size)
{
	ssize_t put;

	for (; size; text += put, size -= put) {
		put = write(STDERR_FILENO, text, size);
		if (put < 0 && errno != EINTR)
			return;
		put = max_t(ssize_t, put, 0);
	}
}

/* Writes @text to stderr in one write, with "# " before each line. */
static void print_commented(const char *text)
{
	char *out = NULL;
	size_t size, len;
	FILE *stream = open_memstream(&out, &size);

	if (!stream) {
		fputs(text, stderr);
		return;
	}
	for (; *text; text += len + !!text[len]) {
		len = strcspn(text, "\n");
		fprintf(stream, "# %.*s\n", (int)len, text);
	}
	fclose(stream);
	write_stderr(out, size);
	free(out);
}

noinline void test_assert(bool ok, const char *expr, const char *file, unsigned int line,
			  const char *fmt, ...)
{
	static bool failing;
	int error = errno;
	char *text = NULL;
	FILE *stream;
	size_t size;
	va_list args;

	if (ok)
		return;

	stream = open_memstream(&text, &size);
	if (!stream)
		_exit(EXIT_ASSERTION);
	fprintf(stream, "==== Test Assertion Failure ====\n%s:%u: %s\n", file, line, expr);
	va_start(args, fmt);
	fprintf(stream, "  ");
	vfprintf(stream, fmt, args);
	va_end(args);
	fprintf(stream, "\n  pid %d, tid %d, errno %d (%s)\n", getpid(), kvm_gettid(), error,
		strerror(error));
	print_backtrace(stream);
	kvm_dump_exits(stream);
	fclose(stream);
	print_commented(text);
	free(text);

	/* Only one thread may run exit handlers; a failure inside them must not run them again. */
	if (__atomic_exchange_n(&failing, true, __ATOMIC_RELAXED))
		_exit(EXIT_ASSERTION);
	exit(EXIT_ASSERTION);
}

void print_skip(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	printf("# ");
	vprintf(fmt, args);
	printf(", skipping test\n");
	va_end(args);
}

/* ---- Signals --------------------------------------------------------------------------- */

/*
 * Prints which instruction an unexpected signal interrupted, then raises the signal again with its
 * default action (SA_RESETHAND), so that the parent process sees it too.
 */
static void report_signal(int signum, siginfo_t *info, void *context)
{
	char text[256], name[128];
	unsigned long ip = symbol_ucontext_ip(context);
	int len;

	len = snprintf(text, sizeof(text), "# unexpected signal %d (%s), address %p, at %s\n",
		       signum, strsignal(signum), info->si_addr,
		       symbol_name(ip, name, sizeof(name)));
	write_stderr(text, min_t(size_t, len, sizeof(text) - 1));
	raise(signum);
}

static void __attribute__((constructor)) catch_signals(void)
{
	static const int signals[] = { SIGBUS, SIGSEGV, SIGILL, SIGFPE };
	struct sigaction action = {
		.sa_sigaction = report_signal,
		.sa_flags = SA_SIGINFO | SA_RESETHAND,
	};
	size_t i;

	/* A fork() must not print lines twice, and stdout must stay in order with stderr. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &action, NULL);
}
