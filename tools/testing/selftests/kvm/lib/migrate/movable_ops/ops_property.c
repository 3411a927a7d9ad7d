// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cases about movable_ops pages: act_NAME() is property NAME of
 * migrate/movable_ops/movable_ops.h, after its helpers; the table is at the end.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>

#include "kvm_util.h"
#include "kselftest.h"
#include "migrate/matrix/fixture.h"
#include "migrate/mm/fill_nodes.h"
#include "migrate/mm/numa.h"
#include "migrate/movable_ops/movable_ops.h"
#include "migrate/trigger/trigger.h"

/* ---- intact, mixed ----------------------------------------------------------------------- */

static int act_intact(struct ops_fixture *fx)
{
	return ops_fixture_begin(fx) ?: ops_fixture_move_and_judge(fx) ?: ops_fixture_rewrite(fx);
}

/* ---- again ------------------------------------------------------------------------------- */

#define MOVES_AGAIN	2

static int act_again(struct ops_fixture *fx)
{
	int result = ops_fixture_begin(fx), move;

	for (move = 0; move < MOVES_AGAIN && !result; move++) {
		ops_fixture_note(fx);
		result = ops_fixture_move_and_judge(fx);
	}
	return result;
}

/* ---- one_page ---------------------------------------------------------------------------- */

#define MOVES_OF_ONE	4

/* Returns the new frame if just one page has moved, else 0. */
static uint64_t only_new_frame(const struct ops_pages *pages)
{
	size_t nr = pages->frames.nr, i;

	if (nr == pages->before.nr && ops_left(pages) == 1)
		for (i = 0; i < nr; i++)
			if (!pfn_set_has(&pages->before, pages->frames.pfns[i]))
				return pages->frames.pfns[i];
	return 0;
}

static int act_one_page(struct ops_fixture *fx)
{
	const struct ops_pages *pages = &fx->pages[0];
	const char *call = fx->row->trigger->call;
	int result = ops_fixture_begin(fx), move;
	uint64_t pfn, next;

	if (result)
		return result;
	for (move = 0, pfn = pages->before.pfns[0]; move < MOVES_OF_ONE; move++, pfn = next) {
		ops_fixture_fire_at(fx, pfn);
		next = ops_fixture_look_after(fx) ? only_new_frame(pages) : 0;
		if (fx->ret || !next) {
			ksft_print_msg("%s: move %d of the page in 0x%" PRIx64 ": %s = %ld, %zu "
				       "pages in another frame, wanted 1\n", pages->kind->name,
				       move + 1, pfn, call, fx->ret, ops_left(pages));
			return KSFT_FAIL;
		}
		ops_fixture_note(fx);
	}
	if (!ops_fixture_intact(fx))
		return KSFT_FAIL;
	ksft_print_msg("%s: one page moved %d times by %s\n", pages->kind->name, move, call);
	return ops_fixture_rewrite(fx);
}

/* ---- concurrent_io ----------------------------------------------------------------------- */

/* Rounds of I/O; something must move at least once. */
#define IO_TRIES	5

/* A thread that compares all pages of a disk again and again. */
struct disk_user {
	const struct zram *disk;
	int node;
	bool writes;			/* and gives each page new content */
	pthread_t thread;
	volatile bool stop, bad;
	volatile unsigned long rounds;
};

static void *use_disk(void *data)
{
	struct disk_user *user = data;
	const struct zram *disk = user->disk;
	void *buffer = zram_buffer(user->node);
	uint32_t round = disk->pattern.round;
	size_t page;

	for (; !user->stop && !user->bad; user->rounds++, round += user->writes) {
		for (page = 0; page < disk->nr_pages && !user->bad; page++) {
			user->bad = !zram_check(disk, buffer, page, round);
			if (!user->writes)
				continue;
			zram_write(disk, buffer, page, round + 1);
			user->bad |= !zram_check(disk, buffer, page, round + 1);
		}
	}
	zram_buffer_free(buffer);
	return NULL;
}

/* Wait until the current round of @user ends. */
static void finish_round(const struct disk_user *user)
{
	unsigned long rounds = user->rounds;

	while (!user->bad && user->rounds == rounds)
		sched_yield();
}

/* Returns whether all pages read during the move, and once after it, are right. */
static bool fire_under_load(struct ops_fixture *fx)
{
	const struct zram *disk = &fx->pages[0].zram;
	struct zram other;
	struct disk_user reader = { .disk = disk, .node = fx->from };
	struct disk_user writer = { .disk = &other, .node = fx->from, .writes = true };

	zram_open(&other, disk->nr_pages, 1, disk->pattern.seed);
	zram_fill(&other, fx->from);
	kvm_pthread_create(&reader.thread, NULL, use_disk, &reader);
	kvm_pthread_create(&writer.thread, NULL, use_disk, &writer);
	finish_round(&reader);
	finish_round(&writer);
	ops_fixture_fire(fx);
	finish_round(&reader);
	finish_round(&writer);
	reader.stop = writer.stop = true;
	kvm_pthread_join(reader.thread, NULL);
	kvm_pthread_join(writer.thread, NULL);
	zram_close(&other);
	return !reader.bad && !writer.bad;
}

/* A reader locks pages that CMA needs, so CMA may fail: a bounded number of tries. */
static int act_concurrent_io(struct ops_fixture *fx)
{
	bool done = false;
	int result, tries;

	for (tries = 0; tries < IO_TRIES && !done; tries++) {
		result = ops_fixture_begin(fx);
		if (result)
			return result;
		if (!fire_under_load(fx))
			return KSFT_FAIL;
		done = ops_fixture_look_after(fx) && !fx->ret && ops_left(&fx->pages[0]);
	}
	return ops_fixture_judge(fx) ?: ops_fixture_rewrite(fx);
}

/* ---- owner_removed ----------------------------------------------------------------------- */

#define REMOVALS	2

/* The trigger, fired by a thread. */
struct firing {
	struct ops_fixture *fx;
	pthread_t thread;
	volatile bool done;
};

static void *fire(void *data)
{
	struct firing *firing = data;

	ops_fixture_fire(firing->fx);
	firing->done = true;
	return NULL;
}

static void firing_start(struct firing *firing, struct ops_fixture *fx)
{
	*firing = (struct firing) { .fx = fx };
	kvm_pthread_create(&firing->thread, NULL, fire, firing);
}

static bool firing_finish(struct firing *firing)
{
	kvm_pthread_join(firing->thread, NULL);
	return ops_fixture_look_after(firing->fx);
}

static bool is_moving(const struct ops_pages *pages, uint64_t flags)
{
	return !pages->kind->is_page(flags) || (flags & FOLIO_FLAG(RECLAIM));
}

/* Whether a page is isolated, or gone, before the trigger returns. */
static bool caught_moving(const struct ops_pages *pages, const struct firing *firing)
{
	size_t look;

	for (look = 0; !firing->done; look++) {
		if (is_moving(pages, pageflags_get(pages->before.pfns[look % pages->before.nr])))
			return true;
	}
	return false;
}

static int act_owner_removed(struct ops_fixture *fx)
{
	struct ops_pages *pages = &fx->pages[0];
	int result = KSFT_PASS, caught = 0, i;
	struct firing firing;

	for (i = 0; i < REMOVALS && !result; i++) {
		result = ops_fixture_begin(fx);
		if (result)
			return result;
		firing_start(&firing, fx);
		caught += caught_moving(pages, &firing);
		pages->kind->remove(pages);
		/* None of its pages may be left. */
		result = firing_finish(&firing) ? KSFT_PASS : KSFT_FAIL;
	}
	ksft_print_msg("%s: removed %d times, %d times while pages moved\n", pages->kind->name, i,
		       caught);
	return result ?: ops_fixture_rewrite(fx);
}

/* ---- keeps_type -------------------------------------------------------------------------- */

/* Moves of all pages until one is observed while isolated. */
#define TYPE_TRIES	5

/*
 * Looks at a page that is not isolated, before it is the turn of the next one.  The kernel isolates
 * pages in the order of their frames: who waits for one of them follows from there.
 */
#define TYPE_LOOKS	64

/* Watch the frames until the trigger returns.  Returns whether all had their type. */
static bool watch_types(const struct ops_pages *pages, const struct firing *firing,
			size_t *isolated)
{
	const struct ops_kind *kind = pages->kind;
	size_t page = 0, looks = 0;
	char text[256];

	while (!firing->done) {
		uint64_t pfn = pages->before.pfns[page % pages->before.nr];
		uint64_t flags = pageflags_get(pfn);

		*isolated += kind->is_page(flags) && (flags & FOLIO_FLAG(RECLAIM));
		if (kind->is_untyped(flags)) {
			ksft_print_msg("%s: 0x%" PRIx64 " is isolated and has lost its type: %s\n",
				       kind->name, pfn,
				       folio_flag_names(flags, text, sizeof(text)));
			return false;
		}
		if (is_moving(pages, flags) || ++looks == TYPE_LOOKS) {
			page++;
			looks = 0;
		}
	}
	return true;
}

static int act_keeps_type(struct ops_fixture *fx)
{
	const struct ops_pages *pages = &fx->pages[0];
	int result = ops_fixture_begin(fx), tries;
	struct firing firing;
	size_t isolated = 0;
	bool typed;

	for (tries = 0; tries < TYPE_TRIES && !isolated && !result; tries++) {
		ops_fixture_note(fx);
		firing_start(&firing, fx);
		typed = watch_types(pages, &firing, &isolated);
		firing_finish(&firing);
		result = typed ? ops_fixture_judge(fx) : KSFT_FAIL;
	}
	ksft_print_msg("%s: a page was seen isolated %zu times\n", pages->kind->name, isolated);
	if (!result && !isolated)
		return suite_skip("no page was seen while it was isolated (use more CPUs, or a "
				  "larger -b)");
	return result;
}

/* ---- enomem ------------------------------------------------------------------------------ */

static const char *enomem_skip_reason(const struct suite *suite)
{
	return fill_nodes_skip_reason(suite->nodes[0]);
}

static int act_enomem(struct ops_fixture *fx)
{
	const struct ops_pages *pages = &fx->pages[0];
	int result = ops_fixture_begin(fx);
	struct fill_nodes filled;
	uint64_t pfn;

	if (result)
		return result;
	pfn = pages->before.pfns[0];
	fill_nodes_open(&filled, pfn_to_node(pfn));
	/* The kernel tries all pages in the memory block of this one. */
	ops_fixture_fire_at(fx, pfn);
	fill_nodes_close(&filled);
	if (fx->ret != -EINTR || !ops_fixture_look_after(fx) || !ops_fixture_intact(fx)) {
		ksft_print_msg("%s with full nodes: %ld, wanted %d (EINTR)\n",
			       fx->row->trigger->call, fx->ret, -EINTR);
		return KSFT_FAIL;
	}
	/* Another process may have freed a page or two. */
	ksft_print_msg("%s: %zu of %zu pages stayed while nodes were full, none isolated\n",
		       pages->kind->name, pages->before.nr - ops_left(pages), pages->before.nr);
	ops_fixture_note(fx);
	return ops_fixture_move_and_judge(fx) ?: ops_fixture_rewrite(fx);
}

/* ---- with_guest -------------------------------------------------------------------------- */

static const char *with_guest_skip_reason(const struct suite *suite)
{
	(void)suite;
	return vm_kind_skip_reason(&vm_kind_default);
}

static int judge_guest(struct fixture *guest)
{
	const struct contract *contract = &guest->suite->contract;

	fixture_inspect_after(guest);
	ksft_print_msg("guest_memfd: %zu of %zu pages moved, contract %s\n",
		       verdict_count_moved(&guest->verdict, NUMA_ANY_NODE, NUMA_ANY_NODE),
		       guest->gvm->nr_pages, contract_name(contract->id));
	if (contract->id != CONTRACT_MOVABLE && contract->source != CONTRACT_PROBED)
		fixture_expect(guest, 0, guest->gvm->nr_pages, OUTCOME_REFUSED);
	return fixture_judge_content(guest);
}

static int move_with_guest(struct ops_fixture *fx, struct fixture *guest)
{
	int result;

	fixture_fill(guest);
	fixture_inspect_before(guest);
	gmem_guest_start(guest->gvm);
	result = ops_fixture_begin(fx) ?: ops_fixture_move_and_judge(fx);
	gmem_guest_iterate(guest->gvm);
	if (gmem_guest_stop(guest->gvm, stdout))
		return KSFT_FAIL;
	return judge_guest(guest) ?: result;
}

static int act_with_guest(struct ops_fixture *fx)
{
	const struct gmem_config config = { .nr_vcpus = 1 };
	/* No trigger: the one of @fx also finds the guest's memory. */
	const struct contract_row row = { .vm = &vm_kind_default };
	const struct testcase test = { .row = &row };
	struct fixture guest;
	int result;

	result = fixture_open(&guest, fx->suite, &test, &config) ? move_with_guest(fx, &guest) :
								   fixture_skip();
	fixture_close(&guest);
	return result;
}

/* ---- The table --------------------------------------------------------------------------- */

#define OFFLINE		&trigger_memory_offline
#define BOTH		.kind = &ops_zsmalloc, .second = &ops_balloon

/*
 * A property may have several rows, for different pages or triggers.  A row is slow where another
 * one of the property shows the same of its owner.
 */
const struct ops_property ops_properties[] = {
	{ .name = "intact", .act = act_intact },
	{ .name = "again", .act = act_again, .triggers = { OFFLINE } },
	{
		.name = "one_page", .act = act_one_page, .kind = &ops_zsmalloc,
		.triggers = { &trigger_soft_offline_phys },
	},
	{ .name = "concurrent_io", .act = act_concurrent_io, .kind = &ops_zsmalloc },
	{
		.name = "owner_removed", .act = act_owner_removed,
		.triggers = { &trigger_compact, OFFLINE },
	},
	{
		.name = "owner_removed", .act = act_owner_removed,
		.triggers = { &trigger_cma_alloc }, .slow = true,
	},
	{
		.name = "keeps_type", .act = act_keeps_type, .kind = &ops_balloon,
		.triggers = { OFFLINE },
	},
	{
		.name = "enomem", .act = act_enomem, .kind = &ops_zsmalloc,
		.triggers = { OFFLINE }, .skip_reason = enomem_skip_reason,
	},
	{
		.name = "enomem", .act = act_enomem, .kind = &ops_balloon,
		.triggers = { OFFLINE }, .skip_reason = enomem_skip_reason, .slow = true,
	},
	{
		.name = "mixed", .act = act_intact, BOTH,
		.triggers = { &trigger_compact_node, OFFLINE },
	},
	{
		.name = "with_guest", .act = act_with_guest, BOTH, .triggers = { OFFLINE },
		.skip_reason = with_guest_skip_reason,
	},
	{
		.name = "with_guest", .act = act_with_guest, BOTH,
		.triggers = { &trigger_compact, &trigger_cma_alloc },
		.skip_reason = with_guest_skip_reason, .slow = true,
	},
};
const size_t nr_ops_properties = ARRAY_SIZE(ops_properties);

bool ops_property_applies(const struct ops_property *property, const struct ops_row *row)
{
	const struct trigger * const *triggers = property->triggers;
	size_t i;

	if (property->kind && property->kind != row->kind)
		return false;
	for (i = 0; i < ARRAY_SIZE(property->triggers); i++)
		if (triggers[i] == row->trigger)
			return true;
	return !triggers[0];
}
