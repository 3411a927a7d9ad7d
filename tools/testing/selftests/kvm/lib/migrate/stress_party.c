// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parties of the stress test: a VM, its guest_memfd, and who wrote what to which page.
 */
#include <stdlib.h>

#include "kselftest.h"
#include "ucall_common.h"
#include "migrate/numa.h"
#include "migrate/stress.h"
#include "migrate/trigger.h"

struct gmem_vm *party_vm(const struct party *party)
{
	return party->scene.gvm;
}

static bool host_maps(const struct party *party)
{
	return vm_kind_host_maps(party_vm(party)->kind);
}

static size_t pages_for(const struct stress *stress, const struct stress_job *job)
{
	size_t pages = stress->suite->options.pages;

	if (job->main)
		return pages;
	return pages / 4 > OPTIONS_PAGES_MIN ? pages / 4 : OPTIONS_PAGES_MIN;
}

static void create_vm(struct party *party)
{
	const struct stress *stress = party->stress;
	const struct stress_job *job = party->job;
	const struct gmem_config config = {
		.nr_pages = pages_for(stress, job),
		.nr_vcpus = job->main ? stress->suite->options.threads : 1,
		.two_slots = job->two_slots,
		.node = stress->nodes[0],
		.seed = stress->suite->options.seed,
		.yielding = true,
	};

	party->scene.gvm = gmem_vm_create(job->private_mem ? vm_kind_private() : &vm_kind_default,
					  &config);
	party_vm(party)->pattern.file = party - stress->parties;
}

static void open_scene(struct party *party)
{
	struct scene *scene = &party->scene;
	struct gmem_vm *gvm = scene->gvm;
	size_t i;

	scene->suite = party->stress->suite;
	scene->test = party->stress->test;
	TEST_ASSERT(!verdict_init(&scene->verdict, gvm->nr_pages, gvm->page_size),
		    "out of memory");
	for (i = 0; i < gvm->nr_pages; i++)
		scene->verdict.pages[i].gpa = gmem_gpa(gvm, i);
}

bool party_open(struct party *party, struct stress *stress, const struct stress_job *job)
{
	*party = (struct party) { .job = job, .stress = stress };
	if (job->apart)
		return true;
	create_vm(party);
	open_scene(party);
	party->rounds = calloc(party_vm(party)->nr_pages, sizeof(*party->rounds));
	TEST_ASSERT(party->rounds, "out of memory");
	if (!gmem_guest_reaches(party_vm(party)))
		return false;
	if (!job->runs)
		party_fill(party, 0, party_vm(party)->nr_pages, true);
	return true;
}

void party_close(struct party *party)
{
	if (!party->scene.gvm)
		return;
	verdict_free(&party->scene.verdict);
	gmem_vm_free(party->scene.gvm);
	free(party->rounds);
}

void party_touch(const struct party *party, size_t first, size_t nr)
{
	size_t page;

	for (page = first; page < first + nr; page++)
		READ_ONCE(*(char *)gmem_page(party_vm(party), page));
}

/* For the place of what is bad, and of what must stay. */
static void look(struct party *party, void (*look_at)(struct scene *scene))
{
	if (host_maps(party))
		look_at(&party->scene);
}

static void judge(struct party *party)
{
	struct scene *scene = &party->scene;

	if (verdict_good(&scene->verdict))
		return;
	look(party, scene_look_after);
	ksft_print_msg("%s, in round %lu:\n", party->job->name, party->stress->round);
	verdict_report(&scene->verdict, stdout, suite_context(scene->suite));
	stress_fail(party->stress);
}

static void check_both(struct party *party)
{
	struct scene *scene = &party->scene;
	size_t nr = party_vm(party)->nr_pages;

	if (party->job->runs) {
		scene_check_guest(scene);
		scene_check_host(scene);
		return;
	}
	party_check(party, 0, nr, true);
	party_check(party, 0, nr, false);
}

/* What guests go on from is written by either side in turn, and mapped by both. */
void party_begin_round(struct party *party)
{
	struct scene *scene = &party->scene;

	if (party->job->apart)
		return;
	verdict_reset(&scene->verdict);
	if (party->job->runs && !movers_place(party->stress, party)) {
		if (stress_flip(&party->random))
			gmem_guest_fill(scene->gvm);
		else
			gmem_host_fill(scene->gvm);
	}
	check_both(party);
	look(party, scene_look_before);
	judge(party);
	if (party->job->runs)
		gmem_guest_start(scene->gvm);
}

/* Nothing but movers makes its pages go, and none may. */
static bool must_stay(const struct party *party)
{
	return party->job->steady && party->stress->suite->contract.id == CONTRACT_UNMOVABLE;
}

void party_end_round(struct party *party)
{
	struct scene *scene = &party->scene;

	if (party->job->apart)
		return;
	if (gmem_guest_running(scene->gvm) && gmem_guest_stop(scene->gvm, stdout))
		stress_fail(party->stress);
	else
		check_both(party);
	if (must_stay(party)) {
		scene_look_after(scene);
		verdict_want(&scene->verdict, 0, scene->gvm->nr_pages, OUTCOME_REFUSED,
			     party->stress->nodes[0], NUMA_ANY_NODE);
	}
	judge(party);
}

void party_move_some(struct party *party)
{
	struct gmem_vm *gvm = party_vm(party);
	struct trigger_result result = { .status = calloc(gvm->nr_pages, sizeof(int)) };
	struct trigger_range range;
	size_t first, nr;

	TEST_ASSERT(result.status, "out of memory");
	stress_pick_range(&party->random, gvm->nr_pages, gvm->nr_pages, &first, &nr);
	range = (struct trigger_range) {
		.addr = gmem_page(gvm, first),
		.nr_pages = nr,
		.to = stress_pick_node(party->stress, &party->random, -1),
	};
	pthread_rwlock_rdlock(&party->stress->crowd);
	trigger_move_pages.fire(&range, &result);
	pthread_rwlock_unlock(&party->stress->crowd);
	free(result.status);
}

/* ---- Guests that do not run -------------------------------------------------------------- */

static void order(struct party *party, enum guest_command command, size_t first, size_t nr,
		  uint32_t round)
{
	struct gmem_vcpu *gv = &party_vm(party)->vcpus[0];
	struct ucall uc;

	gmem_give_order(gv, command, first, 1);
	gv->job->end = first + nr;
	gv->job->pattern.round = round;
	vcpu_run(gv->vcpu);
	if (get_ucall(gv->vcpu, &uc) == UCALL_SYNC)
		return;
	TEST_FAIL("%s: the guest ended at %s of pages [%zu-%zu]: exit reason %u (%s)",
		  party->job->name, command == GUEST_FILL ? "a fill" : "a check", first,
		  first + nr - 1, gv->vcpu->run->exit_reason,
		  exit_reason_str(gv->vcpu->run->exit_reason));
}

static struct pattern pattern_of(const struct party *party, size_t page)
{
	struct pattern pattern = party_vm(party)->pattern;

	pattern.round = party->rounds[page];
	return pattern;
}

void party_fill(struct party *party, size_t first, size_t nr, bool by_guest)
{
	struct gmem_vm *gvm = party_vm(party);
	size_t words = GUEST_PAGE_WORDS(gvm->page_size), page;
	uint32_t round = ++party->last_round;

	for (page = first; page < first + nr; page++) {
		struct pattern pattern;

		party->rounds[page] = round;
		gvm->pages[page].count = 0;
		gvm->pages[page].bad_word = GUEST_NO_BAD_WORD;
		pattern = pattern_of(party, page);
		if (!by_guest)
			pattern_fill(&pattern, page, gmem_page(gvm, page), words);
	}
	if (by_guest)
		order(party, GUEST_FILL, first, nr, round);
}

void party_check_words(struct party *party, const struct pattern *pattern, size_t page,
		       const u64 *words)
{
	size_t nr_words = GUEST_PAGE_WORDS(party_vm(party)->page_size);
	size_t bad = pattern_check(pattern, page, words, nr_words);

	if (bad < nr_words)
		verdict_bad_word(&party->scene.verdict, FAULT_CONTENT, page, bad,
				 pattern_word(pattern, page, bad), READ_ONCE(words[bad]));
}

static void check_by_host(struct party *party, size_t first, size_t nr)
{
	size_t page;

	for (page = first; page < first + nr; page++) {
		const struct pattern pattern = pattern_of(party, page);

		party_check_words(party, &pattern, page, gmem_page(party_vm(party), page));
	}
}

/* In as many orders as there are runs of pages that were filled together. */
static void check_by_guest(struct party *party, size_t first, size_t nr)
{
	size_t page, end = first + nr, run;

	for (; first < end; first = run) {
		for (run = first; run < end && party->rounds[run] == party->rounds[first]; run++)
			;
		order(party, GUEST_CHECK, first, run - first, party->rounds[first]);
		for (page = first; page < run; page++) {
			struct guest_page *book = &party_vm(party)->pages[page];

			if (book->bad_word != GUEST_NO_BAD_WORD)
				verdict_bad_word(&party->scene.verdict, FAULT_GUEST, page,
						 book->bad_word, book->want, book->got);
		}
	}
}

void party_check(struct party *party, size_t first, size_t nr, bool by_guest)
{
	if (by_guest)
		check_by_guest(party, first, nr);
	else if (host_maps(party))
		check_by_host(party, first, nr);
	if (verdict_bad_pages(&party->scene.verdict))
		stress_fail(party->stress);
}
