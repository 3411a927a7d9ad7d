// SPDX-License-Identifier: GPL-2.0-only
/*
 * Property concurrent_io; see migrate/movable_ops/ops_property.h.
 */
#include <pthread.h>
#include <sched.h>

#include "kvm_util.h"
#include "migrate/mm/zram.h"
#include "migrate/movable_ops/ops_property.h"

/* Rounds of I/O; something must move at least once. */
#define BUSY_TRIES	5

/* Threads that read the disk under test and write another disk. */
struct load {
	const struct zram *quiet;
	struct zram busy;
	int node;
	pthread_t reader, writer;
	volatile bool stop;
	volatile unsigned long reads, writes;
	size_t bad;
};

static void *read_pages(void *data)
{
	struct load *load = data;
	struct zram_buffer *buffer = zram_buffer(load->node);
	size_t page, bad = 0;

	while (!load->stop && !bad) {
		for (page = 0; page < load->quiet->nr_pages && !bad; page++)
			bad += !zram_check(load->quiet, buffer, page, load->quiet->pattern.round);
		load->reads++;
	}
	zram_buffer_free(buffer);
	__atomic_add_fetch(&load->bad, bad, __ATOMIC_RELAXED);
	return NULL;
}

/* Read the pages of the round before, then write and read those of this round. */
static void *write_pages(void *data)
{
	struct load *load = data;
	struct zram_buffer *buffer = zram_buffer(load->node);
	size_t page, bad = 0;
	uint32_t round;

	for (round = 1; !load->stop && !bad; round++) {
		for (page = 0; page < load->busy.nr_pages && !bad; page++) {
			if (round > 1)
				bad += !zram_check(&load->busy, buffer, page, round - 1);
			zram_write(&load->busy, buffer, page, round);
			bad += !zram_check(&load->busy, buffer, page, round);
		}
		load->writes++;
	}
	zram_buffer_free(buffer);
	__atomic_add_fetch(&load->bad, bad, __ATOMIC_RELAXED);
	return NULL;
}

static void load_start(struct load *load, const struct ops_fixture *fx)
{
	const struct zram *quiet = &fx->members[0].pages.zram;

	*load = (struct load) { .quiet = quiet, .node = fx->from };
	zram_open(&load->busy, quiet->nr_pages, 1, quiet->pattern.seed);
	kvm_pthread_create(&load->reader, NULL, read_pages, load);
	kvm_pthread_create(&load->writer, NULL, write_pages, load);
	while (!load->bad && (!load->reads || !load->writes))
		sched_yield();
}

/* Returns whether all pages read were right. */
static bool load_stop(struct load *load)
{
	unsigned long reads = load->reads, writes = load->writes;

	/* A last time after the last move. */
	while (!load->bad && (load->reads == reads || load->writes == writes))
		sched_yield();
	load->stop = true;
	kvm_pthread_join(load->reader, NULL);
	kvm_pthread_join(load->writer, NULL);
	zram_close(&load->busy);
	return !load->bad;
}

static bool fire_under_load(struct ops_fixture *fx)
{
	struct load load;

	load_start(&load, fx);
	ops_fixture_fire(fx);
	return load_stop(&load);
}

/* A reader locks pages that CMA needs, so CMA may fail: a bounded number of tries. */
static bool is_done(struct ops_fixture *fx)
{
	struct ops_member *member = fx->members;

	return ops_fixture_look_after(fx) && !fx->ret && ops_left(&member->pages);
}

int ops_act_concurrent_io(struct ops_fixture *fx)
{
	int result = KSFT_FAIL, tries;

	for (tries = 0; tries < BUSY_TRIES; tries++) {
		result = ops_fixture_begin(fx);
		if (result)
			return result;
		if (!fire_under_load(fx))
			return KSFT_FAIL;
		if (is_done(fx))
			break;
	}
	return ops_fixture_judge(fx) ?: ops_fixture_rewrite(fx);
}
