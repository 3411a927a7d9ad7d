// SPDX-License-Identifier: GPL-2.0-only
/*
 * Verdicts on made-up pages, and their reports word for word.
 */
#include <stdlib.h>

#include "migrate/trigger/trigger.h"
#include "migrate/util/kmsg.h"
#include "migrate/util/ksft_text.h"
#include "migrate/verdict/verdict.h"
#include "unit.h"

#define PAGES 512
#define PAGE 4096
#define GPA 0x100000000ULL
#define CONTEXT "contract movable (-k), seed 0x1b2c"

static struct verdict verdict;
static const uint64_t good_flags = FOLIO_FLAG(UPTODATE) | FOLIO_FLAG(UNEVICTABLE);

/* Pages that all moved from node 0 to node 1 as they should. */
static void all_moved(void)
{
	size_t i;

	verdict_reset(&verdict);
	for (i = 0; i < PAGES; i++) {
		verdict.pages[i].before = (struct folio_info) { 0, 0x1000 + i, good_flags };
		verdict.pages[i].after = (struct folio_info) { 1, 0x9000 + i, good_flags };
	}
}

/* Pages @first to @last did not move. */
static void stay(size_t first, size_t last)
{
	for (; first <= last; first++)
		verdict.pages[first].after = verdict.pages[first].before;
}

static const char *report(void)
{
	static char *text;
	size_t size;
	FILE *out;

	free(text);
	out = open_memstream(&text, &size);
	verdict_report(&verdict, out, CONTEXT);
	fclose(out);
	return text;
}

static void want_moved(void)
{
	verdict_expect(&verdict, 0, PAGES, OUTCOME_MOVED, 0, 1);
}

static void check_placement(void)
{
	all_moved();
	want_moved();
	CHECK("all moved is good", verdict_good(&verdict));

	all_moved();
	stay(17, 18);
	want_moved();
	CHECK("pages left behind are bad", verdict_bad_pages(&verdict) == 2);
	CHECK_TEXT("pages left behind are reported as a run", report(),
		"# 2 of 512 pages wrong: wanted MOVED 0->1, " CONTEXT "\n"
		"#   [17-18]  offset 0x11000  gpa 0x100011000  PLACEMENT  node 0->0  "
		"pfn 0x1011->0x1011  content ok\n");

	all_moved();
	verdict.pages[5].after.pfn = verdict.pages[5].before.pfn;
	want_moved();
	CHECK("another node in the same frame is bad", verdict_bad_pages(&verdict) == 1);

	all_moved();
	verdict.pages[5].after.node = 2;
	want_moved();
	CHECK("a third node is bad", verdict_bad_pages(&verdict) == 1);

	all_moved();
	verdict_expect(&verdict, 0, PAGES, OUTCOME_REFUSED, 0, 1);
	CHECK("moved where REFUSED was wanted is bad", verdict_bad_pages(&verdict) == PAGES);
	stay(0, PAGES - 1);
	verdict_reset(&verdict);
	all_moved();
	stay(0, PAGES - 1);
	verdict_expect(&verdict, 0, PAGES, OUTCOME_REFUSED, 0, 1);
	CHECK("stayed where REFUSED was wanted is good", verdict_good(&verdict));
	verdict_expect(&verdict, 0, PAGES, OUTCOME_NEVER, 0, 1);
	CHECK("stayed where NEVER was wanted is good", verdict_good(&verdict));
	verdict.pages[3].after.pfn++;
	verdict_expect(&verdict, 0, PAGES, OUTCOME_NEVER, 0, 1);
	CHECK_TEXT("another frame where NEVER was wanted is reported", report(),
		"# 1 of 512 pages wrong: wanted NEVER 0->1, " CONTEXT "\n"
		"#   [3]  offset 0x3000  gpa 0x100003000  PLACEMENT  node 0->0  "
		"pfn 0x1003->0x1004  content ok\n");
	verdict_expect(&verdict, 0, PAGES, OUTCOME_UNTOUCHED, 0, 0);
	CHECK("another frame on the same node is bad", verdict_bad_pages(&verdict) == 1);
}

static void check_hidden(void)
{
	size_t i;

	all_moved();
	for (i = 0; i < PAGES; i++) {
		verdict.pages[i].before = (struct folio_info) { .node = 0 };
		verdict.pages[i].after = (struct folio_info) { .node = 1 };
	}
	want_moved();
	CHECK("hidden frames and flags are not held against a page", verdict_good(&verdict));
	verdict.pages[8].after.node = 0;
	want_moved();
	CHECK_TEXT("a report says that frames are hidden", report(),
		"# 1 of 512 pages wrong: wanted MOVED 0->1, " CONTEXT "\n"
		"#   [8]  offset 0x8000  gpa 0x100008000  PLACEMENT  node 0->0  pfn hidden  "
		"content ok\n");
}

static void check_call(void)
{
	int status[PAGES];
	size_t i;

	for (i = 0; i < PAGES; i++)
		status[i] = i == 4 ? -EBUSY : i == 5 ? STATUS_UNSET : 1;
	all_moved();
	verdict_call(&verdict, "move_pages(MOVE)", 3, 0, NULL, 0, 0);
	want_moved();
	CHECK("a wrong result is bad", !verdict_good(&verdict) && !verdict_bad_pages(&verdict));
	CHECK_TEXT("a wrong result is reported", report(),
		"# 0 of 512 pages wrong: wanted MOVED 0->1, move_pages(MOVE) = 3 (wanted 0), "
		CONTEXT "\n");
	all_moved();
	verdict_call(&verdict, "move_pages(MOVE)", -EPERM, 0, status, 0, PAGES);
	want_moved();
	verdict_expect_status(&verdict, 0, PAGES, 1);
	CHECK_TEXT("wrong statuses are reported", report(),
		"# 2 of 512 pages wrong: wanted MOVED 0->1, move_pages(MOVE) = -1 EPERM "
		"(wanted 0), " CONTEXT "\n"
		"#   [4]  offset 0x4000  gpa 0x100004000  STATUS  node 0->1  pfn 0x1004->0x9004  "
		"status EBUSY (wanted 1)  content ok\n"
		"#   [5]  offset 0x5000  gpa 0x100005000  STATUS  node 0->1  pfn 0x1005->0x9005  "
		"status unset (wanted 1)  content ok\n");
}

static void check_content(void)
{
	all_moved();
	want_moved();
	verdict_bad_word(&verdict, BAD_CONTENT, 301, 0xfc0 / 8, 0xa7, 0x00);
	verdict.pages[301].guest_reads = 0;
	CHECK_TEXT("content is reported by its first bad byte", report(),
		"# 1 of 512 pages wrong: wanted MOVED 0->1, " CONTEXT "\n"
		"#   [301]  offset 0x12d000  gpa 0x10012d000  CONTENT  node 0->1  "
		"pfn 0x112d->0x912d  +0xfc0 want a7 got 00, guest reads 00\n");
	verdict_bad_word(&verdict, BAD_GUEST, 301, 0, 1, 2);
	CHECK("the first bad word is kept", verdict.pages[301].bad_offset == 0xfc0);
	all_moved();
	want_moved();
	verdict_bad_word(&verdict, BAD_GUEST, 2, 1, 0x1122334455667788, 0x1122334455007788);
	CHECK_TEXT("the byte is found inside its word", report(),
		"# 1 of 512 pages wrong: wanted MOVED 0->1, " CONTEXT "\n"
		"#   [2]  offset 0x2000  gpa 0x100002000  GUEST  node 0->1  "
		"pfn 0x1002->0x9002  +0xa want 66 guest got 00\n");
}

static void check_state(void)
{
	all_moved();
	verdict.lru_drained = false;
	verdict.pages[0].after.flags = FOLIO_FLAG(UPTODATE);
	want_moved();
	CHECK("flags of a folio in a batch are not judged", verdict_good(&verdict));
	verdict.pages[0].after.flags = FOLIO_FLAG(UPTODATE) | FOLIO_FLAG(LRU);
	want_moved();
	CHECK("flags of a folio on its list are", verdict_bad_pages(&verdict) == 1);
	verdict.lru_drained = true;
	all_moved();
	verdict.pages[0].after.flags = FOLIO_FLAG(UPTODATE);
	want_moved();
	CHECK_TEXT("a lost flag is reported", report(),
		"# 1 of 512 pages wrong: wanted MOVED 0->1, " CONTEXT "\n"
		"#   [0]  offset 0x0  gpa 0x100000000  STATE  node 0->1  pfn 0x1000->0x9000  "
		"content ok  flags UPTODATE UNEVICTABLE -> UPTODATE, wanted UNEVICTABLE in both\n");
}

static void check_cap(void)
{
	size_t i, lines = 0;
	const char *text;

	all_moved();
	for (i = 0; i < 100; i += 2)
		stay(i, i);
	want_moved();
	for (text = report(); *text; text++)
		lines += *text == '\n';
	CHECK("a report of many runs is capped", lines == 1 + 8 + 1);
	CHECK("what is left out is counted", strstr(report(), "#   and 42 pages more\n") != NULL);
}

static void check_words(void)
{
	char text[64];

	CHECK_TEXT("a result in words", return_text(64, text, sizeof(text)), "64");
	CHECK_TEXT("an error in words", return_text(-EIO, text, sizeof(text)), "-1 EIO");
	CHECK_TEXT("an error without a name", return_text(-1000, text, sizeof(text)),
		   "-1000");
	CHECK_TEXT("what is bad, by name", bad_names(BAD_PLACEMENT | BAD_GUEST, text, sizeof(text)),
		   "PLACEMENT+GUEST");
	CHECK_TEXT("taint by letters", taint_letters(1UL << 9 | 1UL << 5, text, sizeof(text)),
		   "BW");
	CHECK("a warning is a splat",
	      kmsg_is_splat("WARNING: virt/kvm/guest_memfd.c:471 at kvm_gmem_migrate_folio"));
	CHECK("an oops is a splat", kmsg_is_splat("Oops: general protection fault"));
	CHECK("a hung task is a splat",
	      kmsg_is_splat("INFO: task test:42 blocked for more than 120 seconds."));
	CHECK("an ordinary line is none", !kmsg_is_splat("kvm: loaded; warnings are fine"));
}

int main(void)
{
	size_t i;

	ksft_print_header();
	if (verdict_init(&verdict, PAGES, PAGE))
		return KSFT_FAIL;
	for (i = 0; i < PAGES; i++)
		verdict.pages[i].gpa = GPA + i * PAGE;
	check_placement();
	check_hidden();
	check_call();
	check_content();
	check_state();
	check_cap();
	check_words();
	verdict_free(&verdict);
	return unit_finish();
}
