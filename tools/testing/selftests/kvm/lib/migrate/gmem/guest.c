// SPDX-License-Identifier: GPL-2.0-only
#include "kvm_util.h"
#include "ucall_common.h"
#include "migrate/gmem/guest.h"

/* Pattern words per page that GUEST_RUN compares in an iteration. */
#define RUN_WORDS 8

/* The compiler must not drop or merge accesses to memory that the host migrates or changes. */
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

/* Returns the next page of the command, after ~0 the first; .end or more: there is none. */
static uint64_t next_page(const struct guest_job *job, uint64_t page)
{
	do {
		page = page == ~0ULL ? job->first : page + job->step;
	} while (page >= job->hole && page < job->hole_end);
	return page;
}

#define for_each_page(job, page) \
	for ((page) = next_page(job, ~0ULL); (page) < (job)->end; (page) = next_page(job, page))

/* Keep the first bad word of a page: later ones often follow from it. */
static void note_bad_word(struct guest_page *page, uint64_t word, uint64_t expected,
			  uint64_t got)
{
	if (page->bad_word != GUEST_NO_BAD_WORD)
		return;
	page->expected = expected;
	page->got = got;
	page->bad_word = word;
}

static uint64_t counter_value(const struct guest_job *job, uint64_t page)
{
	return pattern_word(&job->pattern, page, GUEST_COUNTER_WORD(job->page_size)) +
	       job->pages[page].count;
}

static void check_counter_word(const struct guest_job *job, uint64_t page, uint64_t got)
{
	uint64_t expected = counter_value(job, page);

	if (got != expected)
		note_bad_word(&job->pages[page], GUEST_COUNTER_WORD(job->page_size), expected, got);
}

static void accept_page(struct guest_job *job, uint64_t gva)
{
	uint64_t error = job->accept ? job->accept(gva & ~(job->page_size - 1)) : 0;

	if (error)
		job->not_accepted = error;
}

static void guest_fill(struct guest_job *job)
{
	uint64_t page;

	for_each_page(job, page) {
		accept_page(job, (uint64_t)page_words(job, page));
		pattern_fill(&job->pattern, page, page_words(job, page),
			     GUEST_PAGE_WORDS(job->page_size));
		job->pages[page].count = 0;
	}
}

static void guest_check(struct guest_job *job)
{
	uint64_t nr_words = GUEST_COUNTER_WORD(job->page_size);
	uint64_t page, word, *words;

	for_each_page(job, page) {
		words = page_words(job, page);
		word = pattern_check(&job->pattern, page, words, nr_words);
		if (word < nr_words)
			note_bad_word(&job->pages[page], word,
				      pattern_word(&job->pattern, page, word), words[word]);
		check_counter_word(job, page, load(words + nr_words));
	}
}

/* Compare a few words, others in each iteration. */
static void check_some_words(const struct guest_job *job, uint64_t page, const uint64_t *words)
{
	uint64_t nr_words = GUEST_COUNTER_WORD(job->page_size);
	uint64_t word = (job->iterations + page) * RUN_WORDS % nr_words;
	uint64_t expected = pattern_word(&job->pattern, page, word);
	uint64_t end = word + RUN_WORDS < nr_words ? word + RUN_WORDS : nr_words;

	for (; word < end; word++, expected += PATTERN_STEP) {
		uint64_t got = load(words + word);

		if (got != expected)
			note_bad_word(&job->pages[page], word, expected, got);
	}
}

static void run_on_page(struct guest_job *job, uint64_t page)
{
	uint64_t *words = page_words(job, page);
	uint64_t *counter = words + GUEST_COUNTER_WORD(job->page_size);
	uint64_t got = load(counter);

	check_counter_word(job, page, got);
	/* Continue from the value read, so that one lost addition is reported once. */
	job->pages[page].count += got - counter_value(job, page) + 1;
	store(counter, got + 1);
	check_some_words(job, page, words);
}

static void wait_while_paused(struct guest_job *job)
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
		for_each_page(job, page)
			run_on_page(job, page);
		if (job->also)
			job->also(job);
		store(&job->iterations, job->iterations + 1);
		wait_while_paused(job);
	}
}

/* A word of a page that may become a hole at any time, or is one. */
static void watch_page(struct guest_job *job, uint64_t page)
{
	uint64_t nr_words = GUEST_COUNTER_WORD(job->page_size);
	uint64_t word = (job->iterations + page) % nr_words;
	bool is_hole = load(&job->is_hole);
	uint64_t got = load(page_words(job, page) + word);
	uint64_t expected = is_hole ? 0 : pattern_word(&job->pattern, page, word);

	if (got && got != expected)
		note_bad_word(&job->pages[page], word, expected, got);
}

static void guest_watch(struct guest_job *job)
{
	uint64_t page;

	while (!load(&job->stop)) {
		for_each_page(job, page)
			watch_page(job, page);
		store(&job->iterations, job->iterations + 1);
		wait_while_paused(job);
	}
}

static void end_command(const struct guest_job *job)
{
	if (job->guest_done) {
		job->guest_done();
		return;
	}
	GUEST_SYNC(job->command);
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
		case GUEST_WATCH:
			guest_watch(job);
			break;
		case GUEST_PEEK:
			accept_page(job, job->peek_gva);
			job->peeked = load((uint64_t *)job->peek_gva);
			break;
		}
		end_command(job);
	}
}
