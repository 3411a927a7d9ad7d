// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "kvm_util.h"
#include "migrate/util/ksft_text.h"
#include "migrate/util/sysfile.h"
#include "migrate/util/task_stack.h"

/* Threads shown, and lines of a stack. */
#define THREADS_MAX	24
#define LINES_MAX	16

static char *read_of_thread(pid_t pid, const char *thread, const char *file, char *text,
			    size_t size)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/%d/task/%.16s/%s", pid, thread, file);
	if (sysfile_read(path, text, size) < 0)
		text[0] = '\0';
	return text;
}

/* The letter behind the name, which is in parentheses and may have any in it. */
static char state_of(pid_t pid, const char *thread)
{
	char text[1024], *end;

	end = strrchr(read_of_thread(pid, thread, "stat", text, sizeof(text)), ')');
	return end && end[1] ? end[2] : '?';
}

static void cut_lines(char *text, int most)
{
	for (; text && most; most--) {
		text = strchr(text, '\n');
		text += !!text;
	}
	if (text)
		*text = '\0';
}

static void describe_thread(pid_t pid, const char *thread, FILE *out)
{
	char stack[4096], where[128], state = state_of(pid, thread);

	fprintf(out, "# thread %s is %c in %s\n", thread, state,
		read_of_thread(pid, thread, "wchan", where, sizeof(where)));
	/* Not to be woken: it waits for the kernel itself. */
	if (state != 'D')
		return;
	cut_lines(read_of_thread(pid, thread, "stack", stack, sizeof(stack)), LINES_MAX);
	ksft_print_text(out, stack);
}

static void describe_process(pid_t pid, FILE *out)
{
	struct dirent *entry;
	char path[64];
	int shown = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)) && shown < THREADS_MAX) {
		if (entry->d_name[0] == '.')
			continue;
		describe_thread(pid, entry->d_name, out);
		shown++;
	}
	if (dir)
		closedir(dir);
}

static pid_t parent_of(pid_t pid)
{
	char path[64], text[1024], *end, state;
	int parent;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (sysfile_read(path, text, sizeof(text)) < 0)
		return 0;
	end = strrchr(text, ')');
	return end && sscanf(end + 1, " %c %d", &state, &parent) == 2 ? parent : 0;
}

void task_stack_print(pid_t pid, FILE *out)
{
	struct dirent *entry;
	DIR *dir;

	describe_process(pid, out);
	dir = opendir("/proc");
	while (dir && (entry = readdir(dir))) {
		pid_t other = atoi(entry->d_name);

		if (other > 0 && parent_of(other) == pid) {
			fprintf(out, "# and in process %d:\n", other);
			describe_process(other, out);
		}
	}
	if (dir)
		closedir(dir);
}
