// SPDX-License-Identifier: GPL-2.0-only
/*
 * Command lines of the migration tests, good and bad.
 */
#include "migrate/contract.h"
#include "migrate/options.h"
#include "unit.h"

static struct migrate_options options;
static char error[128];

/* Parse @line, words between single spaces; returns "" or what is wrong with it. */
static const char *parse(const char *line)
{
	static char copy[256];
	char *argv[32] = { "test" };
	int argc = 1;
	char *word;

	snprintf(copy, sizeof(copy), "%s", line);
	for (word = strtok(copy, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	options = (struct migrate_options) { .contract = -1, .pages = 64, .rounds = 8 };
	error[0] = '\0';
	options_parse(argc, argv, &options, error, sizeof(error));
	return error;
}

static void check_good(void)
{
	CHECK_TEXT("no option", parse(""), "");
	CHECK("no option leaves the defaults",
	      options.contract == -1 && options.pages == 64 && !options.seed_given);
	CHECK_TEXT("all options", parse("-k movable -t a -t b -p 128 -r 3 -s 0x1b2c -l -v"), "");
	CHECK("all options are taken",
	      options.contract == CONTRACT_MOVABLE && options.nr_filters == 2 &&
	      options.pages == 128 && options.rounds == 3 && options.seed == 0x1b2c &&
	      options.seed_given && options.list && options.verbose && !options.help);
	CHECK_TEXT("options in one word", parse("-lvh"), "");
	CHECK("options in one word are taken", options.list && options.verbose && options.help);
	CHECK_TEXT("the largest seed", parse("-s 0xffffffffffffffff"), "");
	CHECK("the largest seed is taken", options.seed == UINT64_MAX);
}

static void check_bad(void)
{
	CHECK_TEXT("an unknown option", parse("-x"), "unknown option -x");
	CHECK_TEXT("a long option", parse("--help"), "unknown option --");
	CHECK_TEXT("an option without its value", parse("-p"), "-p wants a value");
	CHECK_TEXT("a word too many", parse("-v more"), "unexpected argument 'more'");
	CHECK_TEXT("no such contract", parse("-k maybe"),
		   "-k wants 'movable' or 'unmovable', not 'maybe'");
	CHECK_TEXT("pages that are no number", parse("-p many"), "-p wants a number, not 'many'");
	CHECK_TEXT("a number with a tail", parse("-p 64k"), "-p wants a number, not '64k'");
	CHECK_TEXT("a negative number", parse("-r -1"), "-r wants a number, not '-1'");
	CHECK_TEXT("too few pages", parse("-p 3"), "-p wants 4 to 16777216, not 3");
	CHECK_TEXT("no rounds", parse("-r 0"), "-r wants 1 to 1000000, not 0");
	CHECK_TEXT("a seed of more than 64 bits", parse("-s 0x10000000000000000"),
		   "-s wants a number, not '0x10000000000000000'");
	CHECK_TEXT("too many filters",
		   parse("-t 1 -t 2 -t 3 -t 4 -t 5 -t 6 -t 7 -t 8 -t 9 -t 0 -t 1 -t 2 -t 3 -t 4 "
			 "-t 5 -t 6 -t 7"), "-t can be given 16 times at most");
}

static bool selects(const char *line, const char *name)
{
	parse(line);
	return options_select(&options, name);
}

int main(void)
{
	ksft_print_header();
	check_good();
	check_bad();
	CHECK("no filter selects all", selects("", "move_pages.default.idle"));
	CHECK("the whole name selects", selects("-t a.b.c", "a.b.c"));
	CHECK("a first part selects", selects("-t a", "a.b.c"));
	CHECK("two parts select", selects("-t b.c", "a.b.c"));
	CHECK("half a part does not", !selects("-t running", "move_pages.default.running_hva"));
	CHECK("a whole name is not a longer one", !selects("-t a.b.c", "a.b.cd"));
	CHECK("another name does not", !selects("-t partial", "move_pages.default.idle"));
	CHECK("a star matches", selects("-t move*idle", "move_pages.default.idle"));
	CHECK("the second filter counts", selects("-t partial -t idle", "move_pages.default.idle"));
	return unit_finish();
}
