// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "kvm_util.h"
#include "migrate/matrix/fixture.h"
#include "migrate/mm/numa.h"
#include "migrate/trigger/placement.h"
#include "migrate/trigger/trigger.h"
#include "migrate/util/ksft_text.h"

/* Another process may hold a reference to a page of shmem for a moment. */
#define CONTROL_TRIES 5

const char *fixture_skip_reason_one_node(const struct suite *suite, const struct testcase *test)
{
	const struct contract_row *row = test->row;
	const char *reason = vm_kind_skip_reason(row->vm);

	if (!reason && row->vm->unflagged && row->vm->gmem_flags == row->vm->unflagged->gmem_flags)
		reason = "the bit of the flag that makes a guest_memfd movable is unknown (give -k "
			 "opt-in=BIT)";
	if (!reason && row->vm->unmapped)
		reason = row->vm->unmapped->skip_reason();
	return reason ?: trigger_skip_reason(suite, row->trigger);
}

const char *fixture_skip_reason_two_nodes(const struct suite *suite, const struct testcase *test)
{
	const char *reason = fixture_skip_reason_one_node(suite, test);

	/* The kernel may pick the node that the page is on. */
	if (test->row->trigger->kernel_picks_node)
		return reason;
	if (!reason && suite->nr_nodes < 2)
		reason = "fewer than two NUMA nodes with enough free memory (boot with "
			 "numa=fake=2, needs CONFIG_NUMA_EMU)";
	return reason;
}

void fixture_open_verdict(struct fixture *fx)
{
	struct gmem_vm *gvm = fx->gvm;
	size_t i;

	TEST_ASSERT(!verdict_init(&fx->verdict, gvm->nr_pages, gvm->page_size),
		    "out of memory");
	fx->verdict.start = gvm->start;
	fx->verdict.hidden = !vm_kind_host_maps(gvm->kind);
	if (gvm->kind->unmapped)
		fx->verdict.hidden = false;
	for (i = 0; i < gvm->nr_pages; i++)
		fx->verdict.pages[i].gpa = gmem_gpa(gvm, i);
}

/* Before there is a VM, so that its memory is not in the way. */
static void select_placement(struct fixture *fx)
{
	const struct placement *placement = fx->test->row->placement;

	if (fx->trigger)
		placement = fx->trigger->placement;
	if (placement)
		fx->from = placement_select_node(&fx->placement, placement, fx->suite->nodes,
						 fx->suite->nr_nodes,
						 outcome_moves(fx->expected.outcome));
	if (!fx->trigger || fx->trigger->kernel_picks_node)
		fx->to = NUMA_ANY_NODE;
}

bool fixture_open(struct fixture *fx, const struct suite *suite, const struct testcase *test,
		  const struct gmem_config *config)
{
	struct gmem_config gmem = *config;

	*fx = (struct fixture) {
		.suite = suite,
		.test = test,
		.trigger = test->row->trigger,
		.expected = test->row->expected[contract_of_kind(&suite->contract, test->row->vm)],
		.from = suite->nodes[0],
		.to = suite->nodes[suite->nr_nodes - 1],
	};
	select_placement(fx);
	gmem.nr_pages = max(suite->options.pages, config->nr_pages);
	if (fx->trigger && fx->trigger->huge)
		gmem.nr_pages = max(gmem.nr_pages, get_trans_hugepagesz() / getpagesize());
	if (config->few_pages)
		gmem.nr_pages /= 4;
	gmem.seed = suite->options.seed;
	gmem.node = fx->from;
	fx->gvm = gmem_vm_create(test->row->vm, &gmem);
	fx->placement.gvm = fx->gvm;
	fixture_open_verdict(fx);
	placement_setup(&fx->placement);
	if (config->launch_later)
		return true;
	/* KVM that emulates guest code accesses guest memory through userspace_addr. */
	return config->uaddr_is_mapping || gmem_guest_reaches(fx->gvm);
}

int fixture_skip(void)
{
	return suite_skip("KVM emulates guest code and needs the memslot's userspace_addr "
			  "(needs hardware with nested paging)");
}

void fixture_close(struct fixture *fx)
{
	placement_teardown(&fx->placement);
	verdict_free(&fx->verdict);
	gmem_vm_free(fx->gvm);
}

static int look(const struct fixture *fx, struct folio_info *info, bool after)
{
	size_t i;

	if (fx->gvm->finder) {
		fx->gvm->finder->look(fx->gvm, info, after);
		return 0;
	}
	if (!fx->verdict.hidden)
		return folio_inspect(fx->gvm->mem, fx->gvm->nr_pages, info);
	/* Host user space has no PTEs for hidden pages, and nothing finds their frames. */
	for (i = 0; i < fx->gvm->nr_pages; i++)
		info[i].node = -ENOENT;
	return 0;
}

static void inspect(struct fixture *fx, bool after)
{
	struct folio_info *info = calloc(fx->gvm->nr_pages, sizeof(*info));
	int r;

	TEST_ASSERT(info, "out of memory");
	/* A drain needs every CPU, and running vCPUs leave it no time. */
	fx->verdict.lru_drained = !gmem_guest_running(fx->gvm);
	if (fx->verdict.lru_drained)
		lru_drain();
	r = look(fx, info, after);
	TEST_ASSERT(!r, "cannot inspect the pages: %s", strerror(-r));
	if (after)
		verdict_after(&fx->verdict, info);
	else
		verdict_before(&fx->verdict, info);
	free(info);
}

void fixture_inspect_before(struct fixture *fx)
{
	if (fx->verdict.judged && verdict_good(&fx->verdict))
		verdict_reset(&fx->verdict);
	inspect(fx, false);
}

void fixture_inspect_after(struct fixture *fx)
{
	inspect(fx, true);
}

/* Returns the frames at the last inspection, which the caller frees. */
static uint64_t *frames_of(const struct fixture *fx, size_t first, size_t nr)
{
	uint64_t *pfns = calloc(nr, sizeof(*pfns));
	size_t i;

	TEST_ASSERT(pfns, "out of memory");
	for (i = 0; i < nr; i++)
		pfns[i] = fx->verdict.pages[first + i].before.pfn;
	return pfns;
}

static void fire_once(struct fixture *fx, size_t first, size_t nr, long expected_ret)
{
	const struct trigger *trigger = fx->trigger;
	uint64_t *pfns = frames_of(fx, first, nr);
	struct trigger_range range = trigger_range_of(gmem_page(fx->gvm, first), nr, fx->from,
						      fx->to);
	struct trigger_result result = { .status = calloc(nr, sizeof(int)) };

	TEST_ASSERT(result.status, "out of memory");
	range.pfns = pfns;
	if (fx->gvm->finder) {
		range.moved = fx->gvm->left + first;
		range.frame_is = fx->gvm->finder->frame_is;
	}
	range.control = fx->control;
	trigger_fire(trigger, &range, &result);
	verdict_call(&fx->verdict, trigger->call, result.ret, expected_ret,
		     trigger->has_status ? result.status : NULL, first, nr);
	free(result.status);
	free(pfns);
}

/* Compaction does not move a page twice: fragment memory, or fill the CMA area, again. */
static void placement_again(struct fixture *fx)
{
	if (!fx->trigger->partial)
		return;
	placement_teardown(&fx->placement);
	placement_setup(&fx->placement);
}

/* How often the trigger may be fired until it moves the first page. */
static int fire_tries(const struct fixture *fx)
{
	const struct placement *placement = fx->placement.placement;

	if (!placement || !outcome_moves(fx->expected.outcome))
		return 0;
	return placement->fire_tries;
}

static bool moved_any(const struct fixture *fx)
{
	return verdict_count_moved(&fx->verdict, fx->from, fx->to);
}

int fixture_fire_tries(const struct fixture *fx)
{
	return fx->never_moves ? 0 : fire_tries(fx);
}

bool fixture_fire_again(struct fixture *fx, int *tries)
{
	if (!*tries)
		return false;
	fixture_inspect_after(fx);
	if (moved_any(fx))
		return false;
	/* The case fails.  Its caller may fire again, and has tries of its own. */
	fx->never_moves = !--*tries;
	if (fx->never_moves)
		return false;
	placement_again(fx);
	placement_populated(&fx->placement);
	return true;
}

static void fire_until_one_moves(struct fixture *fx, size_t first, size_t nr, long expected_ret)
{
	int tries = fixture_fire_tries(fx);

	while (fixture_fire_again(fx, &tries))
		fire_once(fx, first, nr, expected_ret);
}

void fixture_fire(struct fixture *fx, size_t first, size_t nr, long expected_ret)
{
	fire_once(fx, first, nr, expected_ret);
	fire_until_one_moves(fx, first, nr, expected_ret);
}

void fixture_fire_inspected(struct fixture *fx, size_t first, size_t nr, long expected_ret)
{
	fixture_inspect_before(fx);
	fixture_fire(fx, first, nr, expected_ret);
	fixture_inspect_after(fx);
}

/* Whether the trigger moves a control from .from to .to, as it does on every kernel. */
static bool control_moves(struct fixture *fx)
{
	size_t enough = CONTROL_PAGES, moved = 0;
	int status[CONTROL_PAGES], tries;
	struct trigger_result result = { .status = status };
	char text[32];

	if (fx->trigger->partial)
		enough = 1;
	for (tries = 0; tries < CONTROL_TRIES && moved < enough; tries++) {
		if (tries)
			placement_again(fx);
		moved = control_fire(fx->trigger, fx->from, fx->to, &result);
	}
	if (moved >= enough)
		return true;
	ksft_print_msg("control: wanted %zu pages of shmem moved from node %d, got %zu; %s = %s\n",
		       enough, fx->from, moved, fx->trigger->call,
		       return_text(result.ret, text, sizeof(text)));
	return false;
}

void fixture_fill(struct fixture *fx)
{
	const struct unmapped_ops *unmapped = fx->gvm->kind->unmapped;

	if (unmapped) {
		unmapped->populate(fx->gvm, fx->from);
		fixture_check_host(fx);
		return;
	}
	gmem_guest_fill(fx->gvm);
	fixture_check_host(fx);
}

static int fill_and_verify(void *data)
{
	struct fixture *fx = data;
	uint64_t *pfns;
	bool good;

	fixture_fill(fx);
	if (!fx->placement.placement || !fx->placement.placement->verify)
		return KSFT_PASS;
	fixture_inspect_before(fx);
	pfns = frames_of(fx, 0, fx->gvm->nr_pages);
	good = placement_verify(&fx->placement, pfns, fx->gvm->nr_pages);
	free(pfns);
	return good ? KSFT_PASS : PLACEMENT_RETRY;
}

int fixture_populate(struct fixture *fx, int tries)
{
	return placement_populate(&fx->placement, tries, fill_and_verify, fx);
}

static int begin_placed(struct fixture *fx)
{
	bool moves = outcome_moves(fx->expected.outcome);

	if (placement_skip_reason(&fx->placement))
		return suite_skip(placement_skip_reason(&fx->placement));
	if (moves && fx->trigger->partial) {
		/* Pages that do not move must not keep the control from moving. */
		gmem_punch(fx->gvm, 0, fx->gvm->nr_pages);
		if (!control_moves(fx))
			return control_not_moved(fx->trigger);
		placement_again(fx);
	}
	if (fixture_populate(fx, PLACEMENT_TRIES))
		return suite_skip(fx->placement.placement->skip_reason);
	if (!moves && !control_moves(fx))
		return control_not_moved(fx->trigger);
	placement_populated(&fx->placement);
	return KSFT_PASS;
}

int fixture_begin(struct fixture *fx)
{
	if (fx->placement.placement || fx->trigger->partial)
		return begin_placed(fx);
	fixture_fill(fx);
	if (!outcome_moves(fx->expected.outcome) && !control_moves(fx))
		return KSFT_FAIL;
	return KSFT_PASS;
}

void fixture_expect(struct fixture *fx, size_t first, size_t nr, enum outcome outcome)
{
	verdict_expect(&fx->verdict, first, nr, outcome, fx->from, fx->to);
	if (!fx->trigger || !fx->trigger->has_status)
		return;
	if (outcome == OUTCOME_MOVED)
		verdict_expect_status(&fx->verdict, first, nr, fx->to);
	if (fx->expected.ret == RET_ENOENT)
		verdict_expect_status(&fx->verdict, first, nr, -ENOENT);
}

void fixture_check_mapping(struct fixture *fx)
{
	struct gmem_vm *gvm = fx->gvm;
	size_t page, bad;

	for (page = 0; page < gvm->nr_pages; page++) {
		bad = gmem_host_check(gvm, page);
		if (bad < GUEST_PAGE_WORDS(gvm->page_size))
			verdict_bad_word(&fx->verdict, BAD_CONTENT, page, bad,
					 gmem_expected_word(gvm, page, bad),
					 ((u64 *)gmem_page(gvm, page))[bad]);
	}
}

/* System calls find a page once the host has touched it. */
static void touch(const struct gmem_vm *gvm)
{
	size_t page;

	for (page = 0; page < gvm->nr_pages; page++)
		READ_ONCE(*(char *)gmem_page(gvm, page));
}

void fixture_check_host(struct fixture *fx)
{
	const struct vm_kind *kind = fx->gvm->kind;

	if (!vm_kind_host_maps(kind)) {
		assert_host_access_faults(fx->gvm);
		return;
	}
	if (kind->encrypted) {
		touch(fx->gvm);
		return;
	}
	fixture_check_mapping(fx);
}

void fixture_check_guest(struct fixture *fx)
{
	struct gmem_vm *gvm = fx->gvm;
	size_t i;

	gmem_guest_check(gvm);
	for (i = 0; i < gvm->nr_pages; i++) {
		const struct guest_page *page = &gvm->pages[i];

		if (page->bad_word != GUEST_NO_BAD_WORD)
			verdict_bad_word(&fx->verdict, BAD_GUEST, i, page->bad_word,
					 page->expected, page->got);
	}
}

/* The report says what the guest reads at the first bad byte of each page. */
static void peek_bad_bytes(struct fixture *fx)
{
	size_t i;

	for (i = 0; i < fx->verdict.nr_pages; i++) {
		struct page_verdict *page = &fx->verdict.pages[i];
		u64 word;

		if (!(page->bad & (BAD_CONTENT | BAD_GUEST)) ||
		    gmem_in_hole(fx->gvm, i))
			continue;
		word = gmem_guest_peek(fx->gvm, i, page->bad_offset);
		page->guest_reads = ((u8 *)&word)[page->bad_offset % sizeof(word)];
	}
}

/* The only failure is that compaction moves no page, even of shmem. */
static bool judges_nothing(struct fixture *fx)
{
	const struct verdict *verdict = &fx->verdict;

	return fire_tries(fx) && !moved_any(fx) &&
	       !verdict_bad_pages(verdict) && verdict->ret == verdict->expected_ret &&
	       !control_moves(fx);
}

int fixture_judge(struct fixture *fx)
{
	if (verdict_good(&fx->verdict))
		return KSFT_PASS;
	if (judges_nothing(fx))
		return control_not_moved(fx->trigger);
	verdict_report(&fx->verdict, stdout, suite_context(fx->suite));
	return KSFT_FAIL;
}

int fixture_judge_content(struct fixture *fx)
{
	fixture_check_host(fx);
	fixture_check_guest(fx);
	peek_bad_bytes(fx);
	return fixture_judge(fx);
}

void fixture_swap_nodes(struct fixture *fx)
{
	int from = fx->from;

	fx->from = fx->to;
	fx->to = from;
	if (fx->trigger->kernel_picks_node)
		fx->to = NUMA_ANY_NODE;
	verdict_reset(&fx->verdict);
}

int fixture_stop_and_judge(struct fixture *fx)
{
	if (!gmem_guest_stop(fx->gvm, stdout))
		return fixture_judge_content(fx);
	/* A dead guest cannot check its memory. */
	fixture_check_host(fx);
	fixture_judge(fx);
	return KSFT_FAIL;
}

int fixture_run(const struct suite *suite, const struct testcase *test,
		const struct gmem_config *config, bool filled, int (*act)(struct fixture *fx))
{
	struct fixture fx;
	int result;

	if (!fixture_open(&fx, suite, test, config))
		return fixture_skip();
	result = (filled ? fixture_begin(&fx) : KSFT_PASS) ?: act(&fx);
	fixture_close(&fx);
	return result;
}
