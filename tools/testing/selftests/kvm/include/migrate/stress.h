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
#ifndef SELFTEST_KVM_MIGRATE_STRESS_H
#define SELFTEST_KVM_MIGRATE_STRESS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "kvm_util.h"
#include "migrate/ballast.h"
#include "migrate/books.h"
#include "migrate/scene.h"

#define STRESS_JOBS_MAX		8
#define STRESS_MOVERS_MAX	24

struct stress;
struct party;

/* Random numbers: the keys of pages that no file has. */
struct stress_stream {
	struct pattern pattern;
	uint64_t drawn;
};

/* What is done with a party while its pages are pushed about; see the list at the end. */
struct stress_job {
	const char *name;
	const char *unit;	/* of what .work counts in .done */
	bool main;		/* as many pages and vCPUs as asked for, else a quarter and one */
	bool two_slots;
	bool runs;		/* guests work on all pages all the time (GUEST_RUN) */
	bool steady;		/* only movers make pages go */
	bool apart;		/* makes VMs of its own, which the crowd does not know */
	bool private_mem;	/* of the kind vm_kind_private() */
	/* One round of it. */
	void (*work)(struct party *party);
};

struct party {
	const struct stress_job *job;
	struct stress *stress;
	struct scene scene;	/* VM and verdict; of the job's thread, while there is one */
	struct stress_stream random;	/* of this round */
	uint32_t last_round;	/* of a fill ... */
	uint32_t *rounds;	/* ... and of the last one of each page */
	unsigned long done;
	pthread_t thread;
};

struct mover {
	const struct contract_row *row;
	unsigned long calls, whole, part, refused;
	unsigned long ms;	/* spent in all calls */
	unsigned long moved;	/* pages, when it was alone */
};

/*
 * Which movers a mix has.  What moves the whole process, or empties a place, has to be alone with a
 * guest: other jobs need nodes and memory of their own.
 */
enum stress_movers {
	MOVERS_BESIDE_JOBS,	/* all but those */
	MOVERS_BY_RANGE,	/* who takes pages and a node to move them to */
	MOVERS_BY_NODE,		/* those, and who takes a node for all of the process */
	MOVERS_BY_KERNEL,	/* the others */
};

/* One mix of jobs and movers, for .data of a case. */
struct stress_mix {
	enum stress_movers movers;
	int turns;		/* how often each of the crowd fires each mover in a round */
	const struct stress_job *jobs[STRESS_JOBS_MAX];	/* up to a NULL */
};

struct stress {
	const struct suite *suite;
	const struct testcase *test;
	const struct stress_mix *mix;
	int nodes[BOOKS_NODES_MAX];
	int nr_nodes;
	struct party parties[STRESS_JOBS_MAX];
	int nr_parties;
	struct mover movers[STRESS_MOVERS_MAX];
	int nr_movers;
	pthread_rwlock_t crowd;	/* read: one of the crowd; write: alone among movers */
	unsigned long round;
	bool placed;		/* pages are in the CMA area */
	struct ballast ballast;
	bool ballasted;		/* .ballast is there, on the first node */
	bool failed;
};

/* For .missing and .run of a case with a struct stress_mix as its .data. */
const char *stress_missing(const struct suite *suite, const struct testcase *test);
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
bool party_open(struct party *party, struct stress *stress, const struct stress_job *job);
void party_close(struct party *party);
void party_begin_round(struct party *party);
void party_end_round(struct party *party);
struct gmem_vm *party_vm(const struct party *party);

/*
 * Have the host's page table entries at pages that it maps: a page may have been left without by
 * two movers who took its entry away, and brought back what had been there, at a time.
 */
void party_touch(const struct party *party, size_t first, size_t nr);

/* Move some pages of the party to some node, as one of the crowd, whatever comes of it. */
void party_move_some(struct party *party);

/*
 * For jobs whose guests do not run: each fill is a round of the pattern of its own.  What is not as
 * it was filled is noted in .scene.verdict.
 */
void party_fill(struct party *party, size_t first, size_t nr, bool by_guest);
void party_check(struct party *party, size_t first, size_t nr, bool by_guest);

/* Hold @nr words, of which word 0 is that of page @page, against @pattern. */
void party_check_words(struct party *party, const struct pattern *pattern, size_t page,
		       const u64 *words);

/* stress_movers.c.  Returns why there are none, or NULL. */
const char *movers_recruit(struct stress *stress, const struct stress_mix *mix);
void movers_name_missing(const struct stress *stress);
void movers_crowd(struct stress *stress, uint32_t who);

/*
 * stress_alone.c.  Lay out memory for the movers that need it, and if need be have the guest fill
 * its pages there: returns whether it has.  Those movers come before the crowd.
 */
bool movers_place(struct stress *stress, struct party *party);
void movers_end_round(struct stress *stress);
void movers_first(struct stress *stress, struct party *party);
void movers_one_by_one(struct stress *stress, struct party *party);
bool movers_did_it(const struct stress *stress);

/* ---- Jobs ------------------------------------------------------------------------------ */

/* Guests run on two memslots with a gap; the host reads along what they do not write. */
extern const struct stress_job stress_job_live;

/* Memslots are deleted and made again, as one or two, with userspace_addr or without. */
extern const struct stress_job stress_job_slots;

/* Holes are punched, must be zero, and are filled by guest or host. */
extern const struct stress_job stress_job_holes;

/* VMs come and go, each in the middle of a move: VM, file and mapping in any order. */
extern const struct stress_job stress_job_closing;

/* Another process maps the file for a while. */
extern const struct stress_job stress_job_shared;

/* Pages are pinned, must stay, are read through the pin, and let go. */
extern const struct stress_job stress_job_pinned;

/* Private memory becomes shared and private again; both contents are there when it is back. */
extern const struct stress_job stress_job_conversions;

#endif /* SELFTEST_KVM_MIGRATE_STRESS_H */
