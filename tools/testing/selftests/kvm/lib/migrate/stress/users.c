// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workloads shared, pinned and closing; see migrate/stress/stress.h.
 */
#include <sched.h>
#include <stdlib.h>

#include "kselftest.h"
#include "migrate/gmem/second_mapper.h"
#include "migrate/mm/gup_pin.h"
#include "migrate/mm/numa.h"
#include "migrate/stress/stress.h"
#include "migrate/trigger/trigger.h"

/* In a round. */
#define MAPPERS		2
#define PINS		4
#define VMS		2

/* Calls that move the pages of a VM; it is closed after some of them. */
#define CALLS		16

/* ---- shared ---------------------------------------------------------------------------- */

/* The other process compares all pages at its start and at its end. */
static void share(struct stress_target *target)
{
	struct gmem_vm *gvm = stress_target_vm(target);
	struct second_mapper second_mapper;
	size_t bad;
	int i;

	for (i = 0; i < MAPPERS && !stress_over(target->stress); i++) {
		stress_target_fill(target, 0, gvm->nr_pages, stress_flip(&target->random));
		gvm->pattern.round = target->last_round;
		second_mapper_start(&second_mapper, gvm);
		stress_target_check(target, 0, gvm->nr_pages, true);
		bad = second_mapper_finish(&second_mapper);
		target->done++;
		if (!bad)
			continue;
		ksft_print_msg("another process reads %zu pages wrong\n", bad);
		stress_fail(target->stress);
	}
}

const struct workload workload_shared = {
	.name = "shared",
	.unit = "processes that mapped the file",
	.steady = true,
	.work = share,
};

/* ---- pinned ---------------------------------------------------------------------------- */

static const struct gup_pin_kind *pick_pin(struct stress_stream *random)
{
	bool by_pipe = stress_flip(random);

	if (by_pipe || (gup_pin_io_uring.skip_reason && gup_pin_io_uring.skip_reason()))
		return &gup_pin_pipe;
	return &gup_pin_io_uring;
}

static void read_frames(const struct stress_target *target, size_t first, size_t nr,
			uint64_t *entries)
{
	int r = pagemap_read(gmem_page(stress_target_vm(target), first), nr, entries);

	TEST_ASSERT(!r, "cannot read pagemap: errno %d", -r);
}

/* Migration zaps the PTE of a page for a moment before it finds the pin. */
static void check_frames(struct stress_target *target, size_t first, size_t nr,
			 const uint64_t *before)
{
	uint64_t after[GUP_PIN_PAGES_MAX];
	size_t i;

	read_frames(target, first, nr, after);
	for (i = 0; i < nr; i++) {
		uint64_t was = pagemap_pfn(before[i]), is = pagemap_pfn(after[i]);

		if (!was || !is || was == is)
			continue;
		ksft_print_msg("%s in round %lu: page %zu moved while it was pinned, pfn 0x%" PRIx64
			       "->0x%" PRIx64 ", offset 0x%zx, gpa 0x%" PRIx64 "; %s\n",
			       target->workload->name, target->stress->round, first + i, was, is,
			       (size_t)gmem_offset(stress_target_vm(target), first + i),
			       gmem_gpa(stress_target_vm(target), first + i),
			       suite_context(target->stress->suite));
		stress_fail(target->stress);
	}
}

/* What the guest has written since the pages were pinned must be in these frames. */
static void check_through_pin(struct stress_target *target, const struct gup_pin_kind *kind,
			      struct gup_pin *pin, size_t first)
{
	struct gmem_vm *gvm = stress_target_vm(target);
	size_t words = GUEST_PAGE_WORDS(gvm->page_size), i;
	u64 *held = calloc(pin->nr_pages, gvm->page_size);
	struct pattern pattern = gvm->pattern;

	TEST_ASSERT(held, "out of memory");
	kind->read(pin, held);
	pattern.round = target->last_round;
	for (i = 0; i < pin->nr_pages; i++)
		stress_target_check_words(target, &pattern, first + i, held + i * words);
	free(held);
}

static void pin_once(struct stress_target *target)
{
	const struct gup_pin_kind *kind = pick_pin(&target->random);
	struct gmem_vm *gvm = stress_target_vm(target);
	uint64_t before[GUP_PIN_PAGES_MAX];
	size_t first, nr;
	struct gup_pin pin;

	stress_pick_range(&target->random, gvm->nr_pages, GUP_PIN_PAGES_MAX, &first, &nr);
	/* FOLL_LONGTERM first migrates pages out of ZONE_MOVABLE, without other migrators. */
	pthread_rwlock_wrlock(&target->stress->concurrent);
	kind->hold(&pin, gmem_page(gvm, first), nr);
	pthread_rwlock_unlock(&target->stress->concurrent);
	read_frames(target, first, nr, before);
	/* Time for the migrators, and for the guest to use other pages. */
	stress_target_check(target, 0, gvm->nr_pages, true);
	stress_target_fill(target, first, nr, true);
	check_frames(target, first, nr, before);
	check_through_pin(target, kind, &pin, first);
	kind->release(&pin);
	target->done++;
}

static void pin_and_release(struct stress_target *target)
{
	int i;

	for (i = 0; i < PINS && !stress_over(target->stress); i++)
		pin_once(target);
}

const struct workload workload_pinned = {
	.name = "pinned",
	.unit = "pins",
	.steady = true,
	.work = pin_and_release,
};

/* ---- closing --------------------------------------------------------------------------- */

/* A thread that moves all pages of a VM while it is closed; the pages may be gone already. */
struct mover {
	struct stress *stress;
	void *mem;
	size_t nr_pages;
	int calls;			/* started so far */
	pthread_t thread;
};

static void *move_all_pages(void *arg)
{
	struct mover *mover = arg;
	int *status = calloc(mover->nr_pages, sizeof(*status)), i;
	struct trigger_result result = { .status = status };

	TEST_ASSERT(status, "out of memory");
	for (i = 0; i < CALLS; i++) {
		const struct trigger_range range = trigger_range_of(
			mover->mem, mover->nr_pages, NUMA_ANY_NODE,
			mover->stress->nodes[i % mover->stress->nr_nodes]);

		__atomic_store_n(&mover->calls, i + 1, __ATOMIC_RELEASE);
		trigger_move_pages.fire(&range, &result);
	}
	free(status);
	return NULL;
}

static void start_mover(struct mover *mover, struct stress *stress, const struct gmem_vm *gvm)
{
	*mover = (struct mover) {
		.stress = stress,
		.mem = gvm->mem,
		.nr_pages = gvm->nr_pages,
	};
	kvm_pthread_create(&mover->thread, NULL, move_all_pages, mover);
}

static void wait_for_call(const struct mover *mover, int call)
{
	while (__atomic_load_n(&mover->calls, __ATOMIC_ACQUIRE) < call)
		sched_yield();
}

/* The addresses stay reserved: later mappings must not be moved instead. */
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

/* The last of descriptor, mapping and memslot ends the file. */
static void close_in_some_order(struct gmem_vm *gvm, struct mover *mover,
				struct stress_stream *random)
{
	void (*steps[])(struct gmem_vm *gvm) = { unmap, close_file, close_vm };
	int call = 1, i, pick;

	for (i = 3; i > 0; i--) {
		pick = stress_draw(random, 0, i - 1);
		call += stress_draw(random, 0, CALLS / 3 - 1);
		wait_for_call(mover, call);
		steps[pick](gvm);
		steps[pick] = steps[i - 1];
	}
}

static struct gmem_vm *create_vm(struct stress_target *target)
{
	struct stress *stress = target->stress;
	size_t pages = stress->suite->options.pages / 4;
	const struct gmem_config config = {
		.nr_pages = pages > OPTIONS_PAGES_MIN ? pages : OPTIONS_PAGES_MIN,
		.nr_vcpus = 1,
		.two_slots = stress_flip(&target->random),
		.uaddr_is_mapping = stress_flip(&target->random),
		.node = stress_pick_node(stress, &target->random, -1),
		.seed = stress->suite->options.seed,
		.yielding = true,
	};

	struct gmem_vm *gvm = gmem_vm_create(&vm_kind_default, &config);

	gvm->pattern.file = STRESS_WORKLOADS_MAX;
	return gvm;
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
	struct mover mover;
	struct gmem_vm *gvm;
	size_t size;
	void *mem;
	int i;

	for (i = 0; i < VMS && !stress_over(target->stress); i++) {
		gvm = create_vm(target);
		gmem_guest_fill(gvm);
		mem = gvm->mem;
		size = gvm->nr_pages * gvm->page_size;
		gmem_guest_start(gvm);
		start_mover(&mover, target->stress, gvm);
		wait_for_call(&mover, 1);
		stop_and_check(target, gvm);
		close_in_some_order(gvm, &mover, &target->random);
		kvm_pthread_join(mover.thread, NULL);
		kvm_munmap(mem, size);
		free(gvm);
		target->done++;
	}
}

const struct workload workload_closing = {
	.name = "closing",
	.unit = "VMs closed in the middle of a move",
	.apart = true,
	.work = open_and_close,
};
