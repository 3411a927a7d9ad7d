// SPDX-License-Identifier: GPL-2.0-only
#include "kvm_util.h"
#include "ucall_common.h"
#include "migrate/guest.h"

/* Pattern words that GUEST_RUN compares in each page on each lap. */
#define WORDS_A_LAP 8

/* Memory that the host moves, and orders it may change, are read and written as written here. */
static uint64_t load(const uint64_t *p)
{
	return *(const volatile uint64_t *)p;
}

static void store(uint64_t *p, uint64_t value)
{
	*(volatile uint64_t *)p = value;
}

static uint64_t *page_words(const struct guest_job *job, uint64_t page)
{
	return (uint64_t *)(job->gva + page * job->page_size);
}

/* Only the first bad word of a page is kept: what follows is often its consequence. */
static void note_bad_word(struct guest_page *page, uint64_t word, uint64_t want, uint64_t got)
{
	if (page->bad_word != GUEST_NO_BAD_WORD)
		return;
	page->want = want;
	page->got = got;
	page->bad_word = word;
}

static uint64_t live_value(const struct guest_job *job, uint64_t page)
{
	return pattern_word(&job->pattern, page, GUEST_LIVE_WORD(job->page_size)) +
	       job->pages[page].count;
}

static void check_live_word(const struct guest_job *job, uint64_t page, uint64_t got)
{
	uint64_t want = live_value(job, page);

	if (got != want)
		note_bad_word(&job->pages[page], GUEST_LIVE_WORD(job->page_size), want, got);
}

static void guest_fill(struct guest_job *job)
{
	uint64_t page;

	for (page = job->first; page < job->end; page += job->step) {
		pattern_fill(&job->pattern, page, page_words(job, page),
			     GUEST_PAGE_WORDS(job->page_size));
		job->pages[page].count = 0;
	}
}

static void guest_check(struct guest_job *job)
{
	uint64_t nr_words = GUEST_LIVE_WORD(job->page_size);
	uint64_t page, word, *words;

	for (page = job->first; page < job->end; page += job->step) {
		words = page_words(job, page);
		word = pattern_check(&job->pattern, page, words, nr_words);
		if (word < nr_words)
			note_bad_word(&job->pages[page], word,
				      pattern_word(&job->pattern, page, word), words[word]);
		check_live_word(job, page, load(words + nr_words));
	}
}

/* Compare a few words, others on each lap. */
static void check_some_words(const struct guest_job *job, uint64_t page, const uint64_t *words)
{
	uint64_t nr_words = GUEST_LIVE_WORD(job->page_size);
	uint64_t word = (job->laps + page) * WORDS_A_LAP % nr_words;
	uint64_t want = pattern_word(&job->pattern, page, word);
	uint64_t end = word + WORDS_A_LAP < nr_words ? word + WORDS_A_LAP : nr_words;

	for (; word < end; word++, want += PATTERN_STEP) {
		uint64_t got = load(words + word);

		if (got != want)
			note_bad_word(&job->pages[page], word, want, got);
	}
}

static void run_on_page(struct guest_job *job, uint64_t page)
{
	uint64_t *words = page_words(job, page);
	uint64_t *live = words + GUEST_LIVE_WORD(job->page_size);
	uint64_t got = load(live);

	check_live_word(job, page, got);
	/* Go on from what is there: one lost addition is one finding, not a finding a lap. */
	job->pages[page].count += got - live_value(job, page) + 1;
	store(live, got + 1);
	check_some_words(job, page, words);
}

static void pause_while_told(struct guest_job *job)
{
	if (!load(&job->pause))
		return;
	store(&job->pausing, true);
	while (load(&job->pause) && !load(&job->stop))
		;
	store(&job->pausing, false);
}

static void guest_run(struct guest_job *job)
{
	uint64_t page;

	while (!load(&job->stop)) {
		for (page = job->first; page < job->end; page += job->step)
			run_on_page(job, page);
		store(&job->laps, job->laps + 1);
		pause_while_told(job);
	}
}

void guest_main(struct guest_job *job)
{
	for (;;) {
		switch (job->command) {
		case GUEST_FILL:
			guest_fill(job);
			break;
		case GUEST_CHECK:
			guest_check(job);
			break;
		case GUEST_RUN:
			guest_run(job);
			break;
		case GUEST_PEEK:
			job->peeked = load((uint64_t *)job->peek_gva);
			break;
		}
		GUEST_SYNC(job->command);
	}
}
