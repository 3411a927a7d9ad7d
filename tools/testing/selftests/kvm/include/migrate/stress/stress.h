/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stress test: targets, each a VM with its guest_memfd and a workload that uses it, and threads
 * that migrate the pages of all targets between all nodes meanwhile.
 *
 *	round	fill -> | concurrent migrators | -> migrators one by one -> compare everything
 *			| workload of target 1 |
 *			| workload of target 2 |
 *			| running guests ......|............................. stop
 *
 * A migrator is a row of the contract.  In the concurrent phase another thread may hold or isolate
 * a page for a moment: a call may do less than expected, but must return what the kernel returns
 * then.  One by one, with guests still running, each migrator must move something or be refused as
 * expected; pages that must not move stay in their frames.
 *
 * All decisions come from streams of random numbers, one for each thread and round, made from the
 * seed: the amount of work does not depend on its duration.
 */
#ifndef SELFTEST_KVM_MIGRATE_STRESS_STRESS_H
#define SELFTEST_KVM_MIGRATE_STRESS_STRESS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "kvm_util.h"
#include "migrate/matrix/fixture.h"
#include "migrate/mm/vmstat.h"
#include "migrate/trigger/placement.h"
#include "migrate/trigger/trigger.h"

#define STRESS_WORKLOADS_MAX	8
#define STRESS_MIGRATORS_MAX	24

struct stress_target;

/* A stream of random numbers: the keys of pages that no file has. */
struct stress_stream {
	struct pattern pattern;
	uint64_t drawn;
};

/* Uses a target while its pages migrate; see the list at the end. */
struct workload {
	const char *name;
	const char *unit;	/* of what .step() counts in .done */
	bool main;		/* pages and vCPUs of the options, two slots; else a quarter, one */
	bool runs;		/* guests work on all pages all the time (GUEST_RUN) */
	bool steady;		/* only migrators change the frames of pages */
	bool apart;		/* creates VMs of its own, which migrators do not know */
	bool private_mem;	/* of the kind vm_kind_private(.encrypted), else vm_kind_default */
	bool encrypted;
	int steps;		/* in a round */
	void (*step)(struct stress_target *target);
};

struct stress_target {
	const struct workload *workload;
	struct stress *stress;
	struct fixture fx;	/* VM and verdict; the workload's while its thread runs */
	struct stress_stream random;	/* of this round */
	uint32_t last_round;	/* of a fill ... */
	uint32_t *rounds;	/* ... and of the last fill of each page */
	unsigned long done;
	pthread_t thread;
};

struct migrator {
	const struct trigger *trigger;
	const struct expected *expected;
	unsigned long whole, part, refused;	/* calls */
	unsigned long ms;	/* of all calls */
	unsigned long moved;	/* pages, one by one */
};

/*
 * The migrators of a mix.  Triggers that move the whole process, or evacuate memory, need a mix
 * with just a guest: other workloads need nodes and memory of their own.
 */
enum stress_migrators {
	MIGRATORS_WITH_WORKLOADS,	/* all but those */
	MIGRATORS_BY_RANGE,	/* calls with a range and a target node */
	MIGRATORS_BY_NODE,	/* those, and calls with a target node for the whole process */
	MIGRATORS_BY_KERNEL,	/* the others */
};

/* One mix of workloads and migrators, for .data of a case. */
struct stress_mix {
	enum stress_migrators migrators;
	int turns;		/* firings of each migrator by each thread in a round */
	const struct workload *workloads[STRESS_WORKLOADS_MAX];	/* up to a NULL */
};

struct stress {
	const struct suite *suite;
	const struct testcase *test;
	const struct stress_mix *mix;	/* of the test */
	int nodes[MM_COUNTERS_NODES_MAX];
	int nr_nodes;
	struct stress_target targets[STRESS_WORKLOADS_MAX];
	int nr_targets;
	struct migrator migrators[STRESS_MIGRATORS_MAX];
	int nr_migrators;
	uint32_t next_stream;		/* random stream of the next migrator thread */
	pthread_rwlock_t concurrent;	/* read: one of many migrators; write: the only one */
	unsigned long round;
	bool placed;			/* pages are in the CMA area */
	struct placement_state fragment;	/* of the first node */
	bool failed;
};

#define for_each_target(stress, target) \
	for (typeof((stress)->targets[0]) *(target) = (stress)->targets; \
	     (target) < (stress)->targets + (stress)->nr_targets; (target)++)

#define for_each_migrator(stress, migrator) \
	for (typeof((stress)->migrators[0]) *(migrator) = (stress)->migrators; \
	     (migrator) < (stress)->migrators + (stress)->nr_migrators; (migrator)++)

/* For .skip_reason and .run of a case with a struct stress_mix as its .data. */
const char *stress_skip_reason(const struct suite *suite, const struct testcase *test);
int stress_run(const struct suite *suite, const struct testcase *test);

/* ---- rng.c: random decisions, and the end of a case -------------------------------------- */

/* A thread failed: all threads finish what they are doing and start nothing. */
bool stress_over(const struct stress *stress);
void stress_fail(struct stress *stress);

/* The stream of thread @id in this round; stress_draw() picks from @min to @max, both included. */
struct stress_stream stress_random(const struct stress *stress, uint32_t id);
uint64_t stress_draw(struct stress_stream *stream, uint64_t min, uint64_t max);
bool stress_flip(struct stress_stream *stream);
int stress_pick_node(const struct stress *stress, struct stress_stream *random, int other_than);
void stress_pick_range(struct stress_stream *random, size_t nr_pages, size_t most,
		       size_t *first, size_t *nr);
void stress_shuffle(struct stress_stream *random, int *order, int nr);

/* ---- target.c ---------------------------------------------------------------------------- */

/* Returns NULL where this architecture has no such kind. */
const struct vm_kind *workload_vm_kind(const struct workload *workload);

/* Returns false where this KVM cannot run the guest without userspace_addr. */
bool stress_target_open(struct stress_target *target, struct stress *stress,
			const struct workload *workload);
void stress_target_close(struct stress_target *target);
struct gmem_config stress_target_config(const struct stress_target *target);

void stress_target_begin_round(struct stress_target *target);
void stress_target_end_round(struct stress_target *target);

/*
 * Fault in the host's PTEs of pages that it maps: two migrators that zap and restore a PTE at the
 * same time may leave none.  Read the frames; 0: there is no PTE.
 */
void stress_target_touch(const struct stress_target *target, size_t first, size_t nr);
void stress_target_pfns(const struct stress_target *target, size_t first, size_t nr,
			uint64_t *pfns);

/* Call move_pages(), whatever it returns; the second one for a random range and node. */
void stress_move_pages(void *addr, size_t nr, int to);
void stress_target_move_some(struct stress_target *target);

/*
 * For workloads without running guests: each fill is a round of the pattern.  Differences are noted
 * in .fx.verdict.
 */
void stress_target_fill(struct stress_target *target, size_t first, size_t nr, bool by_guest);
void stress_target_check(struct stress_target *target, size_t first, size_t nr, bool by_guest);

/*
 * Compare the words of page @page with the last write to it, except for the counter word, if guests
 * run and change it.
 */
void stress_target_check_words(struct stress_target *target, size_t page, const u64 *words);

/* Note a wrong word, as verdict_bad_word() does, and fail. */
void stress_target_bad_word(struct stress_target *target, unsigned int bad, size_t page,
			    size_t word, uint64_t expected, uint64_t got);

/* ---- migrator.c -------------------------------------------------------------------------- */

/* Returns a SKIP reason where no migrator can be fired here, else NULL; @print the absent ones. */
const char *migrators_init(struct stress *stress, bool print);

/* The thread function of the concurrent phase; @arg is the struct stress. */
void *migrators_concurrent(void *arg);

/* Set up the placements that migrators need. */
void migrators_place(struct stress *stress, struct stress_target *target);

/* Fire one by one those that need a placement (@first), or the others. */
void migrators_serial(struct stress *stress, struct stress_target *target, bool first);
bool migrators_all_moved(const struct stress *stress);

/*
 * Workloads:
 *
 *	live		guests run on two memslots; the host reads the words they do not write
 *	slots		memslots are deleted, then created: one or two, with userspace_addr or not
 *	holes		holes are punched, read zero, and are filled by guest or host
 *	closing		VMs are closed in the middle of a move: VM, file, mapping in any order
 *	shared		another process maps the file for a while
 *	pinned		pages are pinned, must stay, are read through the pin, and unpinned
 *	conversions	private memory becomes shared and private again; both keep their content
 *	conversions_encrypted	the same with private memory that the CPU encrypts
 */
extern const struct workload workload_live, workload_slots, workload_holes, workload_closing,
			     workload_shared, workload_pinned, workload_conversions,
			     workload_encrypted;

#endif /* SELFTEST_KVM_MIGRATE_STRESS_STRESS_H */
