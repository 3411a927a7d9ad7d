/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trace event of the kernel as this process and its threads cause it, in an instance of tracefs
 * of its own (Documentation/trace/events.rst, Documentation/trace/ftrace.rst).
 */
#ifndef SELFTEST_KVM_MIGRATE_MM_TRACE_H
#define SELFTEST_KVM_MIGRATE_MM_TRACE_H

#include <stdbool.h>
#include <stdio.h>

struct trace {
	char dir[96];
	FILE *pipe;
};

/*
 * Trace @event, which is SYSTEM/NAME.  Returns false without tracefs, the event, or the permission.
 * An undo removes the instance if the process dies.
 */
bool trace_open(struct trace *trace, const char *event);

/* Read the next event as a line of text.  Returns false where there is none yet. */
bool trace_read(struct trace *trace, char *line, size_t size);

void trace_close(struct trace *trace);

#endif /* SELFTEST_KVM_MIGRATE_MM_TRACE_H */
