// SPDX-License-Identifier: GPL-2.0-only
#include "kvm_util.h"
#include "ucall_common.h"
#include "migrate/gmem/guest.h"

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

/* The page of the order after @page, from ~0 the first of all; .end and more: there is none. */
static uint64_t next_page(const struct guest_job *job, uint64_t page)
{
	do {
		page = page == ~0ULL ? job->first : page + job->step;
	} while (page >= job->hole && page < job->hole_end);
	return page;
}

#define for_each_page(job, page) \
	for ((page) = next_page(job, ~0ULL); (page) < (job)->end; (page) = next_page(job, page))

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
	return pattern_word(&job->pattern, page, GUEST_COUNTER_WORD(job->page_size)) +
	       job->pages[page].count;
}

static void check_live_word(const struct guest_job *job, uint64_t page, uint64_t got)
{
	uint64_t want = live_value(job, page);

	if (got != want)
		note_bad_word(&job->pages[page], GUEST_COUNTER_WORD(job->page_size), want, got);
}

static void guest_fill(struct guest_job *job)
{
	uint64_t page;

	for_each_page(job, page) {
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
		check_live_word(job, page, load(words + nr_words));
	}
}

/* Compare a few words, others on each lap. */
static void check_some_words(const struct guest_job *job, uint64_t page, const uint64_t *words)
{
	uint64_t nr_words = GUEST_COUNTER_WORD(job->page_size);
	uint64_t word = (job->iterations + page) * WORDS_A_LAP % nr_words;
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
	uint64_t *live = words + GUEST_COUNTER_WORD(job->page_size);
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

/* Words of a stack frame, and how many frames deep: two pages of the stack. */
#define FRAME_WORDS	32
#define FRAMES		28

/* Keep something on the stack, look at it again after a call.  Returns the number of frames. */
static noinline uint64_t go_deep(uint64_t depth)
{
	volatile uint64_t kept[FRAME_WORDS];
	uint64_t word, below;

	if (!depth)
		return 0;
	for (word = 0; word < FRAME_WORDS; word++)
		kept[word] = depth * PATTERN_STEP + word;
	below = go_deep(depth - 1);
	for (word = 0; word < FRAME_WORDS; word++)
		if (kept[word] != depth * PATTERN_STEP + word)
			return ~0ULL;
	return below == depth - 1 ? depth : ~0ULL;
}

static void call_and_take_exception(struct guest_job *job)
{
	if (go_deep(FRAMES) != FRAMES)
		job->bad_returns++;
	guest_exception(&job->exceptions);
}

static void guest_run(struct guest_job *job)
{
	uint64_t page;

	while (!load(&job->stop)) {
		for_each_page(job, page)
			run_on_page(job, page);
		if (job->in_gmem)
			call_and_take_exception(job);
		store(&job->iterations, job->iterations + 1);
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
