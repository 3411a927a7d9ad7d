// SPDX-License-Identifier: GPL-2.0-only
/*
 * Do pages that move by operations of their own move when the kernel wants to have them elsewhere,
 * and with nothing lost?
 *
 * Property: pages of zsmalloc are no folios, and nobody has them mapped: compaction, memory
 * offlining, soft offlining and CMA allocation isolate them, have their owner migrate them and,
 * where that fails, put them back (mm/migrate.c).  The promise is in MOVABLE_OPS_CONTRACT of
 * migrate/contract.h, and whatever comes of a page, none is lost, none stays isolated, none loses
 * its type, and what is in it is what was written last.
 *
 * Algorithm, for each row of the contract and each property below: have pages allocated where the
 * trigger finds them, find their frames, fire, find them again, judge once.  That they moved is
 * proven by the kernel's own evidence, which has to agree: the flags of all frames, the owner's
 * count of its pages, the counter of each node, and the kernel's count of pages that it migrated.
 * Where nothing moved, the same trigger must not move shmem either.
 *
 *	intact		nobody touches the pages; afterwards all can be written again
 *	again		the same pages move once more
 *	one_page	a single one moves again and again, the others stay
 *	busy		while they are read, and others are written beside them
 *	removed		while their owner is taken away
 *	no_room		but for want of memory to move to: all are put back, and move later
 *
 * Contract by kernel: such pages are typed until they are freed, and told by their type instead of
 * their mapping, since Linux 6.17.
 */
#include <pthread.h>
#include <stdlib.h>

#include "kvm_util.h"
#include "kselftest.h"
#include "migrate/folio.h"
#include "migrate/full.h"
#include "migrate/layout.h"
#include "migrate/ops_scene.h"
#include "migrate/suite.h"
#include "migrate/trigger.h"
#include "migrate/zram.h"

/* Moves of the same pages; of one page alone. */
#define MOVES_AGAIN	2
#define MOVES_OF_ONE	8

/* Removals in the middle of something. */
#define REMOVALS	2

/* Loads under which something has to move at least once. */
#define BUSY_TRIES	5

struct ops_property {
	const char *name;
	bool (*applies)(const struct ops_row *row);
	const char *(*missing)(const struct suite *suite);
	int (*act)(struct ops_scene *scene);
};

struct ops_case {
	const struct ops_row *row;
	const struct ops_property *property;
};

static int move_and_judge(struct ops_scene *scene)
{
	return ops_scene_move(scene) ?: ops_scene_judge(scene);
}

static int act_intact(struct ops_scene *scene)
{
	return ops_scene_begin(scene) ?: move_and_judge(scene) ?: ops_scene_rewrite(scene);
}

static bool promises_all(const struct ops_row *row)
{
	return row->promise.outcome == OUTCOME_MOVED;
}

static int act_again(struct ops_scene *scene)
{
	int result = ops_scene_begin(scene), move;

	for (move = 0; move < MOVES_AGAIN && !result; move++) {
		if (move)
			ops_scene_turn_round(scene);
		result = move_and_judge(scene);
	}
	return result;
}

static bool works_page_by_page(const struct ops_row *row)
{
	return promises_all(row) && row->trigger->by_pfn && !row->trigger->layout;
}

/* The frame that is new, where just one page has moved; else 0. */
static uint64_t only_new_frame(const struct ops_member *member)
{
	const struct frame_set *now = &member->pages.frames;
	uint64_t found = 0;
	size_t i, fresh = 0;

	for (i = 0; i < now->nr; i++) {
		if (frame_set_has(&member->pages.before, now->pfns[i]))
			continue;
		found = now->pfns[i];
		fresh++;
	}
	return fresh == 1 && ops_left(&member->pages) == 1 ? found : 0;
}

static int act_one_page(struct ops_scene *scene)
{
	struct ops_member *member = scene->members;
	int result = ops_scene_begin(scene), move;
	uint64_t pfn = result ? 0 : member->pages.before.pfns[0], next;

	for (move = 0; move < MOVES_OF_ONE && !result; move++, pfn = next) {
		ops_scene_fire_at(scene, pfn);
		next = ops_scene_look_after(scene) ? only_new_frame(member) : 0;
		if (scene->ret || !next) {
			ksft_print_msg("%s: move %d of the page in 0x%lx: %s = %ld, %zu pages in "
				       "another frame, wanted 1\n", member->pages.kind->name,
				       move + 1, pfn, scene->row->trigger->call, scene->ret,
				       ops_left(&member->pages));
			return KSFT_FAIL;
		}
		ops_scene_turn_round(scene);
	}
	if (result || !ops_scene_intact(scene))
		return result ?: KSFT_FAIL;
	ksft_print_msg("%s: one page moved %d times by %s\n", member->pages.kind->name, move,
		       scene->row->trigger->call);
	return ops_scene_rewrite(scene);
}

/* Threads that read the disk under test, and write another one. */
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

/* What was written in the round before is read first, then what is written now. */
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

static void load_start(struct load *load, const struct ops_scene *scene)
{
	const struct zram *quiet = &scene->members[0].pages.zram;

	*load = (struct load) { .quiet = quiet, .node = scene->from };
	zram_open(&load->busy, quiet->nr_pages, 1, quiet->pattern.seed);
	TEST_ASSERT(!pthread_create(&load->reader, NULL, read_pages, load) &&
		    !pthread_create(&load->writer, NULL, write_pages, load),
		    "cannot start a thread");
	while (!load->bad && (!load->reads || !load->writes))
		sched_yield();
}

/* Returns whether all that was read was right. */
static bool load_stop(struct load *load)
{
	unsigned long reads = load->reads, writes = load->writes;

	/* Once more after the last move. */
	while (!load->bad && (load->reads == reads || load->writes == writes))
		sched_yield();
	load->stop = true;
	pthread_join(load->reader, NULL);
	pthread_join(load->writer, NULL);
	zram_close(&load->busy);
	return !load->bad;
}

static bool has_content(const struct ops_row *row)
{
	return row->kind->intact;
}

static bool fire_under_load(struct ops_scene *scene)
{
	struct load load;

	load_start(&load, scene);
	ops_scene_fire(scene);
	return load_stop(&load);
}

/* Who reads has pages locked that CMA wants, which is an answer: a bounded number of tries. */
static bool is_done(struct ops_scene *scene)
{
	struct ops_member *member = scene->members;

	return ops_scene_look_after(scene) && !scene->ret && ops_left(&member->pages);
}

static int act_busy(struct ops_scene *scene)
{
	int result = KSFT_FAIL, tries;

	for (tries = 0; tries < BUSY_TRIES; tries++) {
		result = ops_scene_begin(scene);
		if (result)
			return result;
		if (!fire_under_load(scene))
			return KSFT_FAIL;
		if (is_done(scene))
			break;
	}
	return ops_scene_judge(scene) ?: ops_scene_rewrite(scene);
}

struct firing {
	struct ops_scene *scene;
	volatile bool done;
};

static void *fire_in_thread(void *data)
{
	struct firing *firing = data;

	ops_scene_fire(firing->scene);
	firing->done = true;
	return NULL;
}

/* Whether a page is on its way, or gone, before the trigger is done. */
static bool caught_moving(const struct ops_member *member, const struct firing *firing)
{
	const struct frame_set *before = &member->pages.before;
	const struct ops_kind *kind = member->pages.kind;
	size_t look;

	for (look = 0; !firing->done; look++) {
		uint64_t flags = frame_flags(before->pfns[look % before->nr]);

		if (!kind->is_page(flags) || (flags & FOLIO_FLAG(RECLAIM)))
			return true;
	}
	return false;
}

/* The owner goes away in the middle of it; nothing is left of its pages. */
static int remove_while_moving(struct ops_scene *scene, size_t *caught)
{
	struct ops_member *member = scene->members;
	struct firing firing = { .scene = scene };
	pthread_t thread;

	TEST_ASSERT(!pthread_create(&thread, NULL, fire_in_thread, &firing),
		    "cannot start a thread");
	*caught += caught_moving(member, &firing);
	member->pages.kind->remove(&member->pages);
	pthread_join(thread, NULL);
	return ops_scene_look_after(scene) ? KSFT_PASS : KSFT_FAIL;
}

static int act_removed(struct ops_scene *scene)
{
	size_t caught = 0;
	int result = KSFT_PASS, i;

	for (i = 0; i < REMOVALS && !result; i++)
		result = ops_scene_begin(scene) ?: remove_while_moving(scene, &caught);
	ksft_print_msg("%s: removed %d times, %zu times with pages on their way\n",
		       scene->members[0].pages.kind->name, i, caught);
	return result ?: ops_scene_rewrite(scene);
}

static bool needs_room_elsewhere(const struct ops_row *row)
{
	return row->trigger == &trigger_memory_offline;
}

static const char *missing_full(const struct suite *suite)
{
	return full_missing(suite->nodes[0]);
}

/* A page or two may find room that somebody else has left just then. */
static int judge_without_room(struct ops_scene *scene)
{
	struct ops_member *member = scene->members;

	if (scene->ret == -EINTR && ops_scene_look_after(scene) && ops_scene_intact(scene)) {
		ksft_print_msg("%s: %zu of %zu pages stayed without room, and none isolated\n",
			       member->pages.kind->name,
			       member->pages.before.nr - ops_left(&member->pages),
			       member->pages.before.nr);
		return KSFT_PASS;
	}
	ksft_print_msg("%s without room: %ld, wanted %d (EINTR)\n", scene->row->trigger->call,
		       scene->ret, -EINTR);
	return KSFT_FAIL;
}

static int act_no_room(struct ops_scene *scene)
{
	int result = ops_scene_begin(scene);
	struct full full;

	if (result)
		return result;
	full_open(&full, scene->from);
	/* All in the memory block of this one are tried. */
	ops_scene_fire_at(scene, scene->members[0].pages.before.pfns[0]);
	full_close(&full);
	result = judge_without_room(scene);
	if (result)
		return result;
	ops_scene_turn_round(scene);
	return move_and_judge(scene) ?: ops_scene_rewrite(scene);
}

static const struct ops_property ops_properties[] = {
	{ "intact", NULL, NULL, act_intact },
	{ "again", promises_all, NULL, act_again },
	{ "one_page", works_page_by_page, NULL, act_one_page },
	{ "busy", has_content, NULL, act_busy },
	{ "removed", NULL, NULL, act_removed },
	{ "no_room", needs_room_elsewhere, missing_full, act_no_room },
};

static const char *missing(const struct suite *suite, const struct testcase *test)
{
	const struct ops_case *of_test = test->data;
	const char *missing = ops_row_missing(suite, of_test->row);

	if (!missing && of_test->property->missing)
		missing = of_test->property->missing(suite);
	return missing;
}

static int run(const struct suite *suite, const struct testcase *test)
{
	const struct ops_case *of_test = test->data;
	struct ops_scene scene;
	int result;

	ops_scene_open(&scene, suite, of_test->row);
	result = of_test->property->act(&scene);
	return ops_scene_close(&scene) ?: result;
}

static void add_cases(struct testcase **next, struct ops_case **data, const struct ops_row *row)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ops_properties); i++) {
		const struct ops_property *property = &ops_properties[i];

		if (property->applies && !property->applies(row))
			continue;
		**data = (struct ops_case) { .row = row, .property = property };
		**next = (struct testcase) {
			.missing = missing,
			.run = run,
			.outside = row->kind->outside,
			.data = *data,
		};
		snprintf((*next)->name, sizeof((*next)->name), "%s.%s.%s", row->trigger->name,
			 row->kind->name, property->name);
		(*next)++;
		(*data)++;
	}
}

/* Not asked: the promise is the same under both contracts. */
static int observe(const struct suite *suite)
{
	(void)suite;
	return CONTRACT_UNMOVABLE;
}

int main(int argc, char **argv)
{
	struct suite suite = {
		.program = "movable_ops_migrate_test",
		.options = { .contract = -1, .pages = 64, .rounds = 2 },
	};
	size_t most = nr_ops_rows * ARRAY_SIZE(ops_properties), i;
	struct testcase cases[most], *next = cases;
	struct ops_case data[most], *next_data = data;

	zram_share();
	for (i = 0; i < nr_ops_rows; i++)
		add_cases(&next, &next_data, &ops_rows[i]);
	return suite_main(&suite, argc, argv, cases, next - cases, observe);
}
