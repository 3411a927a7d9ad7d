// SPDX-License-Identifier: GPL-2.0-only
/*
 * The property that nothing is lost: see migrate/property.h.
 *
 * Counters of the two nodes are read (migrate/books.h), a VM is set up, its memory is moved there
 * and back again and again, or refused, and all of it is closed.  Then the counters must be what
 * they were.
 *
 * Other processes take and free memory too.  A quarter of what a leak at each move would come to
 * is put down to them; of what hardly anybody else does, a quarter of the file's pages.
 * And a leak shows every time.
 */
#include <stdio.h>
#include <sys/stat.h>

#include "kvm_util.h"
#include "kselftest.h"
#include "migrate/books.h"
#include "migrate/trigger.h"

#include "property_acts.h"

#define LEAK_BYTES	(32LL << 20)
#define LEAK_TRIES	3

/* Compaction takes its time, and what it leaks shows in what is unevictable. */
#define LEAK_COMPACTIONS 2

static long long blocks_of(const struct scene *scene)
{
	struct stat st;

	TEST_ASSERT(!fstat(scene->gvm->fd, &st), "fstat of a guest_memfd: errno %d", errno);
	return st.st_blocks;
}

static size_t times(const struct scene *scene)
{
	if (scene->trigger->moves_some)
		return LEAK_COMPACTIONS;
	return DIV_ROUND_UP(LEAK_BYTES, scene->gvm->nr_pages * scene->gvm->page_size);
}

static int move_often(struct scene *scene)
{
	long long blocks = blocks_of(scene);
	size_t nr = scene->gvm->nr_pages, i;

	for (i = 0; i < times(scene); i++) {
		scene_fire(scene, 0, nr, promised_return(&scene->promise, nr));
		if (!verdict_good(&scene->verdict))
			break;
		if (scene->promise.outcome == OUTCOME_MOVED)
			scene_turn_round(scene);
	}
	if (blocks_of(scene) == blocks)
		return scene_judge_with_content(scene);
	ksft_print_msg("the file had %lld blocks, and has %lld\n", blocks, blocks_of(scene));
	scene_judge_with_content(scene);
	return KSFT_FAIL;
}

/* A scene like @outer, from beginning to end. */
static int move_and_close(const struct scene *outer)
{
	const struct property *property = outer->test->data;
	struct scene scene;
	int result;

	if (!scene_open(&scene, outer->suite, outer->test, &property->config))
		return scene_skip();
	result = scene_begin(&scene) ?: move_often(&scene);
	scene_close(&scene);
	return result;
}

int act_no_leak(struct scene *scene)
{
	const struct books_noise noise = {
		.pages = LEAK_BYTES / getpagesize() / 4,
		.quiet = scene->gvm->nr_pages / 4,
	};
	struct books before, after;
	char moves[48];
	bool good = false;
	int tries, result;

	snprintf(moves, sizeof(moves), "%zu moves or refusals",
		 times(scene) * scene->gvm->nr_pages);
	for (tries = 0; tries < LEAK_TRIES && !good; tries++) {
		books_take(&before, scene->suite->nodes, scene->suite->nr_nodes);
		result = move_and_close(scene);
		books_take(&after, scene->suite->nodes, scene->suite->nr_nodes);
		if (result)
			return result;
		good = books_agree(&before, &after, &noise, scene->suite->options.verbose, moves);
	}
	return good ? KSFT_PASS : KSFT_FAIL;
}
