// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file that may move beside one that must not.
 *
 *	range		[ flagged 0 | other 0 | flagged 1 | other 1 | ... )
 *	frames		of both files, on one node
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "kvm_util.h"
#include "numaif.h"
#include "migrate/matrix/opt_in.h"
#include "migrate/mm/folio.h"
#include "migrate/mm/memory_block.h"
#include "migrate/mm/numa.h"
#include "migrate/trigger/placement.h"
#include "migrate/trigger/trigger.h"

/* More than the pages under test and those that per-CPU lists hold. */
#define BALLAST		(4UL << 20)
#define SPARE		(64UL << 20)

struct two_files {
	struct fixture *fx;		/* with the file with the flag */
	struct gmem_vm other;		/* the file without it; no guest uses it */
	struct placement_state placement;	/* of .other */
	struct folio_info *before;	/* of .other */
	char *range;			/* both files */
};

static size_t size_of(const struct two_files *two)
{
	return two->other.nr_pages * two->other.page_size;
}

/* Create the file without the flag in @vm, of the same size and on the same node. */
static void open_other(struct two_files *two, struct kvm_vm *vm)
{
	const struct gmem_vm *gvm = two->fx->gvm;
	struct gmem_vm *other = &two->other;

	*other = (struct gmem_vm) {
		.kind = gvm->kind->unflagged,
		.vm = vm,
		.nr_pages = gvm->nr_pages,
		.page_size = gvm->page_size,
	};
	other->fd = vm_create_guest_memfd(vm, size_of(two), other->kind->gmem_flags);
	other->mem = kvm_mmap(size_of(two), PROT_READ | PROT_WRITE, MAP_SHARED, other->fd);
	numa_mbind(other->mem, size_of(two), two->fx->from);
	two->before = calloc(other->nr_pages, sizeof(*two->before));
	TEST_ASSERT(two->before, "out of memory");
}

static void close_other(struct two_files *two)
{
	placement_teardown(&two->placement);
	kvm_munmap(two->other.mem, size_of(two));
	kvm_close(two->other.fd);
	free(two->before);
}

/* The content of a page of the other file. */
static u64 word_of(const struct two_files *two, size_t page)
{
	return two->fx->suite->options.seed ^ (page << 32 | 0x07e4);
}

static void inspect_other(const struct two_files *two, struct folio_info *info)
{
	lru_drain();
	TEST_ASSERT(!folio_inspect(two->other.mem, two->other.nr_pages, info),
		    "cannot inspect the file without the flag");
}

static int fill_other(void *data)
{
	struct two_files *two = data;
	size_t i, nr = two->other.nr_pages;
	uint64_t *pfns = calloc(nr, sizeof(*pfns));
	bool good;

	TEST_ASSERT(pfns, "out of memory");
	for (i = 0; i < nr; i++)
		*(u64 *)gmem_page(&two->other, i) = word_of(two, i);
	inspect_other(two, two->before);
	for (i = 0; i < nr; i++)
		pfns[i] = two->before[i].pfn;
	good = placement_verify(&two->placement, pfns, nr);
	free(pfns);
	return good ? KSFT_PASS : PLACEMENT_RETRY;
}

/* Memory offlining needs the other file where only that keeps the memory block online. */
static int place_other(struct two_files *two)
{
	const struct placement *placement = two->fx->trigger->placement;

	placement_select_node(&two->placement, placement == &placement_offline ? placement : NULL,
			      &two->fx->from, 1, false);
	if (placement_skip_reason(&two->placement))
		return suite_skip(placement_skip_reason(&two->placement));
	two->placement.gvm = &two->other;
	if (placement_populate(&two->placement, PLACEMENT_TRIES, fill_other, two))
		return suite_skip(placement->skip_reason);
	return KSFT_PASS;
}

static bool in_other_block(const struct two_files *two)
{
	const struct verdict *verdict = &two->fx->verdict;
	unsigned long block = memory_block_of(two->before[0].pfn);
	size_t i;

	for (i = 0; i < verdict->nr_pages; i++)
		if (memory_block_of(verdict->pages[i].before.pfn) != block)
			return false;
	return true;
}

/*
 * Allocate the pages with the flag again and again, and use up the memory in between, until all of
 * them are in the memory block of the other file.  Another block may hold memory of the kernel.
 */
static int share_block(struct two_files *two)
{
	struct fixture *fx = two->fx;
	size_t nr = 0, max = numa_free_bytes(fx->from) / BALLAST;
	char *ballast = numa_mmap((max + 1) * BALLAST, MAP_SHARED, fx->from);
	bool good;

	while (!(good = in_other_block(two)) && nr < max && numa_free_bytes(fx->from) > SPARE) {
		gmem_punch(fx->gvm, 0, fx->gvm->nr_pages);
		memset(ballast + nr++ * BALLAST, 0x5a, BALLAST);
		fixture_fill(fx);
		fixture_inspect_before(fx);
	}
	kvm_munmap(ballast, (max + 1) * BALLAST);
	return good ? KSFT_PASS : suite_skip("no memory block holds both files (needs a machine "
					     "with little memory in use)");
}

/* Map both files into the range, and nowhere else: move_pages() leaves shared pages alone. */
static void map_range(struct two_files *two)
{
	const struct gmem_vm *files[] = { two->fx->gvm, &two->other };
	size_t i, nr = 2 * two->other.nr_pages, page_size = two->other.page_size;

	two->range = kvm_mmap(nr * page_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	for (i = 0; i < 2; i++)
		kvm_madvise(files[i]->mem, size_of(two), MADV_DONTNEED);
	for (i = 0; i < nr; i++) {
		char *page = two->range + i * page_size;

		TEST_ASSERT(mmap(page, page_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
				 files[i % 2]->fd, gmem_offset(files[i % 2], i / 2)) == page,
			    "cannot map page %zu", i);
		READ_ONCE(*page);
	}
	lru_drain();
}

static void fire(struct two_files *two)
{
	struct fixture *fx = two->fx;
	const struct expected *refused = &fx->test->row->expected[CONTRACT_UNMOVABLE];
	size_t i, nr = 2 * two->other.nr_pages;
	struct trigger_range range;
	struct trigger_result result = { .status = calloc(nr, sizeof(int)) };
	uint64_t *pfns = calloc(nr, sizeof(*pfns));

	TEST_ASSERT(result.status && pfns, "out of memory");
	for (i = 0; i < nr; i++)
		pfns[i] = i % 2 ? two->before[i / 2].pfn : fx->verdict.pages[i / 2].before.pfn;
	map_range(two);
	range = trigger_range_of(two->range, nr, fx->from, fx->to);
	range.pfns = pfns;
	trigger_fire(fx->trigger, &range, &result);
	verdict_call(&fx->verdict, fx->trigger->call, result.ret,
		     expected_return(refused, two->other.nr_pages), NULL, 0, 0);
	kvm_munmap(two->range, nr * two->other.page_size);
	fixture_check_host(fx);
	fixture_inspect_after(fx);
	free(result.status);
	free(pfns);
}

static void fire_until_one_moves(struct two_files *two)
{
	int tries = fixture_fire_tries(two->fx);

	do {
		fire(two);
	} while (fixture_fire_again(two->fx, &tries));
}

static int judge_other(const struct two_files *two)
{
	size_t i, nr = two->other.nr_pages, left = 0, bad = 0;
	struct folio_info *now = calloc(nr, sizeof(*now));

	TEST_ASSERT(now, "out of memory");
	for (i = 0; i < nr; i++)
		bad += *(u64 *)gmem_page(&two->other, i) != word_of(two, i);
	inspect_other(two, now);
	for (i = 0; i < nr; i++)
		left += now[i].pfn != two->before[i].pfn || now[i].node != two->before[i].node;
	free(now);
	if (!left && !bad)
		return KSFT_PASS;
	ksft_print_msg("file without the flag: wanted %zu pages in their frames, %zu have moved, "
		       "%zu have wrong content; %s\n", nr, left, bad,
		       suite_context(two->fx->suite));
	return KSFT_FAIL;
}

static int fire_and_judge(struct two_files *two)
{
	struct fixture *fx = two->fx;
	int result;

	fixture_inspect_before(fx);
	result = two->placement.placement ? share_block(two) : KSFT_PASS;
	if (result)
		return result;
	fire_until_one_moves(two);
	/* Where move_pages() counts pages that stay, it leaves the status of all pages alone. */
	verdict_expect(&fx->verdict, 0, fx->gvm->nr_pages, fx->expected.outcome, fx->from, fx->to);
	result = fixture_judge_content(fx);
	return judge_other(two) ?: result;
}

static int act_with(struct fixture *fx, struct kvm_vm *vm)
{
	struct two_files two = { .fx = fx };
	int result;

	open_other(&two, vm);
	result = place_other(&two) ?: fire_and_judge(&two);
	close_other(&two);
	return result;
}

static int act_two_files(struct fixture *fx)
{
	return act_with(fx, fx->gvm->vm);
}

static int act_two_vms(struct fixture *fx)
{
	struct kvm_vm *vm = vm_create_barebones();
	int result = act_with(fx, vm);

	kvm_vm_free(vm);
	return result;
}

void two_files_add_cases(struct case_list *list, const struct contract_row *row)
{
	static const struct property two[] = {
		{ .name = "two_files", .pages = PAGES_MAPPED, .config = { .nr_vcpus = 1 },
		  .act = act_two_files },
		{ .name = "two_vms", .pages = PAGES_MAPPED, .config = { .nr_vcpus = 1 },
		  .act = act_two_vms },
	};
	size_t i;

	/* The range of a gigantic page may lie beside the other file. */
	for (i = 0; i < ARRAY_SIZE(two) && row->trigger != &trigger_hugetlb_gigantic; i++)
		property_add_case(list, row, &two[i]);
}
