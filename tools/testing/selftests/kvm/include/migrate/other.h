/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Another process: one that makes a call about this one, or one that maps the same memory.
 */
#ifndef SELFTEST_KVM_MIGRATE_OTHER_H
#define SELFTEST_KVM_MIGRATE_OTHER_H

#include <stddef.h>
#include <sys/types.h>

#include "migrate/vm.h"

/*
 * Have another process call @call(@data), and return what that returned.  It works on a copy of
 * this process's memory: what it is to bring back goes to memory of other_memory().
 */
long other_call(long (*call)(const void *data), const void *data);
void *other_memory(size_t size);
void other_memory_free(void *mem, size_t size);

/*
 * The same by a process that has this one's memory: while there is a copy, the first write to each
 * page makes a page of its own, and pages that are being copied do not move.  @call must not do
 * more than system calls.
 */
long other_call_sharing(long (*call)(const void *data), const void *data);

/* A process that maps and reads all pages of a guest_memfd, as this one does. */
struct sharer {
	pid_t pid;
	int orders, answers;
	size_t bad;		/* pages that were not as they should be at once */
};

void sharer_start(struct sharer *sharer, const struct gmem_vm *gvm);

/*
 * Have it read all pages again, and end it.  Returns how many were not as they should be, now or
 * when it began.
 */
size_t sharer_finish(struct sharer *sharer);

#endif /* SELFTEST_KVM_MIGRATE_OTHER_H */
