/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything at once: parties, each a VM with its guest_memfd and a job that somebody does with
 * it, and a crowd of movers who push the pages of all parties between all nodes meanwhile.
 *
 *	round	fill -> | crowd of movers | -> movers one by one -> compare everything
 *			| job of party 1  |
 *			| job of party 2  |
 *			| guests at work .|............................ stop
 *
 * A mover is a row of the contract: its trigger, and what it is promised.  In the crowd a page may
 * be away for a moment, taken by a neighbour, so an answer may be less than what was promised, but
 * must be one that the kernel gives then.  One by one, with guests still at work, each mover has to
 * move something, or to be refused just as promised; and what may not move must be in the frames
 * that it was filled in.
 *
 * All decisions come from streams of random numbers, one for each thread and round, made from the
 * seed: how much is done does not depend on how long it takes.
 */
#ifndef SELFTEST_KVM_MIGRATE_STRESS_STRESS_H
#define SELFTEST_KVM_MIGRATE_STRESS_STRESS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "kvm_util.h"
#include "migrate/matrix/fixture.h"
#include "migrate/mm/mm_counters.h"
#include "migrate/trigger/placement.h"

#define STRESS_WORKLOADS_MAX		8
#define STRESS_MIGRATORS_MAX	24

struct stress;
struct stress_target;

/* Random numbers: the keys of pages that no file has. */
struct stress_stream {
	struct pattern pattern;
	uint64_t drawn;
};

/* What is done with a party while its pages are pushed about; see the list at the end. */
struct workload {
	const char *name;
	const char *unit;	/* of what .work counts in .done */
	bool main;		/* as many pages and vCPUs as asked for, else a quarter and one */
	bool two_slots;
	bool runs;		/* guests work on all pages all the time (GUEST_RUN) */
	bool steady;		/* only movers make pages go */
	bool apart;		/* makes VMs of its own, which the crowd does not know */
	bool private_mem;	/* of the kind vm_kind_private() */
	/* One round of it. */
	void (*work)(struct stress_target *target);
};

struct stress_target {
	const struct workload *workload;
	struct stress *stress;
	struct fixture fx;	/* VM and verdict; of the job's thread, while there is one */
	struct stress_stream random;	/* of this round */
	uint32_t last_round;	/* of a fill ... */
	uint32_t *rounds;	/* ... and of the last one of each page */
	unsigned long done;
	pthread_t thread;
};

struct migrator {
	const struct contract_row *row;
	unsigned long calls, whole, part, refused;
	unsigned long ms;	/* spent in all calls */
	unsigned long moved;	/* pages, when it was alone */
};

/*
 * Which movers a mix has.  What moves the whole process, or empties a place, has to be alone with a
 * guest: other jobs need nodes and memory of their own.
 */
enum stress_migrators {
	MIGRATORS_BESIDE_WORKLOADS,	/* all but those */
	MIGRATORS_BY_RANGE,	/* who takes pages and a node to move them to */
	MIGRATORS_BY_NODE,		/* those, and who takes a node for all of the process */
	MIGRATORS_BY_KERNEL,	/* the others */
};

/* One mix of jobs and movers, for .data of a case. */
struct stress_mix {
	enum stress_migrators migrators;
	int turns;		/* how often each of the crowd fires each mover in a round */
	const struct workload *workloads[STRESS_WORKLOADS_MAX];	/* up to a NULL */
};

struct stress {
	const struct suite *suite;
	const struct testcase *test;
	const struct stress_mix *mix;
	int nodes[MM_COUNTERS_NODES_MAX];
	int nr_nodes;
	struct stress_target targets[STRESS_WORKLOADS_MAX];
	int nr_targets;
	struct migrator migrators[STRESS_MIGRATORS_MAX];
	int nr_migrators;
	pthread_rwlock_t concurrent;	/* read: one of the crowd; write: alone among movers */
	unsigned long round;
	bool placed;		/* pages are in the CMA area */
	struct placement_state fragment;	/* of the first node */
	bool failed;
};

/* For .missing and .run of a case with a struct stress_mix as its .data. */
const char *stress_skip_reason(const struct suite *suite, const struct testcase *test);
int stress_run(const struct suite *suite, const struct testcase *test);

/* ---- What the parts use of each other -------------------------------------------------- */

/* Somebody failed: finish what is being done, and begin nothing. */
bool stress_over(const struct stress *stress);
void stress_fail(struct stress *stress);

/* A stream of its own for @who in this round, and picks from it; @max is among them. */
struct stress_stream stress_random(const struct stress *stress, uint32_t who);
uint64_t stress_draw(struct stress_stream *stream, uint64_t min, uint64_t max);
bool stress_flip(struct stress_stream *stream);
int stress_pick_node(const struct stress *stress, struct stress_stream *random,
		     int other_than);
void stress_pick_range(struct stress_stream *random, size_t nr_pages, size_t most,
		       size_t *first, size_t *nr);

/* stress_party.c.  Returns false where this KVM cannot run the guest so. */
bool stress_target_open(struct stress_target *target, struct stress *stress,
			const struct workload *workload);
void stress_target_close(struct stress_target *target);
void stress_target_begin_round(struct stress_target *target);
void stress_target_end_round(struct stress_target *target);
struct gmem_vm *stress_target_vm(const struct stress_target *target);

/*
 * Have the host's page table entries at pages that it maps: a page may have been left without by
 * two movers who took its entry away, and brought back what had been there, at a time.
 */
void stress_target_touch(const struct stress_target *target, size_t first, size_t nr);

/* Move some pages of the party to some node, as one of the crowd, whatever comes of it. */
void stress_target_move_some(struct stress_target *target);

/*
 * For jobs whose guests do not run: each fill is a round of the pattern of its own.  What is not as
 * it was filled is noted in .fixture.verdict.
 */
void stress_target_fill(struct stress_target *target, size_t first, size_t nr, bool by_guest);
void stress_target_check(struct stress_target *target, size_t first, size_t nr, bool by_guest);

/* Hold @nr words, of which word 0 is that of page @page, against @pattern. */
void stress_target_check_words(struct stress_target *target, const struct pattern *pattern,
			       size_t page, const u64 *words);

/* stress_migrators.c.  Returns why there are none, or NULL. */
const char *migrators_init(struct stress *stress, const struct stress_mix *mix);
void migrators_print_absent(const struct stress *stress);
void migrators_concurrent(struct stress *stress, uint32_t who);

/*
 * stress_alone.c.  Lay out memory for the movers that need it, and if need be have the guest fill
 * its pages there: returns whether it has.  Those movers come before the crowd.
 */
bool migrators_place(struct stress *stress, struct stress_target *target);
void migrators_end_round(struct stress *stress);
void migrators_first(struct stress *stress, struct stress_target *target);
void migrators_serial(struct stress *stress, struct stress_target *target);
bool migrators_all_moved(const struct stress *stress);

/* ---- Jobs ------------------------------------------------------------------------------ */

/* Guests run on two memslots with a gap; the host reads along what they do not write. */
extern const struct workload workload_live;

/* Memslots are deleted and made again, as one or two, with userspace_addr or without. */
extern const struct workload workload_slots;

/* Holes are punched, must be zero, and are filled by guest or host. */
extern const struct workload workload_holes;

/* VMs come and go, each in the middle of a move: VM, file and mapping in any order. */
extern const struct workload workload_closing;

/* Another process maps the file for a while. */
extern const struct workload workload_shared;

/* Pages are pinned, must stay, are read through the pin, and let go. */
extern const struct workload workload_pinned;

/* Private memory becomes shared and private again; both contents are there when it is back. */
extern const struct workload workload_conversions;

#endif /* SELFTEST_KVM_MIGRATE_STRESS_STRESS_H */
