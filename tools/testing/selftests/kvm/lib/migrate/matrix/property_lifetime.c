// SPDX-License-Identifier: GPL-2.0-only
/*
 * Properties close_race, slot_delete_race, punch_fault_race and prefault_race; see
 * migrate/matrix/property_table.h.
 *
 * In each round vCPUs use all pages, a thread moves them, and their access ends.  Another file then
 * allocates the freed frames and fills them: a guest that still maps one reads a foreign word, or
 * overwrites it.
 */
#include <sys/mman.h>

#include "kselftest.h"
#include "kvm_util.h"
#include "migrate/gmem/lost_access.h"
#include "migrate/gmem/new_owner.h"
#include "migrate/matrix/lifetime.h"
#include "migrate/matrix/move_thread.h"
#include "migrate/matrix/prefault.h"
#include "migrate/matrix/property.h"
#include "migrate/mm/numa.h"

struct lifetime {
	struct fixture *fx;
	struct new_owner owner;
	struct move_thread mover;
	bool moves;			/* the thread exists */
};

/* What happens in a round; returns a case's result. */
typedef int (*round_fn)(struct lifetime *life);

static int run_rounds(struct lifetime *life, round_fn run_round)
{
	const struct fixture *fx = life->fx;
	unsigned long round, rounds = lifetime_rounds(fx, LIFETIME_ROUNDS);
	int result = KSFT_PASS;

	new_owner_create(&life->owner, fx->gvm->nr_pages, fx->from, fx->to,
			 fx->suite->options.seed);
	if (life->moves)
		move_thread_start(&life->mover, fx);
	for (round = 0; round < rounds && !result; round++)
		result = run_round(life);
	if (life->moves)
		move_thread_stop(&life->mover);
	new_owner_free(&life->owner);
	if (result || fx->suite->options.verbose)
		ksft_print_msg("round %lu of %lu, %lu calls of %s\n", round, rounds,
			       life->mover.moves, fx->trigger->call);
	return result;
}

/* Returns the case's result after an access to all pages that @vcpus vCPUs still had. */
static int judge(const struct lifetime *life, const char *event, int vcpus)
{
	size_t read = gmem_guest_bad_pages(life->fx->gvm);
	size_t written = new_owner_bad_pages(&life->owner);

	if (!vcpus && !read && !written)
		return KSFT_PASS;
	ksft_print_msg("after %s: %d vCPUs went on, wanted 0; wrong words in %zu pages as the "
		       "guest read them, and in %zu pages of the file that has the frames now; "
		       "%s\n", event, vcpus, read, written, suite_context(life->fx->suite));
	return KSFT_FAIL;
}

/* The frames of the file are free: fill them while vCPUs may have access. */
static int judge_loss(struct lifetime *life, const char *event)
{
	int vcpus, result;

	new_owner_fill(&life->owner);
	vcpus = gmem_guest_await_loss(life->fx->gvm);
	result = judge(life, event, vcpus);
	new_owner_empty(&life->owner);
	return result;
}

static int start_guest(struct fixture *fx)
{
	gmem_guest_start(fx->gvm);
	return gmem_guest_iterate(fx->gvm) ? KSFT_PASS : fixture_stop_and_judge(fx);
}

static void delete_slot(struct gmem_vm *gvm)
{
	vm_set_user_memory_region2(gvm->vm, GMEM_SLOT, 0, 0, 0, NULL, 0, 0);
}

/* The memslot is there again, with memory that host and guest may use. */
static void add_slot(struct gmem_vm *gvm)
{
	gmem_set_slot(gvm, GMEM_SLOT, 0, gvm->nr_pages, false);
	gmem_guest_recover(gvm);
	gmem_host_fill(gvm);
}

/* ---- The last close ------------------------------------------------------------------- */

/* A mapping holds the file open; the thread that moves pages goes on in another one. */
static void close_file(struct gmem_vm *gvm)
{
	size_t size = gvm->nr_pages * gvm->page_size;

	TEST_ASSERT(mmap(gvm->mem, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
			 0) == gvm->mem, "mmap over a guest_memfd: errno %d", errno);
	kvm_free_fd(gvm->fd);
}

static void open_file(struct gmem_vm *gvm, int node)
{
	size_t size = gvm->nr_pages * gvm->page_size;

	gvm->fd = vm_create_guest_memfd(gvm->vm, size, gvm->kind->gmem_flags);
	TEST_ASSERT(mmap(gvm->mem, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, gvm->fd,
			 0) == gvm->mem, "mmap of a guest_memfd: errno %d", errno);
	numa_mbind(gvm->mem, size, node);
}

static int close_round(struct lifetime *life)
{
	struct gmem_vm *gvm = life->fx->gvm;
	int result = start_guest(life->fx);

	if (result)
		return result;
	close_file(gvm);
	gmem_guest_bounce(gvm);
	result = judge_loss(life, "the last close of the file");
	delete_slot(gvm);
	open_file(gvm, life->fx->from);
	add_slot(gvm);
	return result;
}

int act_close_race(struct fixture *fx)
{
	struct lifetime life = { .fx = fx, .moves = true };

	return run_rounds(&life, close_round) ?: property_rewrite_and_judge(fx);
}

/* ---- Deletion of the memslot ---------------------------------------------------------- */

/* The file keeps its content.  The counter may miss an addition that lost its access. */
static int judge_file(const struct gmem_vm *gvm)
{
	size_t words = GUEST_COUNTER_WORD(gvm->page_size), page, bad = 0;

	for (page = 0; page < gvm->nr_pages; page++)
		bad += pattern_check(&gvm->pattern, page, gmem_page(gvm, page), words) < words;
	if (!bad)
		return KSFT_PASS;
	ksft_print_msg("after the deletion of the memslot: wrong words in %zu pages of the file\n",
		       bad);
	return KSFT_FAIL;
}

static int slot_delete_round(struct lifetime *life)
{
	struct gmem_vm *gvm = life->fx->gvm;
	int result = start_guest(life->fx), file;

	if (result)
		return result;
	delete_slot(gvm);
	file = judge_file(gvm);
	gmem_punch(gvm, 0, gvm->nr_pages);
	result = judge_loss(life, "the deletion of the memslot");
	add_slot(gvm);
	return result ?: file;
}

int act_slot_delete_race(struct fixture *fx)
{
	struct lifetime life = { .fx = fx, .moves = true };

	return run_rounds(&life, slot_delete_round) ?: property_rewrite_and_judge(fx);
}

/* ---- A hole --------------------------------------------------------------------------- */

static void set_hole(const struct gmem_vm *gvm, bool is_hole)
{
	int i;

	for (i = 0; i < gvm->nr_vcpus; i++)
		__atomic_store_n(&gvm->vcpus[i].job->is_hole, is_hole, __ATOMIC_RELEASE);
}

/* While the guest pauses, it gets other content. */
static void fill_hole(struct gmem_vm *gvm)
{
	int i;

	set_hole(gvm, false);
	gmem_host_fill(gvm);
	for (i = 0; i < gvm->nr_vcpus; i++)
		gvm->vcpus[i].job->pattern = gvm->pattern;
}

/* The vCPUs fault on the pages as soon as the hole is punched.  Returns false if one died. */
static bool punch_and_watch(struct lifetime *life, int *result)
{
	struct gmem_vm *gvm = life->fx->gvm;
	bool alive;

	gmem_punch(gvm, 0, gvm->nr_pages);
	set_hole(gvm, true);
	new_owner_fill(&life->owner);
	alive = gmem_guest_iterate(gvm) && gmem_guest_pause(gvm);
	*result = judge(life, "a hole was punched", 0);
	new_owner_empty(&life->owner);
	return alive;
}

static int punch_round(struct lifetime *life)
{
	struct gmem_vm *gvm = life->fx->gvm;
	int result;

	if (!punch_and_watch(life, &result))
		return KSFT_FAIL;
	fill_hole(gvm);
	gmem_guest_resume(gvm);
	return result;
}

static int punch_rounds(struct fixture *fx, bool moves)
{
	struct lifetime life = { .fx = fx, .moves = moves };
	int result;

	gmem_guest_start_command(fx->gvm, GUEST_WATCH);
	result = run_rounds(&life, punch_round);
	return gmem_guest_stop(fx->gvm, stdout) ? KSFT_FAIL : result;
}

int act_punch_fault_race(struct fixture *fx)
{
	return punch_rounds(fx, true) ?: property_rewrite_and_judge(fx);
}

int act_prefault_race(struct fixture *fx)
{
	struct prefault_thread prefaulter;
	int result, thread;

	prefault_thread_start(&prefaulter, fx->gvm);
	result = punch_rounds(fx, false);
	thread = prefault_thread_stop(&prefaulter);
	return result ?: thread ?: property_rewrite_and_judge(fx);
}
