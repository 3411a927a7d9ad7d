// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "kvm_util.h"
#include "migrate/util/ksft_text.h"
#include "migrate/util/sysfile.h"
#include "migrate/util/task_stack.h"

#define THREADS_MAX	24

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

static void print_thread(const char *task, const char *tid, FILE *out)
{
	char stack[4096], where[128];
	int parent;
	char state = read_state(task, &parent);

	fprintf(out, "# thread %s is %c in %s\n", tid, state,
		read_task(task, "wchan", where, sizeof(where)));
	if (state == 'D')
		ksft_print_text(out, read_task(task, "stack", stack, sizeof(stack)));
}

static void print_process(pid_t pid, FILE *out)
{
	char path[64], task[96];
	struct dirent *entry;
	int shown = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)) && shown < THREADS_MAX) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(task, sizeof(task), "%s/%.16s", path, entry->d_name);
		print_thread(task, entry->d_name, out);
		shown++;
	}
	if (dir)
		closedir(dir);
}

void task_stack_print(pid_t pid, FILE *out)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	char task[32];
	int parent;

	print_process(pid, out);
	while (dir && (entry = readdir(dir))) {
		snprintf(task, sizeof(task), "/proc/%.16s", entry->d_name);
		read_state(task, &parent);
		if (parent == pid) {
			fprintf(out, "# and in process %s:\n", entry->d_name);
			print_process(atoi(entry->d_name), out);
		}
	}
	if (dir)
		closedir(dir);
}
