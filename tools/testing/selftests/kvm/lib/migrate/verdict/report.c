// SPDX-License-Identifier: GPL-2.0-only
/*
 * The report of a verdict: a line with the wanted and the actual result, then the bad pages.
 */
#include <inttypes.h>
#include <string.h>

#include "kselftest.h"
#include "migrate/mm/numa.h"
#include "migrate/util/ksft_text.h"
#include "migrate/verdict/verdict.h"

/* Runs of pages shown; the others are counted. */
#define RUNS_SHOWN 8

char *bad_names(unsigned int bad, char *text, size_t size)
{
	static const char * const names[] = {		/* by bit of BAD_* */
		"PLACEMENT", "CONTENT", "GUEST", "STATE", "STATUS",
	};
	size_t bit, used = 0;

	text[0] = '\0';
	for (bit = 0; bit < ARRAY_SIZE(names); bit++)
		if (bad & (1U << bit))
			used += snprintf(text + used, size - used, "%s%s", used ? "+" : "",
					 names[bit]);
	return text;
}

/*
 * Two bad pages may share a line where it says the same of both, frames and bytes aside.  The first
 * bad word counts, not the first bad byte: a wrong byte is right by chance once in 256.
 */
static bool alike(const struct page_verdict *a, const struct page_verdict *b)
{
	return a->bad == b->bad && a->status == b->status &&
	       a->before.node == b->before.node && a->after.node == b->after.node &&
	       a->bad_offset / sizeof(uint64_t) == b->bad_offset / sizeof(uint64_t);
}

static size_t run_length(const struct verdict *verdict, size_t first)
{
	size_t last = first;

	while (last + 1 < verdict->nr_pages &&
	       alike(&verdict->pages[first], &verdict->pages[last + 1]))
		last++;
	return last - first + 1;
}

/* A node or a status: a number, or the name of -errno. */
static const char *number_text(int number, char *text, size_t size)
{
	const char *name = number < 0 && number != STATUS_UNSET ? strerrorname_np(-number) : NULL;

	if (number == STATUS_UNSET)
		return "unset";
	if (name)
		return name;
	snprintf(text, size, "%d", number);
	return text;
}

static const char *expected_node(int node, char *text, size_t size)
{
	return node == NUMA_ANY_NODE ? "any" : number_text(node, text, size);
}

static void report_status(const struct verdict *verdict, const struct page_verdict *page,
			  FILE *out)
{
	char got[16], expected[16];

	if (!verdict->has_status)
		return;
	fprintf(out, "  status %s", number_text(page->status, got, sizeof(got)));
	if (page->bad & BAD_STATUS)
		fprintf(out, " (wanted %s)",
			number_text(page->expected_status, expected, sizeof(expected)));
}

static void report_content(const struct page_verdict *page, FILE *out)
{
	if (!(page->bad & (BAD_CONTENT | BAD_GUEST))) {
		fprintf(out, "  content ok");
		return;
	}
	fprintf(out, "  +0x%x want %02x %s %02x", page->bad_offset, page->expected,
		page->bad & BAD_CONTENT ? "got" : "guest got", page->got);
	if (page->guest_reads >= 0)
		fprintf(out, ", guest reads %02x", page->guest_reads);
}

static void report_state(const struct verdict *verdict, const struct page_verdict *page,
			 FILE *out)
{
	char text[256];

	if (!(page->bad & BAD_STATE))
		return;
	fprintf(out, "  flags %s", folio_flag_names(page->before.flags, text, sizeof(text)));
	fprintf(out, " -> %s", folio_flag_names(page->after.flags, text, sizeof(text)));
	fprintf(out, ", wanted %s", folio_flag_names(verdict->flags_on, text, sizeof(text)));
	if (verdict->flags_off)
		fprintf(out, " and not %s",
			folio_flag_names(verdict->flags_off, text, sizeof(text)));
	fprintf(out, " in both");
}

static void report_run(const struct verdict *verdict, size_t first, size_t length, FILE *out)
{
	const struct page_verdict *page = &verdict->pages[first];
	char bad[64], before[16], after[16];

	if (length > 1)
		fprintf(out, "#   [%zu-%zu]", first, first + length - 1);
	else
		fprintf(out, "#   [%zu]", first);
	if (page->gpa)
		fprintf(out, "  offset 0x%" PRIx64 "  gpa 0x%" PRIx64,
			verdict->start + (uint64_t)first * verdict->page_size, page->gpa);
	fprintf(out, "  %s  node %s->%s", bad_names(page->bad, bad, sizeof(bad)),
		number_text(page->before.node, before, sizeof(before)),
		number_text(page->after.node, after, sizeof(after)));
	if (page->before.pfn || page->after.pfn)
		fprintf(out, "  pfn 0x%" PRIx64 "->0x%" PRIx64, page->before.pfn, page->after.pfn);
	else
		fprintf(out, "  pfn hidden");
	report_status(verdict, page, out);
	report_content(page, out);
	report_state(verdict, page, out);
	fputc('\n', out);
}

static void report_first_line(const struct verdict *verdict, FILE *out, const char *context)
{
	char from[32], text[32];

	fprintf(out, "# %zu of %zu pages wrong", verdict_bad_pages(verdict), verdict->nr_pages);
	if (verdict->judged)
		fprintf(out, ": wanted %s %s->%s", outcome_name(verdict->outcome),
			expected_node(verdict->from, from, sizeof(from)),
			expected_node(verdict->to, text, sizeof(text)));
	if (verdict->judged && verdict->outcome == OUTCOME_MOVED_SOME)
		fprintf(out, ", got %zu moved",
			verdict_count_moved(verdict, verdict->from, verdict->to));
	if (verdict->call)
		fprintf(out, ", %s = %s", verdict->call,
			return_text(verdict->ret, text, sizeof(text)));
	if (verdict->ret != verdict->expected_ret)
		fprintf(out, " (wanted %s)",
			return_text(verdict->expected_ret, text, sizeof(text)));
	fprintf(out, ", %s\n", context);
}

void verdict_report(const struct verdict *verdict, FILE *out, const char *context)
{
	size_t i, length, shown = 0, left = 0;

	report_first_line(verdict, out, context);
	for (i = 0; i < verdict->nr_pages; i += length) {
		length = 1;
		if (!verdict->pages[i].bad)
			continue;
		length = run_length(verdict, i);
		if (shown++ < RUNS_SHOWN)
			report_run(verdict, i, length, out);
		else
			left += length;
	}
	if (left)
		fprintf(out, "#   and %zu pages more\n", left);
}
