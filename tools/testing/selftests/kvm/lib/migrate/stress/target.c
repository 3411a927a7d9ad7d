// SPDX-License-Identifier: GPL-2.0-only
/*
 * Targets of the stress test: a VM, its guest_memfd, and the last write to each page.
 */
#include <stdlib.h>
#include <string.h>

#include "kselftest.h"
#include "migrate/mm/numa.h"
#include "migrate/stress/stress.h"

const struct vm_kind *workload_vm_kind(const struct workload *workload)
{
	return workload->private_mem ? vm_kind_private(workload->encrypted) : &vm_kind_default;
}

struct gmem_config stress_target_config(const struct stress_target *target)
{
	const struct migrate_options *options = &target->stress->suite->options;
	size_t quarter = options->pages / 4;

	if (quarter < OPTIONS_PAGES_MIN)
		quarter = OPTIONS_PAGES_MIN;
	return (struct gmem_config) {
		.nr_pages = target->workload->main ? options->pages : quarter,
		.nr_vcpus = target->workload->main ? options->stress_vcpus : 1,
		.two_slots = target->workload->main,
		.node = target->stress->nodes[0],
		.seed = options->seed,
		.yielding = true,
	};
}

bool stress_target_open(struct stress_target *target, struct stress *stress,
			const struct workload *workload)
{
	struct fixture *fx = &target->fx;
	struct gmem_config config;

	*target = (struct stress_target) { .workload = workload, .stress = stress };
	if (workload->apart)
		return true;
	config = stress_target_config(target);
	fx->suite = stress->suite;
	fx->gvm = gmem_vm_create(workload_vm_kind(workload), &config);
	fx->gvm->pattern.file = target - stress->targets;
	fixture_open_verdict(fx);
	target->rounds = calloc(config.nr_pages, sizeof(*target->rounds));
	TEST_ASSERT(target->rounds, "out of memory");
	if (!gmem_guest_reaches(fx->gvm))
		return false;
	if (!workload->runs)
		stress_target_fill(target, 0, config.nr_pages, true);
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
		READ_ONCE(*(char *)gmem_page(target->fx.gvm, page));
}

void stress_target_pfns(const struct stress_target *target, size_t first, size_t nr,
			uint64_t *pfns)
{
	int r = pagemap_read(gmem_page(target->fx.gvm, first), nr, pfns);
	size_t i;

	TEST_ASSERT(!r, "cannot read pagemap: %s", strerror(-r));
	for (i = 0; i < nr; i++)
		pfns[i] = pagemap_pfn(pfns[i]);
}

static void judge(struct stress_target *target)
{
	struct fixture *fx = &target->fx;

	if (verdict_good(&fx->verdict))
		return;
	if (vm_kind_host_maps(fx->gvm->kind))
		fixture_inspect_after(fx);
	ksft_print_msg("%s, in round %lu:\n", target->workload->name, target->stress->round);
	verdict_report(&fx->verdict, stdout, suite_context(fx->suite));
	stress_fail(target->stress);
}

static void check_both(struct stress_target *target)
{
	struct fixture *fx = &target->fx;

	if (target->workload->runs) {
		fixture_check_guest(fx);
		fixture_check_host(fx);
		return;
	}
	stress_target_check(target, 0, fx->gvm->nr_pages, true);
	stress_target_check(target, 0, fx->gvm->nr_pages, false);
}

void stress_target_begin_round(struct stress_target *target)
{
	struct fixture *fx = &target->fx;

	if (target->workload->apart)
		return;
	verdict_reset(&fx->verdict);
	if (target->workload->runs && stress_flip(&target->random))
		gmem_guest_fill(fx->gvm);
	else if (target->workload->runs)
		gmem_host_fill(fx->gvm);
	check_both(target);
	if (vm_kind_host_maps(fx->gvm->kind))
		fixture_inspect_before(fx);
	judge(target);
	if (target->workload->runs)
		gmem_guest_start(fx->gvm);
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
	/* Only migrators move its pages, and the contract does not let them. */
	if (target->workload->steady && fx->suite->contract.id != CONTRACT_MOVABLE) {
		fixture_inspect_after(fx);
		verdict_expect(&fx->verdict, 0, fx->gvm->nr_pages, OUTCOME_REFUSED,
			       target->stress->nodes[0], NUMA_ANY_NODE);
	}
	judge(target);
}

void stress_move_pages(void *addr, size_t nr, int to)
{
	struct trigger_range range = trigger_range_of(addr, nr, NUMA_ANY_NODE, to);
	struct trigger_result result = { .status = calloc(nr, sizeof(int)) };

	TEST_ASSERT(result.status, "out of memory");
	trigger_fire(&trigger_move_pages, &range, &result);
	free(result.status);
}

void stress_target_move_some(struct stress_target *target)
{
	struct gmem_vm *gvm = target->fx.gvm;
	size_t first, nr;
	int to;

	stress_pick_range(&target->random, gvm->nr_pages, gvm->nr_pages, &first, &nr);
	to = stress_pick_node(target->stress, &target->random, -1);
	pthread_rwlock_rdlock(&target->stress->concurrent);
	stress_move_pages(gmem_page(gvm, first), nr, to);
	pthread_rwlock_unlock(&target->stress->concurrent);
}

/* ---- Guests that do not run -------------------------------------------------------------- */

static void command_guest(struct stress_target *target, enum guest_command command, size_t first,
			  size_t nr, uint32_t round)
{
	struct gmem_vcpu *gv = &target->fx.gvm->vcpus[0];

	gmem_vcpu_command(gv, command, first, 1);
	gv->job->end = first + nr;
	gv->job->pattern.round = round;
	vcpu_run(gv->vcpu);
	if (gmem_vcpu_is_done(gv) && !gv->job->not_accepted)
		return;
	TEST_FAIL("%s: the guest ended at %s of pages [%zu-%zu]: exit reason %u (%s)",
		  target->workload->name, command == GUEST_FILL ? "a fill" : "a check", first,
		  first + nr - 1, gv->vcpu->run->exit_reason,
		  exit_reason_str(gv->vcpu->run->exit_reason));
}

void stress_target_fill(struct stress_target *target, size_t first, size_t nr, bool by_guest)
{
	struct gmem_vm *gvm = target->fx.gvm;
	size_t words = GUEST_PAGE_WORDS(gvm->page_size), page;
	struct pattern pattern = gvm->pattern;
	uint32_t round = ++target->last_round;

	pattern.round = round;
	for (page = first; page < first + nr; page++) {
		target->rounds[page] = round;
		gvm->pages[page].count = 0;
		gvm->pages[page].bad_word = GUEST_NO_BAD_WORD;
		if (!by_guest)
			pattern_fill(&pattern, page, gmem_page(gvm, page), words);
	}
	if (by_guest)
		command_guest(target, GUEST_FILL, first, nr, round);
}

void stress_target_bad_word(struct stress_target *target, unsigned int bad, size_t page,
			    size_t word, uint64_t expected, uint64_t got)
{
	verdict_bad_word(&target->fx.verdict, bad, page, word, expected, got);
	stress_fail(target->stress);
}

void stress_target_check_words(struct stress_target *target, size_t page, const u64 *words)
{
	size_t nr = GUEST_PAGE_WORDS(target->fx.gvm->page_size), bad;
	struct pattern pattern = target->fx.gvm->pattern;

	if (target->workload->runs)
		nr = GUEST_COUNTER_WORD(target->fx.gvm->page_size);
	else
		pattern.round = target->rounds[page];
	bad = pattern_check(&pattern, page, words, nr);
	if (bad < nr)
		stress_target_bad_word(target, BAD_CONTENT, page, bad,
				       pattern_word(&pattern, page, bad), READ_ONCE(words[bad]));
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
			struct guest_page *found = &target->fx.gvm->pages[page];

			if (found->bad_word != GUEST_NO_BAD_WORD)
				stress_target_bad_word(target, BAD_GUEST, page, found->bad_word,
						       found->expected, found->got);
		}
	}
}

void stress_target_check(struct stress_target *target, size_t first, size_t nr, bool by_guest)
{
	struct gmem_vm *gvm = target->fx.gvm;
	size_t page;

	if (by_guest)
		check_by_guest(target, first, nr);
	else if (vm_kind_host_maps(gvm->kind))
		for (page = first; page < first + nr; page++)
			stress_target_check_words(target, page, gmem_page(gvm, page));
}
