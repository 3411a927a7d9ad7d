/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Placements: how memory must look when pages are allocated, so that a trigger finds them.
 *
 *	placement_select_node()
 *	placement_setup()
 *	(allocate the pages)			\ placement_populate() repeats these
 *	placement_verify()			/
 *	placement_populated()
 *	placement_teardown()
 */
#ifndef SELFTEST_KVM_MIGRATE_TRIGGER_PLACEMENT_H
#define SELFTEST_KVM_MIGRATE_TRIGGER_PLACEMENT_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "migrate/mm/cma.h"
#include "migrate/mm/fragment.h"

struct gmem_vm;
struct placement_state;

struct placement {
	/* Returns one of @nr @nodes, or -1. */
	int (*select_node)(struct placement_state *state, const int *nodes, int nr);
	/* These may be absent. */
	void (*setup)(struct placement_state *state);
	bool (*verify)(const struct placement_state *state, const uint64_t *pfns, size_t nr);
	void (*populated)(struct placement_state *state);
	void (*teardown)(struct placement_state *state);
	int fire_tries;			/* firings until a page moves, each after a setup; 0: 1 */
	const char *skip_reason;	/* no node is suitable, or the pages are elsewhere */
	const char *control_skip_reason;	/* the trigger moves no control */
};

/* Owned by the caller, who may set .gvm before placement_setup(). */
struct placement_state {
	const struct placement *placement;	/* NULL: none */
	const struct gmem_vm *gvm;	/* whose pages are placed, or NULL */
	bool moves;			/* the pages must move */
	bool ready;			/* set up */
	int node;			/* -1: no node is suitable */
	struct fragment fragment;	/* of placement_fragment */
	unsigned long block;		/* of placement_offline, as these two files */
	int feeder, plug;
	struct cma_area area;		/* of placement_cma, as the memory that fills its node */
	void *filler;
	size_t filler_size;
};

/* The pages are in a memory block that can be taken offline. */
extern const struct placement placement_offline;
/* The node has ZONE_MOVABLE if the pages move, else another zone. */
extern const struct placement placement_zone_movable;
/* The pages are in the CMA area if they move, else in memory next to it. */
extern const struct placement placement_cma;
/* The pages are where compaction begins: see migrate/mm/fragment.h. */
extern const struct placement placement_fragment;

/*
 * Initialise @state for @placement, which may be NULL, and select one of @nr @nodes, before there
 * is a VM.  @moves: the pages must move.  Returns the node; without a suitable one the first,
 * and @state->node is -1: the case must skip for placement_skip_reason().
 */
int placement_select_node(struct placement_state *state, const struct placement *placement,
			  const int *nodes, int nr, bool moves);
const char *placement_skip_reason(const struct placement_state *state);

/* Do nothing where there is no suitable node, or @state is already set up, or torn down. */
void placement_setup(struct placement_state *state);
void placement_teardown(struct placement_state *state);

/* Returns whether the pages in frames @pfns are where they must be. */
bool placement_verify(const struct placement_state *state, const uint64_t *pfns, size_t nr);

/* The pages are allocated: the thread may run on all of its CPUs again. */
void placement_populated(struct placement_state *state);

/* Returned by @populate() for pages that are not where they must be, and then by this function. */
#define PLACEMENT_RETRY	(-1)
#define PLACEMENT_TRIES	5

/*
 * Call @populate(@data) until it returns anything but PLACEMENT_RETRY, @tries times at most, each
 * time with @state set up anew; the first time also with an earlier setup.
 * Returns what @populate() returned.
 */
int placement_populate(struct placement_state *state, int tries, int (*populate)(void *data),
		       void *data);

#endif /* SELFTEST_KVM_MIGRATE_TRIGGER_PLACEMENT_H */
