/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory that a performance case moves, and the calls that move it.
 */
#ifndef SELFTEST_KVM_MIGRATE_PERF_PERF_MEMORY_H
#define SELFTEST_KVM_MIGRATE_PERF_PERF_MEMORY_H

#include "migrate/gmem/gmem_vm.h"
#include "migrate/perf/perf_case.h"
#include "migrate/perf/perf_guest.h"

enum perf_kind {
	PERF_GUEST_MEMFD,
	PERF_SHMEM,
	PERF_ANON,
	NR_PERF_KINDS,
};

extern const char * const perf_kind_names[NR_PERF_KINDS];

struct perf_memory {
	enum perf_kind kind;
	size_t nr_pages;
	void *mem;
	struct gmem_vm *gvm;	/* the guest that uses it; guest_memfd always has one */
	struct perf_log *logs;	/* of its vCPUs, if they run */
	void **pages;		/* arguments of move_pages() */
	int *nodes, *status;
};

/* Allocate @nr_pages on @node and fill them; with .nr_vcpus of @test a guest uses them. */
void perf_memory_create(struct perf_memory *memory, enum perf_kind kind,
			const struct perf_case *test, size_t nr_pages, int node);
void perf_memory_free(struct perf_memory *memory);

/* Returns how many pages are on @node. */
size_t perf_memory_on(struct perf_memory *memory, int node);

/* Move as many pages as possible from @from to @to, by the case's calls.  Returns nanoseconds. */
uint64_t perf_memory_move(struct perf_memory *memory, const struct perf_case *test, int from,
			  int to);

/* Returns a clock's nanoseconds. */
uint64_t perf_now(void);

#endif /* SELFTEST_KVM_MIGRATE_PERF_PERF_MEMORY_H */
