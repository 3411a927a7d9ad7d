// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "kvm_util.h"
#include "numaif.h"
#include "migrate/control.h"
#include "migrate/layout.h"
#include "migrate/numa.h"
#include "migrate/scene.h"
#include "migrate/tap.h"
#include "migrate/trigger.h"

/* A page of shmem may be held for a moment by whatever else the system does. */
#define CONTROL_TRIES 5

#define COMPACTION_TRIES 5

/* A page of the kernel's own may have got in between. */
#define LAYOUT_TRIES 5

const char *scene_missing_one_node(const struct suite *suite, const struct testcase *test)
{
	const struct contract_row *row = test->row;
	const char *missing = vm_kind_missing(row->vm);

	if (!missing && !vm_kind_host_maps(row->vm))
		missing = frames_missing();
	return missing ?: suite_missing(suite, row->trigger);
}

const char *scene_missing_two_nodes(const struct suite *suite, const struct testcase *test)
{
	const char *missing = scene_missing_one_node(suite, test);

	/* What the kernel may keep on the node that it is on needs no other. */
	if (!missing && suite->nr_nodes < 2 && !test->row->trigger->any_node)
		missing = "fewer than two NUMA nodes with enough free memory (boot with "
			  "numa=fake=2, or use the lab)";
	return missing;
}

/* KVM that emulates guest code reads and writes guest memory through userspace_addr. */
static bool guest_needs_hva(struct scene *scene, const struct scene_config *config)
{
	return !config->hva_is_mapping && !gmem_guest_reaches(scene->gvm);
}

static void open_verdict(struct scene *scene)
{
	struct gmem_vm *gvm = scene->gvm;
	size_t i;

	TEST_ASSERT(!verdict_init(&scene->verdict, gvm->nr_pages, gvm->page_size),
		    "out of memory");
	scene->verdict.start = gvm->start;
	for (i = 0; i < gvm->nr_pages; i++)
		scene->verdict.pages[i].gpa = gmem_gpa(gvm, i);
}

static size_t pages_for(const struct suite *suite, const struct trigger *trigger)
{
	size_t pages = suite->options.pages, huge;

	if (!trigger->huge)
		return pages;
	huge = get_trans_hugepagesz() / getpagesize();
	return pages > huge ? pages : huge;
}

/* Whether it takes ballast to have something moved. */
static bool needs_ballast(const struct scene *scene)
{
	return scene->trigger->moves_some && !scene->trigger->layout;
}

/* Before the VM: what is allocated for it must not be in the way. */
static void pick_nodes(struct scene *scene)
{
	const struct suite *suite = scene->suite;
	const struct layout *layout = scene->trigger->layout;
	int node = suite->nodes[0];

	if (layout)
		node = layout->pick(suite->nodes, suite->nr_nodes,
				    outcome_moves(scene->promise.outcome));
	scene->unfit = node < 0;
	scene->from = scene->unfit ? suite->nodes[0] : node;
	scene->to = suite->nodes[suite->nr_nodes - 1];
	if (scene->trigger->any_node)
		scene->to = NUMA_ANY_NODE;
}

static void open_layout(struct scene *scene)
{
	const struct layout *layout = scene->trigger->layout;

	if (layout)
		layout->open(scene->gvm, scene->from, outcome_moves(scene->promise.outcome));
	if (needs_ballast(scene))
		ballast_open(&scene->ballast, scene->from);
}

static void close_layout(struct scene *scene)
{
	if (scene->trigger->layout)
		scene->trigger->layout->close();
	if (needs_ballast(scene))
		ballast_close(&scene->ballast);
}

bool scene_open(struct scene *scene, const struct suite *suite, const struct testcase *test,
		const struct scene_config *config)
{
	struct gmem_config gmem = {
		.nr_pages = pages_for(suite, test->row->trigger),
		.nr_vcpus = config->nr_vcpus,
		.hva_is_mapping = config->hva_is_mapping,
		.two_slots = config->two_slots,
		.far = config->far,
		.seed = suite->options.seed,
	};

	*scene = (struct scene) {
		.suite = suite,
		.test = test,
		.trigger = test->row->trigger,
		.promise = test->row->promise[suite->contract.id],
	};
	pick_nodes(scene);
	gmem.node = scene->from;
	scene->gvm = gmem_vm_create(test->row->vm, &gmem);
	open_verdict(scene);
	if (!scene->unfit)
		open_layout(scene);
	return !guest_needs_hva(scene, config);
}

int scene_skip(void)
{
	return suite_skip("KVM emulates guest code and so needs the memslot's userspace_addr "
			  "(use hardware with nested paging, or the lab)");
}

void scene_close(struct scene *scene)
{
	if (!scene->unfit)
		close_layout(scene);
	verdict_free(&scene->verdict);
	unmapped_free(&scene->unmapped);
	gmem_vm_free(scene->gvm);
}

/* Not while the guest runs: it makes every CPU do some work, and vCPUs leave it no time. */
static void settle(struct scene *scene)
{
	scene->verdict.settled = !gmem_guest_running(scene->gvm);
	if (scene->verdict.settled)
		folio_settle();
}

static bool host_maps(const struct scene *scene)
{
	return vm_kind_host_maps(scene->gvm->kind);
}

/* Whether page tables of the host lead to the pages. */
static bool are_mapped(const struct scene *scene)
{
	return !scene->unmapped.nr_pages;
}

/* What the pages are now, for the caller to free. */
static struct folio_info *inspect(struct scene *scene,
				  void (*look)(struct unmapped *unmapped, struct folio_info *info))
{
	size_t nr = scene->gvm->nr_pages;
	struct folio_info *info = calloc(nr, sizeof(*info));
	int r = 0;

	TEST_ASSERT(info, "out of memory");
	settle(scene);
	if (are_mapped(scene))
		r = folio_inspect(scene->gvm->mem, nr, info);
	else
		look(&scene->unmapped, info);
	TEST_ASSERT(!r, "cannot inspect the pages: %s", strerror(-r));
	return info;
}

void scene_look_before(struct scene *scene)
{
	struct folio_info *info = inspect(scene, unmapped_look_before);

	verdict_before(&scene->verdict, info);
	free(info);
}

void scene_look_after(struct scene *scene)
{
	struct folio_info *info = inspect(scene, unmapped_look_after);

	verdict_after(&scene->verdict, info);
	free(info);
}

/* The frames that the pages were in at the last look. */
static uint64_t *frames_of(const struct scene *scene, size_t first, size_t nr)
{
	uint64_t *pfns = calloc(nr, sizeof(*pfns));
	size_t i;

	TEST_ASSERT(pfns, "out of memory");
	for (i = 0; i < nr; i++)
		pfns[i] = scene->verdict.pages[first + i].before.pfn;
	return pfns;
}

static void fire_once(struct scene *scene, size_t first, size_t nr, long wanted_ret)
{
	const struct trigger *trigger = scene->trigger;
	uint64_t *pfns = frames_of(scene, first, nr);
	struct trigger_range range = {
		.addr = gmem_page(scene->gvm, first),
		.nr_pages = nr,
		.pfns = pfns,
		.left = are_mapped(scene) ? NULL : scene->unmapped.left + first,
		.from = scene->from,
		.to = scene->to,
		.control = scene->control,
	};
	struct trigger_result result = { .status = calloc(nr, sizeof(int)) };

	TEST_ASSERT(result.status, "out of memory");
	trigger->fire(&range, &result);
	verdict_call(&scene->verdict, trigger->call, result.ret, wanted_ret,
		     trigger->has_status ? result.status : NULL, first, nr);
	free(result.status);
	free(pfns);
}

/* Fire once at a control of its own.  Returns how many of its pages moved. */
static size_t fire_at_control(const struct scene *scene, struct trigger_result *result)
{
	struct control control;
	size_t moved;

	control_open(&control, scene->from);
	moved = control_fire(&control, scene->trigger, scene->to, result);
	control_close(&control);
	return moved;
}

/* What compaction moved once is where it wants it: lay out memory anew for the next time. */
static void lay_out_again(struct scene *scene)
{
	if (!scene->trigger->moves_some)
		return;
	close_layout(scene);
	open_layout(scene);
}

/* Compaction that was to move something, and has not moved a page. */
static bool compaction_idle(const struct scene *scene)
{
	return needs_ballast(scene) && outcome_moves(scene->promise.outcome) &&
	       !verdict_count_moved(&scene->verdict, scene->from, scene->to);
}

/*
 * Where compaction begins to work is where free pages are, and others use memory too: it gets some
 * more tries, each with memory laid out for it.
 */
void scene_fire(struct scene *scene, size_t first, size_t nr, long wanted_ret)
{
	int tries;

	fire_once(scene, first, nr, wanted_ret);
	if (!needs_ballast(scene) || !outcome_moves(scene->promise.outcome))
		return;
	for (tries = 1; tries < COMPACTION_TRIES; tries++) {
		scene_look_after(scene);
		if (!compaction_idle(scene))
			return;
		lay_out_again(scene);
		ballast_unpin(&scene->ballast);
		fire_once(scene, first, nr, wanted_ret);
	}
}

/* Whether the trigger moves a control from .from to .to, as it does on every kernel. */
static bool control_moves(struct scene *scene)
{
	size_t enough = scene->trigger->moves_some ? 1 : CONTROL_PAGES, moved = 0;
	int status[CONTROL_PAGES], tries;
	struct trigger_result result = { .status = status };
	char text[32];

	for (tries = 0; tries < CONTROL_TRIES && moved < enough; tries++) {
		if (tries)
			lay_out_again(scene);
		moved = fire_at_control(scene, &result);
	}
	if (moved >= enough)
		return true;
	ksft_print_msg("control: wanted %zu pages of shmem moved from node %d, got %zu; %s = %s\n",
		       enough, scene->from, moved, scene->trigger->call,
		       return_text(result.ret, text, sizeof(text)));
	return false;
}

/* What does not move shmem cannot be blamed on guest_memfd; compaction may have its reasons. */
static int control_stays(const struct scene *scene)
{
	if (!scene->trigger->layout && !scene->trigger->moves_some)
		return KSFT_FAIL;
	return suite_skip(control_idle(scene->trigger));
}

static bool laid_out_well(struct scene *scene)
{
	const struct layout *layout = scene->trigger->layout;
	size_t nr = scene->gvm->nr_pages;
	uint64_t *pfns;
	bool good;

	if (!layout)
		return true;
	scene_look_before(scene);
	pfns = frames_of(scene, 0, nr);
	good = layout->filled(pfns, nr);
	free(pfns);
	return good;
}

void scene_fill(struct scene *scene)
{
	if (host_maps(scene))
		gmem_guest_fill(scene->gvm);
	else
		unmapped_populate(&scene->unmapped, scene->gvm, scene->from);
	scene_check_host(scene);
}

int scene_begin(struct scene *scene)
{
	bool moves = outcome_moves(scene->promise.outcome);
	int tries;

	if (scene->unfit)
		return suite_skip(scene->trigger->layout->unfit);
	if (moves && scene->trigger->moves_some) {
		if (!control_moves(scene))
			return control_stays(scene);
		lay_out_again(scene);
	}
	scene_fill(scene);
	for (tries = 1; !laid_out_well(scene); tries++) {
		if (tries == LAYOUT_TRIES)
			return suite_skip(scene->trigger->layout->unfit);
		close_layout(scene);
		open_layout(scene);
		scene_fill(scene);
	}
	if (!moves && !control_moves(scene))
		return control_stays(scene);
	if (needs_ballast(scene))
		ballast_unpin(&scene->ballast);
	return KSFT_PASS;
}

void scene_want(struct scene *scene, size_t first, size_t nr, enum outcome outcome)
{
	verdict_want(&scene->verdict, first, nr, outcome, scene->from, scene->to);
	if (scene->trigger->has_status && outcome == OUTCOME_MOVED)
		verdict_want_status(&scene->verdict, first, nr, scene->to);
	if (scene->trigger->has_status && scene->promise.answer == ANSWER_ENOENT)
		verdict_want_status(&scene->verdict, first, nr, -ENOENT);
}

void scene_check_mapping(struct scene *scene)
{
	struct gmem_vm *gvm = scene->gvm;
	size_t page, bad;

	for (page = 0; page < gvm->nr_pages; page++) {
		bad = gmem_host_check(gvm, page);
		if (bad < GUEST_PAGE_WORDS(gvm->page_size))
			verdict_bad_word(&scene->verdict, FAULT_CONTENT, page, bad,
					 gmem_wanted_word(gvm, page, bad),
					 ((u64 *)gmem_page(gvm, page))[bad]);
	}
}

void scene_check_host(struct scene *scene)
{
	if (host_maps(scene))
		scene_check_mapping(scene);
	else
		unmapped_try_to_touch(scene->gvm);
}

void scene_check_guest(struct scene *scene)
{
	struct gmem_vm *gvm = scene->gvm;
	size_t i;

	gmem_guest_check(gvm);
	for (i = 0; i < gvm->nr_pages; i++) {
		const struct guest_page *page = &gvm->pages[i];

		if (page->bad_word != GUEST_NO_BAD_WORD)
			verdict_bad_word(&scene->verdict, FAULT_GUEST, i, page->bad_word,
					 page->want, page->got);
	}
}

/* Have the report say what the guest reads at each page's first bad byte. */
static void ask_guest(struct scene *scene)
{
	size_t i;

	for (i = 0; i < scene->verdict.nr_pages; i++) {
		struct page_verdict *page = &scene->verdict.pages[i];
		u64 word;

		if (!(page->faults & (FAULT_CONTENT | FAULT_GUEST)) ||
		    gmem_in_gap(scene->gvm, i))
			continue;
		word = gmem_guest_peek(scene->gvm, i, page->bad_offset);
		page->guest_reads = ((u8 *)&word)[page->bad_offset % sizeof(word)];
	}
}

/* Nothing is wrong but that compaction moves nothing, here and now not even shmem. */
static bool judges_nothing(struct scene *scene)
{
	const struct verdict *verdict = &scene->verdict;

	return compaction_idle(scene) && !verdict_bad_pages(verdict) &&
	       verdict->ret == verdict->wanted_ret && !control_moves(scene);
}

int scene_judge(struct scene *scene)
{
	if (verdict_good(&scene->verdict))
		return KSFT_PASS;
	if (judges_nothing(scene))
		return control_stays(scene);
	verdict_report(&scene->verdict, stdout, suite_context(scene->suite));
	return KSFT_FAIL;
}

int scene_judge_with_content(struct scene *scene)
{
	scene_check_host(scene);
	scene_check_guest(scene);
	ask_guest(scene);
	return scene_judge(scene);
}

void scene_turn_round(struct scene *scene)
{
	int from = scene->from;

	scene->from = scene->to;
	if (!scene->trigger->any_node)
		scene->to = from;
	verdict_reset(&scene->verdict);
}
