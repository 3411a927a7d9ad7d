// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workloads live, slots, holes and conversions; see migrate/stress/stress.h.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "kselftest.h"
#include "migrate/stress/stress.h"

/* How often the host reads each page on average, and memslots change, in a round. */
#define READS	2
#define CHANGES	6

/* ---- live ------------------------------------------------------------------------------ */

/* Guests write only the counter word: the others must be right at any time. */
static void read_pages(struct stress_target *target)
{
	struct gmem_vm *gvm = target->fx.gvm;
	size_t counter = GUEST_COUNTER_WORD(gvm->page_size), i, page, bad;
	const u64 *mem;

	for (i = 0; i < READS * gvm->nr_pages && !stress_over(target->stress); i++) {
		page = stress_draw(&target->random, 0, gvm->nr_pages - 1);
		mem = gmem_page(gvm, page);
		bad = pattern_check(&gvm->pattern, page, mem, counter);
		target->done++;
		if (bad == counter)
			continue;
		verdict_bad_word(&target->fx.verdict, BAD_CONTENT, page, bad,
				 pattern_word(&gvm->pattern, page, bad), READ_ONCE(mem[bad]));
		stress_fail(target->stress);
	}
}

const struct workload workload_live = {
	.name = "live",
	.unit = "pages read by the host",
	.main = true,
	.two_slots = true,
	.runs = true,
	.steady = true,
	.steps = 1,
	.step = read_pages,
};

/* ---- slots ----------------------------------------------------------------------------- */

static void create_slots(struct gmem_vm *gvm, size_t split, bool uaddr)
{
	gmem_set_slot(gvm, GMEM_SLOT, 0, split ?: gvm->nr_pages, uaddr);
	if (split)
		gmem_set_slot(gvm, GMEM_SLOT + 1, split, gvm->nr_pages - split, uaddr);
}

static void delete_slots(struct gmem_vm *gvm, size_t split)
{
	vm_set_user_memory_region2(gvm->vm, GMEM_SLOT, 0, gmem_gpa(gvm, 0), 0, NULL, 0, 0);
	if (split)
		vm_set_user_memory_region2(gvm->vm, GMEM_SLOT + 1, 0, gmem_gpa(gvm, split), 0,
					   NULL, 0, 0);
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
		delete_slots(gvm, split);
		/* At least one move finds no memslot. */
		stress_target_move_some(target);
		split = last || stress_flip(&target->random) ? 0 :
			stress_draw(&target->random, 1, gvm->nr_pages - 1);
		create_slots(gvm, split, !last && stress_flip(&target->random));
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
			verdict_bad_word(&target->fx.verdict, BAD_GUEST, page, 0, 0, got);
		if (mem[0] || mem[last])
			verdict_bad_word(&target->fx.verdict, BAD_CONTENT, page,
					 mem[0] ? 0 : last, 0, mem[0] ?: mem[last]);
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
		stress_target_check_words(target, target->last_round, page,
					  gmem_page(target->fx.gvm, page));
	stress_target_check(target, first, nr, true);
	memcpy(target->rounds + first, kept, size);
	free(kept);
}

static void convert(struct stress_target *target)
{
	struct gmem_vm *gvm = target->fx.gvm;
	size_t first, nr, size;

	stress_pick_range(&target->random, gvm->nr_pages, gvm->nr_pages, &first, &nr);
	size = nr * gvm->page_size;
	vm_set_memory_attributes(gvm->vm, gmem_gpa(gvm, first), size, 0);
	use_shared(target, first, nr);
	vm_set_memory_attributes(gvm->vm, gmem_gpa(gvm, first), size,
				 KVM_MEMORY_ATTRIBUTE_PRIVATE);
	kvm_madvise(gmem_page(gvm, first), size, MADV_REMOVE);
	stress_target_check(target, first, nr, true);
	if (stress_flip(&target->random))
		stress_target_fill(target, first, nr, true);
	target->done++;
}

const struct workload workload_conversions = {
	.name = "conversions",
	.unit = "conversions to shared and back",
	.private_mem = true,
	.steps = 6,
	.step = convert,
};
