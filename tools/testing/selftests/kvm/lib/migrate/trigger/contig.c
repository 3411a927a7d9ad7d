// SPDX-License-Identifier: GPL-2.0-only
/*
 * Triggers that allocate a range of ordinary memory, which __alloc_contig_migrate_range() in
 * mm/page_alloc.c empties: a gigantic page of hugetlbfs (mm/hugetlb.c), and memory of a virtio-mem
 * device that is unplugged (drivers/virtio/virtio_mem.c).
 */
#include <errno.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm_util.h"
#include "migrate/gmem/gmem_vm.h"
#include "migrate/mm/fill_nodes.h"
#include "migrate/mm/folio.h"
#include "migrate/mm/gigantic.h"
#include "migrate/mm/numa.h"
#include "migrate/mm/virtio_mem.h"
#include "migrate/trigger/placement.h"
#include "migrate/trigger/trigger.h"

/* ---- The range of a gigantic page ---------------------------------------------------------- */

/*
 * Hold all memory of the node but one range: first as gigantic pages, which shows what ranges there
 * are, then the rest as huge pages.  What is left outside is in small pieces, which are used up
 * before the kernel takes pages from the range.
 *
 *	[kernel|huge|huge|..filler..]  [filler|pages under test|......]  [gigantic page]
 *					^ range
 */
#define RANGE_FILLER	(64UL << 20)
#define RANGE_RUN	64

static uint64_t range_first;	/* 0: there is none */
static size_t range_pages;
static bool settled;		/* the pages that must not move are there */
static char *filler;
static size_t filled;

static bool in_range(uint64_t pfn)
{
	return range_first && pfn - range_first < range_pages;
}

/* Unmovable memory that the kernel allocates for this process must not be in the range. */
static int range_select_node(struct placement_state *state, const int *nodes, int nr)
{
	cpu_set_t cpus;

	kvm_sched_getaffinity(0, sizeof(cpus), &cpus);
	while (nr--) {
		if (numa_free_bytes(nodes[nr]) > FILL_MAX || !hugetlb_usable(nodes[nr]) ||
		    (!state->moves && !numa_pin_to_other(nodes[nr])))
			continue;
		if (gigantic_take_all(nodes[nr]) > 0)
			return nodes[nr];
		kvm_sched_setaffinity(0, sizeof(cpus), &cpus);
	}
	return -1;
}

static void open_range(int node)
{
	gigantic_take_all(node);
	hugetlb_reserve(node, pagetypeinfo_free_pages(node, false, NULL, hugetlb_order()) +
			pagetypeinfo_free_pages(node, true, NULL, hugetlb_order()));
	range_first = gigantic_free_one(node);
	range_pages = gigantic_bytes(node) / getpagesize();
	filler = numa_mmap(RANGE_FILLER, MAP_PRIVATE, node);
	filled = 0;
}

/* Use up small pieces until several pages in a row are in the range. */
static void fill_up_to_range(void)
{
	size_t in = 0;
	uint64_t entry;
	char *page;

	for (; range_first && in < RANGE_RUN && filled < RANGE_FILLER; filled += getpagesize()) {
		page = filler + filled;
		*page = 0x6c;
		TEST_ASSERT(!pagemap_read(page, 1, &entry), "cannot read pagemap");
		in = in_range(pagemap_pfn(entry)) ? in + 1 : 0;
	}
}

/* Pages that must not move stay in place where a control needs another try. */
static void range_setup(struct placement_state *state)
{
	struct gmem_vm *gvm = state->gvm;
	int feeder;

	if (!settled) {
		gmem_punch(gvm, 0, gvm->nr_pages);
		open_range(state->node);
	}
	fill_up_to_range();
	if (settled || !range_first)
		return;
	feeder = placement_feed(state);
	gmem_allocate(gvm, 0, gvm->nr_pages, state->node);
	kvm_close(feeder);
}

/* Each page that cannot move must be there: then it is tried. */
static bool range_verify(const struct placement_state *state, const uint64_t *pfns, size_t nr)
{
	size_t i, there = 0;

	for (i = 0; i < nr; i++)
		there += in_range(pfns[i]);
	settled = there == nr && !state->moves;
	if (settled || (state->moves && there))
		return true;
	ksft_print_msg("%zu of %zu pages are in the range from 0x%" PRIx64 " on, the first in 0x%"
		       PRIx64 "\n", there, nr, range_first, pfns[0]);
	return false;
}

static void range_teardown(struct placement_state *state)
{
	if (settled)
		return;
	kvm_munmap(filler, RANGE_FILLER);
	hugetlb_release();
	gigantic_release(state->node);
}

const struct placement placement_gigantic = {
	.select_node = range_select_node,
	.setup = range_setup,
	.verify = range_verify,
	.teardown = range_teardown,
	.skip_reason = "no node under test has an aligned range for a gigantic page, or it gets no "
		       "page (reserve a gigantic page at boot, with hugepages= of the kernel, on "
		       "a node with little memory, best without CPUs)",
	.control_skip_reason = "no gigantic page can be allocated, even where shmem only is in the "
			       "way (needs free memory on another node)",
};

/* The write succeeds, whether there is one more page or not (set_max_huge_pages()). */
static void fire_gigantic(const struct trigger_range *range, struct trigger_result *result)
{
	long added = gigantic_resize(range->from, 1);

	trigger_note_moved(range);
	result->ret = added < 0 ? added : added ? 0 : -ENOMEM;
	if (added > 0)
		gigantic_resize(range->from, -added);
}

/* In the stress test it would empty every range of the node. */
const struct trigger trigger_hugetlb_gigantic = {
	.name = "hugetlb_gigantic", .call = "nr_hugepages", .reason = "MR_CONTIG_RANGE",
	.no_range = true, .kernel_picks_node = true, .partial = true, .evacuates = true,
	.all_or_nothing = true, .solitary = true,
	.placement = &placement_gigantic, .skip_reason = gigantic_skip_reason,
	.fire = fire_gigantic,
};

/* ---- Memory of a virtio-mem device --------------------------------------------------------- */

/* The kernel allocates movable memory of the node there, because it is in ZONE_MOVABLE. */
static int virtio_mem_select_node(struct placement_state *state, const int *nodes, int nr)
{
	(void)state;
	while (nr--)
		if (nodes[nr] == virtio_mem_node())
			return nodes[nr];
	return -1;
}

static bool virtio_mem_verify(const struct placement_state *state, const uint64_t *pfns, size_t nr)
{
	size_t i;

	for (i = 0; i < nr && state->moves; i++)
		if (!virtio_mem_has(pfns[i]))
			return false;
	return true;
}

const struct placement placement_virtio_mem = {
	.select_node = virtio_mem_select_node,
	.verify = virtio_mem_verify,
	.skip_reason = "the virtio-mem device is on no node under test, or gets no page (boot with "
		       "memhp_default_state=online_movable)",
	.control_skip_reason = "the virtio-mem device is not unplugged, even with shmem only (boot "
			       "with memhp_default_state=online_movable)",
};

static void fire_virtio_mem(const struct trigger_range *range, struct trigger_result *result)
{
	result->ret = virtio_mem_unplug();
	trigger_note_moved(range);
	virtio_mem_plug();
}

const struct trigger trigger_virtio_mem = {
	.name = "virtio_mem", .call = "virtio-mem", .reason = "MR_CONTIG_RANGE",
	.no_range = true, .kernel_picks_node = true, .evacuates = true, .all_or_nothing = true,
	.moves_once = true, .solitary = true,
	.placement = &placement_virtio_mem, .skip_reason = virtio_mem_skip_reason,
	.fire = fire_virtio_mem,
};
