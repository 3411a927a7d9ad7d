// SPDX-License-Identifier: GPL-2.0-only
/*
 * Jobs of the stress test in which somebody else has a hand on the pages, or lets go of them in the
 * middle of a move: see migrate/stress.h.
 */
#include <sched.h>
#include <stdlib.h>

#include "kselftest.h"
#include "migrate/other.h"
#include "migrate/pin.h"
#include "migrate/stress.h"
#include "migrate/trigger.h"

/* In a round. */
#define SHARERS		2
#define PINS		4
#define VMS		2

/* Calls that move the pages of a VM to be closed, which is closed after some of them. */
#define CALLS		16

/* ---- shared ---------------------------------------------------------------------------- */

/* The other process compares all pages when it comes and before it goes. */
static void share(struct party *party)
{
	struct gmem_vm *gvm = party_vm(party);
	struct sharer sharer;
	size_t bad;
	int i;

	for (i = 0; i < SHARERS && !stress_over(party->stress); i++) {
		party_fill(party, 0, gvm->nr_pages, stress_flip(&party->random));
		gvm->pattern.round = party->last_round;
		sharer_start(&sharer, gvm);
		party_check(party, 0, gvm->nr_pages, true);
		bad = sharer_finish(&sharer);
		party->done++;
		if (!bad)
			continue;
		ksft_print_msg("another process reads %zu pages wrong\n", bad);
		stress_fail(party->stress);
	}
}

const struct stress_job stress_job_shared = {
	.name = "shared",
	.unit = "processes came and went",
	.steady = true,
	.work = share,
};

/* ---- pinned ---------------------------------------------------------------------------- */

static const struct pin_kind *pick_pin(struct stress_stream *random)
{
	bool by_pipe = stress_flip(random);

	if (by_pipe || (pin_by_io_uring.missing && pin_by_io_uring.missing()))
		return &pin_by_pipe;
	return &pin_by_io_uring;
}

static void read_frames(const struct party *party, size_t first, size_t nr, uint64_t *entries)
{
	int r = pagemap_read(gmem_page(party_vm(party), first), nr, entries);

	TEST_ASSERT(!r, "cannot read pagemap: errno %d", -r);
}

/* A page may be unmapped for a moment, until it is found that it cannot move. */
static void check_frames(struct party *party, size_t first, size_t nr, const uint64_t *before)
{
	uint64_t after[PIN_PAGES_MAX];
	size_t i;

	read_frames(party, first, nr, after);
	for (i = 0; i < nr; i++) {
		uint64_t was = pagemap_pfn(before[i]), is = pagemap_pfn(after[i]);

		if (!was || !is || was == is)
			continue;
		ksft_print_msg("%s in round %lu: page %zu moved while it was pinned, pfn 0x%" PRIx64
			       "->0x%" PRIx64 ", offset 0x%zx, gpa 0x%" PRIx64 "; %s\n",
			       party->job->name, party->stress->round, first + i, was, is,
			       (first + i) * party_vm(party)->page_size,
			       gmem_gpa(party_vm(party), first + i),
			       suite_context(party->stress->suite));
		stress_fail(party->stress);
	}
}

/* The guest has written something since the pages were pinned: it must be in these frames. */
static void check_through_pin(struct party *party, const struct pin_kind *kind, struct pin *pin,
			      size_t first)
{
	struct gmem_vm *gvm = party_vm(party);
	size_t words = GUEST_PAGE_WORDS(gvm->page_size), i;
	u64 *held = calloc(pin->nr_pages, gvm->page_size);
	struct pattern pattern = gvm->pattern;

	TEST_ASSERT(held, "out of memory");
	kind->read(pin, held);
	pattern.round = party->last_round;
	for (i = 0; i < pin->nr_pages; i++)
		party_check_words(party, &pattern, first + i, held + i * words);
	free(held);
}

static void hold(struct party *party)
{
	const struct pin_kind *kind = pick_pin(&party->random);
	struct gmem_vm *gvm = party_vm(party);
	uint64_t before[PIN_PAGES_MAX];
	size_t first, nr;
	struct pin pin;

	stress_pick_range(&party->random, gvm->nr_pages, PIN_PAGES_MAX, &first, &nr);
	/* What is to be held for long has to leave ZONE_MOVABLE, and nobody may be in the way. */
	pthread_rwlock_wrlock(&party->stress->crowd);
	kind->hold(&pin, gmem_page(gvm, first), nr);
	pthread_rwlock_unlock(&party->stress->crowd);
	read_frames(party, first, nr, before);
	/* Some time for the crowd, and for the guest to use other pages. */
	party_check(party, 0, gvm->nr_pages, true);
	party_fill(party, first, nr, true);
	check_frames(party, first, nr, before);
	check_through_pin(party, kind, &pin, first);
	kind->release(&pin);
	party->done++;
}

static void pin_and_release(struct party *party)
{
	int i;

	for (i = 0; i < PINS && !stress_over(party->stress); i++)
		hold(party);
}

const struct stress_job stress_job_pinned = {
	.name = "pinned",
	.unit = "pins held and let go",
	.steady = true,
	.work = pin_and_release,
};

/* ---- closing --------------------------------------------------------------------------- */

/* Pushes all pages of a VM that is going away; addresses may be empty by then. */
struct pusher {
	struct stress *stress;
	void *mem;
	size_t nr_pages;
	int calls;			/* begun by now */
	pthread_t thread;
};

static void *push_pages(void *arg)
{
	struct pusher *pusher = arg;
	int *status = calloc(pusher->nr_pages, sizeof(*status)), i;
	struct trigger_result result = { .status = status };

	TEST_ASSERT(status, "out of memory");
	for (i = 0; i < CALLS; i++) {
		const struct trigger_range range = {
			.addr = pusher->mem,
			.nr_pages = pusher->nr_pages,
			.to = pusher->stress->nodes[i % pusher->stress->nr_nodes],
		};

		__atomic_store_n(&pusher->calls, i + 1, __ATOMIC_RELEASE);
		trigger_move_pages.fire(&range, &result);
	}
	free(status);
	return NULL;
}

static void start_pusher(struct pusher *pusher, struct stress *stress, const struct gmem_vm *gvm)
{
	*pusher = (struct pusher) {
		.stress = stress,
		.mem = gvm->mem,
		.nr_pages = gvm->nr_pages,
	};
	kvm_pthread_create(&pusher->thread, NULL, push_pages, pusher);
}

static void wait_for_call(const struct pusher *pusher, int call)
{
	while (__atomic_load_n(&pusher->calls, __ATOMIC_ACQUIRE) < call)
		sched_yield();
}

/* The addresses stay reserved: what is mapped next must not be pushed instead. */
static void unmap(struct gmem_vm *gvm)
{
	size_t size = gvm->nr_pages * gvm->page_size;

	TEST_ASSERT(mmap(gvm->mem, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
			 0) == gvm->mem, "mmap: errno %d", errno);
}

static void close_file(struct gmem_vm *gvm)
{
	kvm_close(gvm->fd);
}

static void close_vm(struct gmem_vm *gvm)
{
	kvm_vm_free(gvm->vm);
}

/* The file ends with its last user: descriptor, mapping, or memslot of a VM. */
static void close_in_some_order(struct gmem_vm *gvm, struct pusher *pusher,
				struct stress_stream *random)
{
	void (*steps[])(struct gmem_vm *gvm) = { unmap, close_file, close_vm };
	int call = 1, i, pick;

	for (i = 3; i > 0; i--) {
		pick = stress_draw(random, 0, i - 1);
		call += stress_draw(random, 0, CALLS / 3 - 1);
		wait_for_call(pusher, call);
		steps[pick](gvm);
		steps[pick] = steps[i - 1];
	}
}

static struct gmem_vm *make_vm(struct party *party)
{
	struct stress *stress = party->stress;
	size_t pages = stress->suite->options.pages / 4;
	const struct gmem_config config = {
		.nr_pages = pages > OPTIONS_PAGES_MIN ? pages : OPTIONS_PAGES_MIN,
		.nr_vcpus = 1,
		.two_slots = stress_flip(&party->random),
		.hva_is_mapping = stress_flip(&party->random),
		.node = stress_pick_node(stress, &party->random, -1),
		.seed = stress->suite->options.seed,
		.yielding = true,
	};

	struct gmem_vm *gvm = gmem_vm_create(&vm_kind_default, &config);

	gvm->pattern.file = STRESS_JOBS_MAX;
	return gvm;
}

/* The guest must have been right until its end. */
static void check_last_words(struct party *party, struct gmem_vm *gvm)
{
	size_t page, bad = 0;

	if (gmem_guest_stop(gvm, stdout))
		stress_fail(party->stress);
	for (page = 0; page < gvm->nr_pages; page++)
		bad += gvm->pages[page].bad_word != GUEST_NO_BAD_WORD ||
		       gmem_host_check(gvm, page) < GUEST_PAGE_WORDS(gvm->page_size);
	if (!bad)
		return;
	ksft_print_msg("%s in round %lu: %zu of %zu pages wrong before the VM was closed; %s\n",
		       party->job->name, party->stress->round, bad, gvm->nr_pages,
		       suite_context(party->stress->suite));
	stress_fail(party->stress);
}

static void open_and_close(struct party *party)
{
	struct pusher pusher;
	struct gmem_vm *gvm;
	size_t size;
	void *mem;
	int i;

	for (i = 0; i < VMS && !stress_over(party->stress); i++) {
		gvm = make_vm(party);
		gmem_guest_fill(gvm);
		mem = gvm->mem;
		size = gvm->nr_pages * gvm->page_size;
		gmem_guest_start(gvm);
		start_pusher(&pusher, party->stress, gvm);
		wait_for_call(&pusher, 1);
		check_last_words(party, gvm);
		close_in_some_order(gvm, &pusher, &party->random);
		kvm_pthread_join(pusher.thread, NULL);
		kvm_munmap(mem, size);
		free(gvm);
		party->done++;
	}
}

const struct stress_job stress_job_closing = {
	.name = "closing",
	.unit = "VMs closed in the middle of a move",
	.apart = true,
	.work = open_and_close,
};
