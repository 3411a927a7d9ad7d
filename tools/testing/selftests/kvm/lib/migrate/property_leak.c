// SPDX-License-Identifier: GPL-2.0-only
/*
 * The property that nothing is lost: see migrate/property.h.
 *
 * Counters of the two nodes are read, a VM is set up, its memory is moved there and back again and
 * again, or refused, and all of it is closed.  Then the counters must be what they were: a
 * reference that a move leaks keeps a page from being freed, a page that is isolated and not put
 * back stays counted as that.
 *
 * Other processes take and free memory too.  A quarter of what a leak at each move would come to
 * is put down to them; of what hardly anybody else does (.quiet), a quarter of the file's pages.
 * And a leak shows every time.
 *
 * The events unevictable_pgs_* of /proc/vmstat only ever grow, also on a kernel that is right.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kvm_util.h"
#include "kselftest.h"
#include "migrate/numa.h"
#include "migrate/sysfile.h"

#include "property_acts.h"

#define LEAK_BYTES	(32LL << 20)
#define LEAK_TRIES	3

static const struct {
	const char *name;
	bool quiet, may_grow;
} counters[] = {
	{ .name = "nr_free_pages", .may_grow = true },
	{ .name = "nr_file_pages" },
	{ .name = "nr_unevictable", .quiet = true },
	{ .name = "nr_isolated_anon", .quiet = true },
	{ .name = "nr_isolated_file", .quiet = true },
};

struct books {
	long long count[SUITE_NODES_MAX][ARRAY_SIZE(counters)];
	bool exact;			/* what CPUs keep for themselves is in it */
};

/* Of text with a name and a number on each line. */
static long long number_of(const char *text, const char *name)
{
	size_t length = strlen(name);
	const char *line;

	for (line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, length) && line[length] == ' ')
			return strtoll(line + length, NULL, 10);
	}
	return 0;
}

/* Reading stat_refresh has all CPUs add up (Documentation/admin-guide/sysctl/vm.rst). */
static void take_books(const struct scene *scene, struct books *books)
{
	char path[64], text[16384];
	size_t i;
	int n;

	folio_settle();
	books->exact = sysfile_read("/proc/sys/vm/stat_refresh", text, sizeof(text)) >= 0;
	for (n = 0; n < scene->suite->nr_nodes; n++) {
		snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/vmstat",
			 scene->suite->nodes[n]);
		TEST_ASSERT(sysfile_read(path, text, sizeof(text)) > 0, "cannot read %s", path);
		for (i = 0; i < ARRAY_SIZE(counters); i++)
			books->count[n][i] = number_of(text, counters[i].name);
	}
}

/* How far the counter may be off. */
static long long tolerance(const struct scene *scene, const struct books *books, size_t i)
{
	size_t pages = scene->gvm->nr_pages;

	return counters[i].quiet && books->exact ? pages / 4 :
						   LEAK_BYTES / getpagesize() / 4;
}

/* Say what differs by more than allowed, or @all of it.  Returns whether the books agree. */
static bool compare(const struct scene *scene, const struct books *before,
		    const struct books *after, bool all)
{
	bool good = true, right;
	long long more;
	size_t i;
	int n;

	for (n = 0; n < scene->suite->nr_nodes; n++) {
		for (i = 0; i < ARRAY_SIZE(counters); i++) {
			more = after->count[n][i] - before->count[n][i];
			right = llabs(more) <= tolerance(scene, before, i) ||
				(counters[i].may_grow && more > 0);
			good &= right;
			if (all || !right)
				ksft_print_msg("node %d: %s %+lld after %lld moves or refusals\n",
					       scene->suite->nodes[n], counters[i].name, more,
					       LEAK_BYTES / getpagesize());
		}
	}
	return good;
}

static long long blocks_of(const struct scene *scene)
{
	struct stat st;

	TEST_ASSERT(!fstat(scene->gvm->fd, &st), "fstat of a guest_memfd: errno %d", errno);
	return st.st_blocks;
}

/* Fire until LEAK_BYTES are moved or refused. */
static int move_often(struct scene *scene)
{
	size_t nr = scene->gvm->nr_pages, page_size = scene->gvm->page_size;
	long long bytes, blocks = blocks_of(scene);

	for (bytes = 0; bytes < LEAK_BYTES; bytes += nr * page_size) {
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
	struct books before, after;
	bool good = false;
	int tries, result;

	for (tries = 0; tries < LEAK_TRIES && !good; tries++) {
		take_books(scene, &before);
		result = move_and_close(scene);
		take_books(scene, &after);
		if (result)
			return result;
		good = compare(scene, &before, &after, scene->suite->options.verbose);
	}
	return good ? KSFT_PASS : KSFT_FAIL;
}
