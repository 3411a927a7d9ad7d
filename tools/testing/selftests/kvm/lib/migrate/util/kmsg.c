// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest.h"
#include "migrate/util/kmsg.h"
#include "migrate/util/ksft_text.h"
#include "migrate/util/sysfile.h"

/* Lines shown of a splat: registers and the top of the call trace follow its first line. */
#define SPLAT_LINES 25

#define TAINT "/proc/sys/kernel/tainted"

#define THREADS_MAX	24

static int log_fd = -1;		/* -1: the log is unreadable */
static unsigned long taint_before;

bool kmsg_is_splat(const char *line)
{
	static const char * const marks[] = {
		"WARNING: ", "BUG: ", "kernel BUG at ", "Oops: ", "general protection fault",
		"INFO: task ", "INFO: rcu", "Bad page state", "Bad page map", "UBSAN: ",
		"possible circular locking", "possible recursive locking",
		"inconsistent lock state", "suspicious RCU usage",
		/* a negative counter: vmstat_refresh() in mm/vmstat.c */
		"vmstat_refresh: ",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(marks); i++)
		if (strstr(line, marks[i]))
			return true;
	return false;
}

char *taint_letters(unsigned long taint, char *text, size_t size)
{
	static const char letters[] = "PFSRMBUDAWCIOELKXTNJ";
	size_t bit, used = 0;

	for (bit = 0; bit < sizeof(letters) - 1 && used + 1 < size; bit++)
		if (taint & (1UL << bit))
			text[used++] = letters[bit];
	text[used] = '\0';
	return text;
}

int kmsg_watch(void)
{
	taint_before = sysfile_read_number(TAINT, 10);
	log_fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (log_fd < 0)
		return -errno;
	lseek(log_fd, 0, SEEK_END);
	return 0;
}

/*
 * Returns the message of the next record, or NULL at the end of the log.  ";" ends the prefix; the
 * lines below the message are properties (Documentation/ABI/testing/dev-kmsg).
 */
static const char *next_message(char *record, size_t size)
{
	ssize_t n;
	char *text;

	do {
		/* EPIPE: unread records were overwritten; the next read() skips them. */
		n = read(log_fd, record, size - 1);
	} while (n < 0 && (errno == EINTR || errno == EPIPE));
	if (n <= 0)
		return NULL;
	record[n] = '\0';
	text = strchr(record, ';');
	text = text ? text + 1 : record;
	text[strcspn(text, "\n")] = '\0';
	return text;
}

int kmsg_splats(void)
{
	unsigned long taint = sysfile_read_number(TAINT, 10), new_taint = taint & ~taint_before;
	int splats = 0, lines_left = 0;
	char record[8192], letters[32];
	const char *line;

	while ((line = next_message(record, sizeof(record)))) {
		if (kmsg_is_splat(line)) {
			splats++;
			lines_left = SPLAT_LINES;
		}
		if (lines_left) {
			printf("# kernel: %s\n", line);
			lines_left--;
		}
	}
	if (new_taint) {
		printf("# kernel: tainted since the case began: %s\n",
		       taint_letters(new_taint, letters, sizeof(letters)));
		splats++;
	}
	taint_before = taint;
	return splats;
}

/* Read @file of the task whose directory in /proc is @task; empty text where it is unreadable. */
static char *read_task(const char *task, const char *file, char *text, size_t size)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", task, file);
	if (sysfile_read(path, text, size) < 0)
		text[0] = '\0';
	return text;
}

/* Returns the task's state letter, '?' without such a task, and its parent in @parent. */
static char read_state(const char *task, int *parent)
{
	char text[1024], state = '?';
	char *name_end = strrchr(read_task(task, "stat", text, sizeof(text)), ')');

	*parent = 0;
	if (name_end)
		sscanf(name_end + 1, " %c %d", &state, parent);
	return state;
}

static void print_thread(const char *task)
{
	char stack[4096], where[128];
	int parent;
	char state = read_state(task, &parent);

	printf("# thread %s is %c in %s\n", strrchr(task, '/') + 1, state,
	       read_task(task, "wchan", where, sizeof(where)));
	if (state == 'D')
		ksft_print_text(stdout, read_task(task, "stack", stack, sizeof(stack)));
}

static void print_process(pid_t pid)
{
	char pattern[64];
	glob_t tasks;
	size_t i;

	snprintf(pattern, sizeof(pattern), "/proc/%d/task/*", pid);
	if (glob(pattern, 0, NULL, &tasks))
		return;
	for (i = 0; i < tasks.gl_pathc && i < THREADS_MAX; i++)
		print_thread(tasks.gl_pathv[i]);
	globfree(&tasks);
}

void task_stack_print(pid_t pid)
{
	int parent, child;
	glob_t tasks;
	size_t i;

	print_process(pid);
	if (glob("/proc/[0-9]*", 0, NULL, &tasks))
		return;
	for (i = 0; i < tasks.gl_pathc; i++) {
		read_state(tasks.gl_pathv[i], &parent);
		if (parent != pid)
			continue;
		child = atoi(tasks.gl_pathv[i] + strlen("/proc/"));
		printf("# and in process %d:\n", child);
		print_process(child);
	}
	globfree(&tasks);
}
