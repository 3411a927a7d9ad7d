// SPDX-License-Identifier: GPL-2.0-only
/*
 * The report of a verdict: one line that says wanted and got, then the bad pages.
 */
#include <inttypes.h>
#include <string.h>

#include "migrate/mm/numa.h"
#include "migrate/util/ksft_text.h"
#include "migrate/verdict/verdict.h"

/* Runs of pages shown; the rest is counted. */
#define RUNS_SHOWN 8

char *bad_names(unsigned int bad, char *text, size_t size)
{
	static const struct {
		unsigned int fault;
		const char *name;
	} names[] = {
		{ BAD_PLACEMENT, "PLACEMENT" },
		{ BAD_CONTENT, "CONTENT" },
		{ BAD_GUEST, "GUEST" },
		{ BAD_STATE, "STATE" },
		{ BAD_STATUS, "STATUS" },
	};
	size_t i, used = 0;

	text[0] = '\0';
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(bad & names[i].fault))
			continue;
		snprintf(text + used, size - used, "%s%s", used ? "+" : "", names[i].name);
		used = strlen(text);
	}
	return text;
}

/*
 * Whether two bad pages may share a line: all that the line says of them is the same, but for
 * frames and bytes.  The first bad word, not byte: one byte in 256 is right by chance.
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

static const char *status_text(int status, char *text, size_t size)
{
	if (status == STATUS_UNSET)
		return "unset";
	if (status < 0)
		return errno_name(-status, text, size);
	snprintf(text, size, "%d", status);
	return text;
}

/* A node, or why there is none. */
static const char *node_text(int node, char *text, size_t size)
{
	return status_text(node, text, size);
}

static const char *wanted_node(int node, char *text, size_t size)
{
	return node == NUMA_ANY_NODE ? "any" : node_text(node, text, size);
}

static void report_pfns(const struct page_verdict *page, FILE *out)
{
	if (page->before.pfn || page->after.pfn)
		fprintf(out, "  pfn 0x%" PRIx64 "->0x%" PRIx64, page->before.pfn, page->after.pfn);
	else
		fprintf(out, "  pfn hidden");
}

static void report_status(const struct verdict *verdict, const struct page_verdict *page,
			  FILE *out)
{
	char got[32], wanted[32];

	if (!verdict->has_status)
		return;
	fprintf(out, "  status %s", status_text(page->status, got, sizeof(got)));
	if (page->bad & BAD_STATUS)
		fprintf(out, " (wanted %s)",
			status_text(page->expected_status, wanted, sizeof(wanted)));
}

static void report_content(const struct page_verdict *page, FILE *out)
{
	if (!(page->bad & (BAD_CONTENT | BAD_GUEST))) {
		fprintf(out, "  content ok");
		return;
	}
	fprintf(out, "  +0x%x want %02x %s %02x", page->bad_offset, page->want,
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

/* Pages of no VM have no address in one. */
static void report_place(const struct page_verdict *page, uint64_t offset, FILE *out)
{
	if (page->gpa)
		fprintf(out, "  offset 0x%" PRIx64 "  gpa 0x%" PRIx64, offset, page->gpa);
}

static void report_run(const struct verdict *verdict, size_t first, size_t length, FILE *out)
{
	const struct page_verdict *page = &verdict->pages[first];
	uint64_t offset = verdict->start + (uint64_t)first * verdict->page_size;
	char bad[64], before[32], after[32];

	if (length > 1)
		fprintf(out, "#   [%zu-%zu]", first, first + length - 1);
	else
		fprintf(out, "#   [%zu]", first);
	report_place(page, offset, out);
	fprintf(out, "  %s  node %s->%s", bad_names(page->bad, bad, sizeof(bad)),
		node_text(page->before.node, before, sizeof(before)),
		node_text(page->after.node, after, sizeof(after)));
	report_pfns(page, out);
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
			wanted_node(verdict->from, from, sizeof(from)),
			wanted_node(verdict->to, text, sizeof(text)));
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
