// SPDX-License-Identifier: GPL-2.0-only
/*
 * Targets of the stress test: a VM, its guest_memfd, and the last write to each page.
 */
#include <stdlib.h>

#include "kselftest.h"
#include "ucall_common.h"
#include "migrate/mm/numa.h"
#include "migrate/stress/stress.h"
#include "migrate/trigger/trigger.h"

struct gmem_vm *stress_target_vm(const struct stress_target *target)
{
	return target->fx.gvm;
}

static bool host_maps(const struct stress_target *target)
{
	return vm_kind_host_maps(stress_target_vm(target)->kind);
}

static size_t pages_for(const struct stress *stress, const struct workload *workload)
{
	size_t pages = stress->suite->options.pages;

	if (workload->main)
		return pages;
	return pages / 4 > OPTIONS_PAGES_MIN ? pages / 4 : OPTIONS_PAGES_MIN;
}

static void create_vm(struct stress_target *target)
{
	const struct stress *stress = target->stress;
	const struct workload *workload = target->workload;
	const struct gmem_config config = {
		.nr_pages = pages_for(stress, workload),
		.nr_vcpus = workload->main ? stress->suite->options.nr_vcpus : 1,
		.two_slots = workload->two_slots,
		.node = stress->nodes[0],
		.seed = stress->suite->options.seed,
		.yielding = true,
	};

	target->fx.gvm = gmem_vm_create(
		workload->private_mem ? vm_kind_private() : &vm_kind_default, &config);
	stress_target_vm(target)->pattern.file = target - stress->targets;
}

static void open_fixture(struct stress_target *target)
{
	struct fixture *fx = &target->fx;
	struct gmem_vm *gvm = fx->gvm;
	size_t i;

	fx->suite = target->stress->suite;
	fx->test = target->stress->test;
	TEST_ASSERT(!verdict_init(&fx->verdict, gvm->nr_pages, gvm->page_size),
		    "out of memory");
	for (i = 0; i < gvm->nr_pages; i++)
		fx->verdict.pages[i].gpa = gmem_gpa(gvm, i);
}

bool stress_target_open(struct stress_target *target, struct stress *stress,
			const struct workload *workload)
{
	*target = (struct stress_target) { .workload = workload, .stress = stress };
	if (workload->apart)
		return true;
	create_vm(target);
	open_fixture(target);
	target->rounds = calloc(stress_target_vm(target)->nr_pages, sizeof(*target->rounds));
	TEST_ASSERT(target->rounds, "out of memory");
	if (!gmem_guest_reaches(stress_target_vm(target)))
		return false;
	if (!workload->runs)
		stress_target_fill(target, 0, stress_target_vm(target)->nr_pages, true);
	return true;
}

void stress_target_close(struct stress_target *target)
{
	if (!target->fx.gvm)
		return;
	verdict_free(&target->fx.verdict);
	gmem_vm_free(target->fx.gvm);
	free(target->rounds);
}

void stress_target_touch(const struct stress_target *target, size_t first, size_t nr)
{
	size_t page;

	for (page = first; page < first + nr; page++)
		READ_ONCE(*(char *)gmem_page(stress_target_vm(target), page));
}

/* The report has the frames of bad pages; pages that must stay are compared by frame. */
static void look(struct stress_target *target, void (*look_at)(struct fixture *fx))
{
	if (host_maps(target))
		look_at(&target->fx);
}

static void judge(struct stress_target *target)
{
	struct fixture *fx = &target->fx;

	if (verdict_good(&fx->verdict))
		return;
	look(target, fixture_inspect_after);
	ksft_print_msg("%s, in round %lu:\n", target->workload->name, target->stress->round);
	verdict_report(&fx->verdict, stdout, suite_context(fx->suite));
	stress_fail(target->stress);
}

static void check_both(struct stress_target *target)
{
	struct fixture *fx = &target->fx;
	size_t nr = stress_target_vm(target)->nr_pages;

	if (target->workload->runs) {
		fixture_check_guest(fx);
		fixture_check_host(fx);
		return;
	}
	stress_target_check(target, 0, nr, true);
	stress_target_check(target, 0, nr, false);
}

void stress_target_begin_round(struct stress_target *target, bool filled)
{
	struct fixture *fx = &target->fx;

	if (target->workload->apart)
		return;
	verdict_reset(&fx->verdict);
	if (target->workload->runs && !filled) {
		if (stress_flip(&target->random))
			gmem_guest_fill(fx->gvm);
		else
			gmem_host_fill(fx->gvm);
	}
	check_both(target);
	look(target, fixture_inspect_before);
	judge(target);
	if (target->workload->runs)
		gmem_guest_start(fx->gvm);
}

/* Only migrators move its pages, and the contract does not let them. */
static bool must_stay(const struct stress_target *target)
{
	return target->workload->steady && target->stress->suite->contract.id == CONTRACT_UNMOVABLE;
}

void stress_target_end_round(struct stress_target *target)
{
	struct fixture *fx = &target->fx;

	if (target->workload->apart)
		return;
	if (gmem_guest_running(fx->gvm) && gmem_guest_stop(fx->gvm, stdout))
		stress_fail(target->stress);
	else
		check_both(target);
	if (must_stay(target)) {
		fixture_inspect_after(fx);
		verdict_expect(&fx->verdict, 0, fx->gvm->nr_pages, OUTCOME_REFUSED,
			       target->stress->nodes[0], NUMA_ANY_NODE);
	}
	judge(target);
}

void stress_target_move_some(struct stress_target *target)
{
	struct gmem_vm *gvm = stress_target_vm(target);
	struct trigger_result result = { .status = calloc(gvm->nr_pages, sizeof(int)) };
	struct trigger_range range;
	size_t first, nr;

	TEST_ASSERT(result.status, "out of memory");
	stress_pick_range(&target->random, gvm->nr_pages, gvm->nr_pages, &first, &nr);
	range = trigger_range_of(gmem_page(gvm, first), nr, NUMA_ANY_NODE,
				 stress_pick_node(target->stress, &target->random, -1));
	pthread_rwlock_rdlock(&target->stress->concurrent);
	trigger_move_pages.fire(&range, &result);
	pthread_rwlock_unlock(&target->stress->concurrent);
	free(result.status);
}

/* ---- Guests that do not run -------------------------------------------------------------- */

static void command_guest(struct stress_target *target, enum guest_command command, size_t first,
			  size_t nr, uint32_t round)
{
	struct gmem_vcpu *gv = &stress_target_vm(target)->vcpus[0];
	struct ucall uc;

	gmem_vcpu_command(gv, command, first, 1);
	gv->job->end = first + nr;
	gv->job->pattern.round = round;
	vcpu_run(gv->vcpu);
	if (get_ucall(gv->vcpu, &uc) == UCALL_SYNC)
		return;
	TEST_FAIL("%s: the guest ended at %s of pages [%zu-%zu]: exit reason %u (%s)",
		  target->workload->name, command == GUEST_FILL ? "a fill" : "a check", first,
		  first + nr - 1, gv->vcpu->run->exit_reason,
		  exit_reason_str(gv->vcpu->run->exit_reason));
}

static struct pattern pattern_of(const struct stress_target *target, size_t page)
{
	struct pattern pattern = stress_target_vm(target)->pattern;

	pattern.round = target->rounds[page];
	return pattern;
}

void stress_target_fill(struct stress_target *target, size_t first, size_t nr, bool by_guest)
{
	struct gmem_vm *gvm = stress_target_vm(target);
	size_t words = GUEST_PAGE_WORDS(gvm->page_size), page;
	uint32_t round = ++target->last_round;

	for (page = first; page < first + nr; page++) {
		struct pattern pattern;

		target->rounds[page] = round;
		gvm->pages[page].count = 0;
		gvm->pages[page].bad_word = GUEST_NO_BAD_WORD;
		pattern = pattern_of(target, page);
		if (!by_guest)
			pattern_fill(&pattern, page, gmem_page(gvm, page), words);
	}
	if (by_guest)
		command_guest(target, GUEST_FILL, first, nr, round);
}

void stress_target_check_words(struct stress_target *target, const struct pattern *pattern,
			       size_t page, const u64 *words)
{
	size_t nr_words = GUEST_PAGE_WORDS(stress_target_vm(target)->page_size);
	size_t bad = pattern_check(pattern, page, words, nr_words);

	if (bad < nr_words)
		verdict_bad_word(&target->fx.verdict, BAD_CONTENT, page, bad,
				 pattern_word(pattern, page, bad), READ_ONCE(words[bad]));
}

static void check_by_host(struct stress_target *target, size_t first, size_t nr)
{
	size_t page;

	for (page = first; page < first + nr; page++) {
		const struct pattern pattern = pattern_of(target, page);

		stress_target_check_words(target, &pattern, page,
					  gmem_page(stress_target_vm(target), page));
	}
}

/* One command for each run of pages that were filled together. */
static void check_by_guest(struct stress_target *target, size_t first, size_t nr)
{
	size_t page, end = first + nr, run;

	for (; first < end; first = run) {
		for (run = first; run < end && target->rounds[run] == target->rounds[first]; run++)
			;
		command_guest(target, GUEST_CHECK, first, run - first, target->rounds[first]);
		for (page = first; page < run; page++) {
			struct guest_page *found = &stress_target_vm(target)->pages[page];

			if (found->bad_word != GUEST_NO_BAD_WORD)
				verdict_bad_word(&target->fx.verdict, BAD_GUEST, page,
						 found->bad_word, found->expected, found->got);
		}
	}
}

void stress_target_check(struct stress_target *target, size_t first, size_t nr, bool by_guest)
{
	if (by_guest)
		check_by_guest(target, first, nr);
	else if (host_maps(target))
		check_by_host(target, first, nr);
	if (verdict_bad_pages(&target->fx.verdict))
		stress_fail(target->stress);
}
