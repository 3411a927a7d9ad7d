// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kvm_util.h"
#include "migrate/mm/trace.h"
#include "migrate/util/sysfile.h"
#include "migrate/util/undo.h"

#define INSTANCES	"/sys/kernel/tracing/instances"

/* For each CPU; the newest events stay. */
#define BUFFER_KIB	"64"

static int write_file(const struct trace *trace, const char *file, const char *text)
{
	char path[384];

	snprintf(path, sizeof(path), "%s/%s", trace->dir, file);
	return sysfile_write(path, text);
}

/*
 * The threads that this one creates later inherit its name.  A filter by PID, or names in the
 * trace, would patch the code of the scheduler, where emulated CPUs have crashed.  An instance has
 * no file options/record-cmd (TOP_LEVEL_TRACE_FLAGS in kernel/trace/trace.c).
 */
static bool start(struct trace *trace, const char *event)
{
	char name[16], filter[40], path[256];
	int fd;

	snprintf(name, sizeof(name), "migrate%d", getpid());
	prctl(PR_SET_NAME, name);
	snprintf(filter, sizeof(filter), "comm == \"%s\"", name);
	if (write_file(trace, "buffer_size_kb", BUFFER_KIB) ||
	    write_file(trace, "trace_options", "norecord-cmd"))
		return false;
	snprintf(path, sizeof(path), "events/%s/filter", event);
	if (write_file(trace, path, filter))
		return false;
	snprintf(path, sizeof(path), "events/%s/enable", event);
	if (write_file(trace, path, "1"))
		return false;
	snprintf(path, sizeof(path), "%s/trace_pipe", trace->dir);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	trace->pipe = fd < 0 ? NULL : fdopen(fd, "r");
	return trace->pipe;
}

bool trace_open(struct trace *trace, const char *event)
{
	trace->pipe = NULL;
	snprintf(trace->dir, sizeof(trace->dir), INSTANCES "/kvm_migrate_test.%d", getpid());
	undo_add_dir(trace->dir);
	if (!mkdir(trace->dir, 0700) && start(trace, event))
		return true;
	trace_close(trace);
	return false;
}

bool trace_read(struct trace *trace, char *line, size_t size)
{
	if (fgets(line, size, trace->pipe))
		return true;
	clearerr(trace->pipe);
	return false;
}

void trace_close(struct trace *trace)
{
	if (trace->pipe)
		fclose(trace->pipe);
	undo_run(trace->dir, NULL);
	undo_cancel(trace->dir, NULL);
}
