// SPDX-License-Identifier: GPL-2.0-only
/*
 * The workloads; see migrate/stress/stress.h.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "kselftest.h"
#include "migrate/gmem/second_mapper.h"
#include "migrate/mm/gup_pin.h"
#include "migrate/stress/stress.h"

/* How often the host reads each page on average, and memslots change, in a round. */
#define READS	2
#define CHANGES	6

/* Calls that move the pages of a VM; it is closed after some of them. */
#define CALLS	16

/* ---- live ------------------------------------------------------------------------------ */

/* Guests write only the counter word: the others must be right at any time. */
static void read_pages(struct stress_target *target)
{
	struct gmem_vm *gvm = target->fx.gvm;
	size_t i, page;

	for (i = 0; i < READS * gvm->nr_pages && !stress_over(target->stress); i++) {
		page = stress_draw(&target->random, 0, gvm->nr_pages - 1);
		stress_target_check_words(target, page, gmem_page(gvm, page));
		target->done++;
	}
}

const struct workload workload_live = {
	.name = "live",
	.unit = "pages read by the host",
	.main = true,
	.runs = true,
	.steady = true,
	.steps = 1,
	.step = read_pages,
};

/* ---- slots ----------------------------------------------------------------------------- */

/* The second slot begins at page @split; 0: there is just one.  @nr_pages is 0 to delete them. */
static void set_slots(struct gmem_vm *gvm, size_t nr_pages, size_t split, bool uaddr)
{
	gmem_set_slot(gvm, GMEM_SLOT, 0, split && nr_pages ? split : nr_pages, uaddr);
	if (split)
		gmem_set_slot(gvm, GMEM_SLOT + 1, split, nr_pages ? nr_pages - split : 0, uaddr);
}

/* The guest pauses while its memslots are gone.  The last change restores them. */
static void change_slots(struct stress_target *target)
{
	struct gmem_vm *gvm = target->fx.gvm;
	size_t split = 0;
	int step;

	for (step = 0; step <= CHANGES && !stress_over(target->stress); step++) {
		bool last = step == CHANGES;

		if (!gmem_guest_pause(gvm))
			break;
		set_slots(gvm, 0, split, false);
		/* At least one move finds no memslot. */
		stress_target_move_some(target);
		split = last || stress_flip(&target->random) ? 0 :
			stress_draw(&target->random, 1, gvm->nr_pages - 1);
		set_slots(gvm, gvm->nr_pages, split, !last && stress_flip(&target->random));
		gmem_guest_resume(gvm);
		if (!gmem_guest_iterate(gvm))
			break;
		target->done++;
	}
}

const struct workload workload_slots = {
	.name = "slots",
	.unit = "changes of memslots",
	.runs = true,
	.steady = true,
	.steps = 1,
	.step = change_slots,
};

/* ---- holes ----------------------------------------------------------------------------- */

/* The guest touches odd pages first, the host even ones. */
static void check_zero(struct stress_target *target, size_t first, size_t nr)
{
	struct gmem_vm *gvm = target->fx.gvm;
	size_t page, last = GUEST_COUNTER_WORD(gvm->page_size);
	const u64 *mem;
	u64 got;

	for (page = first; page < first + nr; page++) {
		mem = gmem_page(gvm, page);
		got = page % 2 ? gmem_guest_peek(gvm, page, 0) : 0;
		if (got)
			stress_target_bad_word(target, BAD_GUEST, page, 0, 0, got);
		if (mem[0] || mem[last])
			stress_target_bad_word(target, BAD_CONTENT, page, mem[0] ? 0 : last, 0,
					       mem[0] ?: mem[last]);
	}
}

static void punch_and_refill(struct stress_target *target)
{
	struct gmem_vm *gvm = target->fx.gvm;
	struct stress_stream *random = &target->random;
	size_t first, nr;

	stress_pick_range(random, gvm->nr_pages, gvm->nr_pages, &first, &nr);
	gmem_punch(gvm, first, nr);
	if (stress_flip(random))
		kvm_fallocate(gvm->fd, FALLOC_FL_KEEP_SIZE, gmem_offset(gvm, first),
			      nr * gvm->page_size);
	if (stress_flip(random))
		check_zero(target, first, nr);
	stress_target_fill(target, first, nr, stress_flip(random));
	stress_pick_range(random, gvm->nr_pages, gvm->nr_pages, &first, &nr);
	stress_target_check(target, first, nr, stress_flip(random));
	target->done++;
}

const struct workload workload_holes = {
	.name = "holes",
	.unit = "holes punched and filled",
	.steps = 12,
	.step = punch_and_refill,
};

/* ---- conversions ----------------------------------------------------------------------- */

/* Shared memory has its own content, which guest and host must both read. */
static void use_shared(struct stress_target *target, size_t first, size_t nr)
{
	size_t size = nr * sizeof(u32), page;
	u32 *kept = malloc(size);

	TEST_ASSERT(kept, "out of memory");
	memcpy(kept, target->rounds + first, size);
	stress_target_fill(target, first, nr, true);
	stress_target_move_some(target);
	for (page = first; page < first + nr; page++)
		stress_target_check_words(target, page, gmem_page(target->fx.gvm, page));
	stress_target_check(target, first, nr, true);
	memcpy(target->rounds + first, kept, size);
	free(kept);
}

static void convert(struct stress_target *target)
{
	struct gmem_vm *gvm = target->fx.gvm;
	size_t first, nr;

	stress_pick_range(&target->random, gvm->nr_pages, gvm->nr_pages, &first, &nr);
	gmem_set_private(gvm, first, nr, false);
	use_shared(target, first, nr);
	gmem_set_private(gvm, first, nr, true);
	kvm_madvise(gmem_page(gvm, first), nr * gvm->page_size, MADV_REMOVE);
	stress_target_check(target, first, nr, true);
	if (stress_flip(&target->random))
		stress_target_fill(target, first, nr, true);
	target->done++;
}

#define CONVERSIONS					\
	.unit = "conversions to shared and back",	\
	.private_mem = true,				\
	.steps = 6,					\
	.step = convert

const struct workload workload_conversions = { .name = "conversions", CONVERSIONS };

const struct workload workload_encrypted = {
	.name = "conversions_encrypted", .encrypted = true, CONVERSIONS,
};

/* ---- shared ---------------------------------------------------------------------------- */

/* The other process compares all pages at its start and at its end. */
static void share(struct stress_target *target)
{
	struct gmem_vm *gvm = target->fx.gvm;
	struct second_mapper second_mapper;
	size_t bad;

	stress_target_fill(target, 0, gvm->nr_pages, stress_flip(&target->random));
	gvm->pattern.round = target->last_round;
	second_mapper_start(&second_mapper, gvm);
	stress_target_check(target, 0, gvm->nr_pages, true);
	bad = second_mapper_finish(&second_mapper);
	target->done++;
	if (!bad)
		return;
	ksft_print_msg("another process reads %zu pages wrong\n", bad);
	stress_fail(target->stress);
}

const struct workload workload_shared = {
	.name = "shared",
	.unit = "processes that mapped the file",
	.steady = true,
	.steps = 2,
	.step = share,
};

/* ---- pinned ---------------------------------------------------------------------------- */

static const struct gup_pin_kind *pick_pin(struct stress_stream *random)
{
	if (stress_flip(random) || gup_pin_io_uring.skip_reason())
		return &gup_pin_pipe;
	return &gup_pin_io_uring;
}

/* Migration zaps the PTE of a page for a moment before it finds the pin. */
static void check_frames(struct stress_target *target, size_t first, size_t nr,
			 const uint64_t *before)
{
	const struct gmem_vm *gvm = target->fx.gvm;
	uint64_t after[GUP_PIN_PAGES_MAX];
	size_t i;

	stress_target_pfns(target, first, nr, after);
	for (i = 0; i < nr; i++) {
		if (!before[i] || !after[i] || before[i] == after[i])
			continue;
		ksft_print_msg("%s in round %lu: page %zu moved while it was pinned, pfn 0x%" PRIx64
			       "->0x%" PRIx64 ", offset 0x%" PRIx64 ", gpa 0x%" PRIx64 "; %s\n",
			       target->workload->name, target->stress->round, first + i, before[i],
			       after[i], gmem_offset(gvm, first + i), gmem_gpa(gvm, first + i),
			       suite_context(target->stress->suite));
		stress_fail(target->stress);
	}
}

/* What the guest has written since the pages were pinned must be in these frames. */
static void check_through_pin(struct stress_target *target, const struct gup_pin_kind *kind,
			      struct gup_pin *pin, size_t first)
{
	size_t page_size = target->fx.gvm->page_size, i;
	u64 *held = calloc(pin->nr_pages, page_size);

	TEST_ASSERT(held, "out of memory");
	kind->read(pin, held);
	for (i = 0; i < pin->nr_pages; i++)
		stress_target_check_words(target, first + i,
					  held + i * GUEST_PAGE_WORDS(page_size));
	free(held);
}

static void pin_and_release(struct stress_target *target)
{
	const struct gup_pin_kind *kind = pick_pin(&target->random);
	struct gmem_vm *gvm = target->fx.gvm;
	uint64_t before[GUP_PIN_PAGES_MAX];
	size_t first, nr;
	struct gup_pin pin;

	stress_pick_range(&target->random, gvm->nr_pages, GUP_PIN_PAGES_MAX, &first, &nr);
	/* FOLL_LONGTERM first migrates pages out of ZONE_MOVABLE, without other migrators. */
	pthread_rwlock_wrlock(&target->stress->concurrent);
	kind->hold(&pin, gmem_page(gvm, first), nr);
	pthread_rwlock_unlock(&target->stress->concurrent);
	stress_target_pfns(target, first, nr, before);
	/* Time for the migrators, and for the guest to use other pages. */
	stress_target_check(target, 0, gvm->nr_pages, true);
	stress_target_fill(target, first, nr, true);
	check_frames(target, first, nr, before);
	check_through_pin(target, kind, &pin, first);
	kind->release(&pin);
	target->done++;
}

const struct workload workload_pinned = {
	.name = "pinned",
	.unit = "pins",
	.steady = true,
	.steps = 4,
	.step = pin_and_release,
};

/* ---- closing --------------------------------------------------------------------------- */

/* A thread that moves all pages of a VM while it is closed; the pages may be gone already. */
struct move_thread {
	const struct stress *stress;
	const struct gmem_vm *gvm;
	int calls;			/* started so far */
	pthread_t thread;
};

static void *move_all_pages(void *arg)
{
	struct move_thread *moves = arg;
	const struct stress *stress = moves->stress;
	int i;

	for (i = 0; i < CALLS; i++) {
		__atomic_store_n(&moves->calls, i + 1, __ATOMIC_RELEASE);
		stress_move_pages(moves->gvm->mem, moves->gvm->nr_pages,
				  stress->nodes[i % stress->nr_nodes]);
	}
	return NULL;
}

static void wait_for_call(const struct move_thread *moves, int call)
{
	while (__atomic_load_n(&moves->calls, __ATOMIC_ACQUIRE) < call)
		sched_yield();
}

/* The last of mapping, descriptor and memslot ends the file. */
static void close_in_some_order(struct gmem_vm *gvm, struct move_thread *moves,
				struct stress_stream *random)
{
	size_t size = gvm->nr_pages * gvm->page_size;
	int order[3], call = 1, i;
	void *mem;

	stress_shuffle(random, order, ARRAY_SIZE(order));
	for (i = 0; i < (int)ARRAY_SIZE(order); i++) {
		call += stress_draw(random, 0, CALLS / 3 - 1);
		wait_for_call(moves, call);
		switch (order[i]) {
		case 0:
			/* The addresses stay reserved: later mappings must not be moved instead. */
			mem = mmap(gvm->mem, size, PROT_NONE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
			TEST_ASSERT(mem == gvm->mem, "mmap: errno %d", errno);
			break;
		case 1:
			kvm_close(gvm->fd);
			break;
		case 2:
			kvm_vm_free(gvm->vm);
			break;
		}
	}
}

/* Compare the memory of the guest at its end. */
static void stop_and_check(struct stress_target *target, struct gmem_vm *gvm)
{
	size_t page, bad = 0;

	if (gmem_guest_stop(gvm, stdout))
		stress_fail(target->stress);
	for (page = 0; page < gvm->nr_pages; page++)
		bad += gvm->pages[page].bad_word != GUEST_NO_BAD_WORD ||
		       gmem_host_check(gvm, page) < GUEST_PAGE_WORDS(gvm->page_size);
	if (!bad)
		return;
	ksft_print_msg("%s in round %lu: %zu of %zu pages wrong before the VM was closed; %s\n",
		       target->workload->name, target->stress->round, bad, gvm->nr_pages,
		       suite_context(target->stress->suite));
	stress_fail(target->stress);
}

static void open_and_close(struct stress_target *target)
{
	struct gmem_config config = stress_target_config(target);
	struct move_thread moves = { .stress = target->stress };
	struct gmem_vm *gvm;

	config.two_slots = stress_flip(&target->random);
	config.uaddr_is_mapping = stress_flip(&target->random);
	config.node = stress_pick_node(target->stress, &target->random, -1);
	gvm = gmem_vm_create(&vm_kind_default, &config);
	gvm->pattern.file = STRESS_WORKLOADS_MAX;
	moves.gvm = gvm;
	gmem_guest_fill(gvm);
	gmem_guest_start(gvm);
	kvm_pthread_create(&moves.thread, NULL, move_all_pages, &moves);
	wait_for_call(&moves, 1);
	stop_and_check(target, gvm);
	close_in_some_order(gvm, &moves, &target->random);
	kvm_pthread_join(moves.thread, NULL);
	kvm_munmap(gvm->mem, gvm->nr_pages * gvm->page_size);
	free(gvm);
	target->done++;
}

const struct workload workload_closing = {
	.name = "closing",
	.unit = "VMs closed in the middle of a move",
	.apart = true,
	.steps = 2,
	.step = open_and_close,
};
