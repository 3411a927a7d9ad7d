/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Properties: what has to hold for every row of the contract.  Whatever the row promises, it
 * promises it
 *
 *	idle		while nobody touches the pages; and what moved can be written by both
 *			sides, move back and be written again
 *	running		while a guest reads and writes all pages all the time, with nothing but
 *			guest_memfd's own invalidation to take the old frames from it
 *	running_hva	the same where the memslot's userspace_addr is the mapping that moves, so
 *			that its MMU notifier fires as well
 *	running_slots	the same as running with the file in two memslots, one of them at an
 *			offset in the file, so that no range can be right by chance, and a part of
 *			the file in neither
 *	running_far	the same with offsets that no 32 bits can hold, not even those of pages
 *	partial		for just the pages that were asked for
 *	no_leak		for as long as it is asked, and when all is closed no memory is lost and
 *			the counters of the nodes are what they were
 *	charged		at the expense of the same memory cgroup, until it is freed
 *	two_processes	for pages that another process maps as well: it sees the same content
 *			after the move, or prevents it (MPOL_MF_MOVE) until it is gone
 *	already_there	for pages that are on the target already: they stay in their frames
 *	pinned		but for pages that the kernel holds on to for a while: they are refused,
 *			and move when it lets go
 *	pinned_longterm	the same where it does so for as long as somebody likes, as for devices
 *	refilled	and nothing beyond: a hole that is punched afterwards is filled again where
 *			the policy of the file says
 *	punched		also after holes were punched in the file, and filled, in the middle of
 *			moves: neither waits for the other for ever
 *	unused		for pages that are allocated and were never used: they read zero
 *	only_its_range	and takes no other page from the guest's page tables
 *	own_memory	while a guest runs in what moves, its page tables, stacks and program in
 *			it, taking exceptions
 *	policy_...	for each policy of mbind(): on first touch, by guest and by host, and of
 *			pages that are there already
 */
#ifndef SELFTEST_KVM_MIGRATE_MATRIX_PROPERTY_H
#define SELFTEST_KVM_MIGRATE_MATRIX_PROPERTY_H

#include <stdbool.h>
#include <stddef.h>

#include "migrate/matrix/fixture.h"

#define PROPERTY_TRIGGERS_MAX 2

struct property {
	const char *name;
	/*
	 * Not about who asks: all rows would test the same code of guest_memfd again.  None: it is
	 * tested for all rows.
	 */
	const struct trigger *only[PROPERTY_TRIGGERS_MAX];
	bool needs_range;	/* a trigger that takes a range of addresses */
	bool needs_target;	/* a trigger that takes a node to move to */
	bool needs_parts;	/* a trigger that one page cannot keep from moving others */
	bool needs_mapping;	/* a guest_memfd that host user space maps */
	bool needs_folios;	/* a trigger that finds the folios, see UNSEEN in the contract */
	bool fills_target;	/* pages are allocated on the target, too */
	/* What this machine lacks, as a reason to skip; NULL or absent: nothing. */
	const char *(*skip_reason)(void);
	const struct test_env *env;	/* in addition to a trigger's that has none */
	struct fixture_config config;
	/* Begins with all pages on .from, filled and mapped.  Returns KSFT_PASS or KSFT_FAIL. */
	int (*act)(struct fixture *fx);
};

extern const struct property properties[];
extern const size_t nr_properties;

bool property_applies(const struct property *property, const struct contract_row *row);

/* For cases that have a property as their .data. */
const char *property_skip_reason(const struct suite *suite, const struct testcase *test);

/* Run the property that @test has as its .data.  Returns a case's result. */
int property_run(const struct suite *suite, const struct testcase *test);

#endif /* SELFTEST_KVM_MIGRATE_MATRIX_PROPERTY_H */
