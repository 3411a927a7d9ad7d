/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Placements: how memory must look when pages are allocated, so that a trigger finds them.  The
 * steps are those of struct placement, with the allocation between .setup() and .verify().
 */
#ifndef SELFTEST_KVM_MIGRATE_TRIGGER_PLACEMENT_H
#define SELFTEST_KVM_MIGRATE_TRIGGER_PLACEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gmem_vm;
struct placement_state;

struct placement {
	/* Returns one of @nr @nodes, or -1.  Each function may be absent. */
	int (*select_node)(struct placement_state *state, const int *nodes, int nr);
	void (*setup)(struct placement_state *state);
	bool (*verify)(const struct placement_state *state, const uint64_t *pfns, size_t nr);
	void (*populated)(struct placement_state *state);
	void (*teardown)(struct placement_state *state);
	int fire_tries;			/* firings until a page moves, each after a setup; 0: 1 */
	const char *skip_reason;	/* no node is suitable, or the pages are elsewhere */
	const char *control_skip_reason;	/* the trigger moves no control */
};

struct placement_state {
	const struct placement *placement;	/* NULL: none */
	struct gmem_vm *gvm;	/* whose pages are placed, set by the caller, or NULL */
	bool moves;			/* the pages must move */
	bool ready;			/* set up */
	int node;			/* -1: no node is suitable */
};

/*
 * Use up the free pieces of page blocks for unmovable memory on the node of @state, by a
 * guest_memfd of its VM: page blocks of other memory must serve the next one.  Returns the file.
 */
int placement_feed(const struct placement_state *state);

/* The pages are in a memory block that can be taken offline. */
extern const struct placement placement_offline;
/* The node has ZONE_MOVABLE if the pages move, else another zone. */
extern const struct placement placement_zone_movable;
/* The pages are in the CMA area if they move, else in memory next to it. */
extern const struct placement placement_cma;
/* The pages are in a range that the kernel can allocate a gigantic page in. */
extern const struct placement placement_gigantic;
/* The pages are in memory of the virtio-mem device if they move. */
extern const struct placement placement_virtio_mem;
/* The pages are where compaction begins: see migrate/mm/fragment.h. */
extern const struct placement placement_fragment;

/*
 * Initialise @state for @placement, which may be NULL, before there is a VM.  @moves: the pages
 * must move.  Returns one of @nr @nodes.  Without a suitable one, that is the first, and the case
 * must skip for placement_skip_reason(), which else is NULL.
 */
int placement_select_node(struct placement_state *state, const struct placement *placement,
			  const int *nodes, int nr, bool moves);
const char *placement_skip_reason(const struct placement_state *state);

/* Set up, unless @state is set up or has no suitable node; tear down what is set up. */
void placement_setup(struct placement_state *state);
void placement_teardown(struct placement_state *state);

/* Returns whether the pages in frames @pfns are where they must be. */
bool placement_verify(const struct placement_state *state, const uint64_t *pfns, size_t nr);

/* The pages are allocated: the thread may run on all of its CPUs again. */
void placement_populated(struct placement_state *state);

#define PLACEMENT_RETRY	(-1)	/* the pages are elsewhere */
#define PLACEMENT_TRIES	5

/*
 * Set up and call @populate(@data), @tries times at most, until it returns another value than
 * PLACEMENT_RETRY.  Each try but the first needs a new setup.  Returns what @populate() returned.
 */
int placement_populate(struct placement_state *state, int tries, int (*populate)(void *data),
		       void *data);

#endif /* SELFTEST_KVM_MIGRATE_TRIGGER_PLACEMENT_H */
