// SPDX-License-Identifier: GPL-2.0-only
/*
 * Command lines of the migration tests, good and bad.
 */
#include "migrate/runner/options.h"
#include "migrate/verdict/contract.h"
#include "unit.h"

static struct migrate_options options;
static const char *error;

/* Parse @line, words between single spaces; returns "" or what is wrong with it. */
static const char *parse_with(const char *line, const struct migrate_options *defaults)
{
	static char copy[256];
	char *argv[64] = { "test" };
	int argc = 1;
	char *word;

	snprintf(copy, sizeof(copy), "%s", line);
	for (word = strtok(copy, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	options = *defaults;
	error = options_parse(argc, argv, &options) ?: "";
	return error;
}

static const char *parse(const char *line)
{
	return parse_with(line, &(struct migrate_options) {
		.contract = -1,
		.pages = 64,
		.iterations = 8,
	});
}

/* With the defaults of the stress test. */
static const char *parse_stress(const char *line)
{
	return parse_with(line, &(struct migrate_options) {
		.contract = -1,
		.pages = 64,
		.iterations = 1,
		.stress_vcpus = 2,
	});
}

static void check_good(void)
{
	CHECK_TEXT("no option", parse(""), "");
	CHECK("no option leaves the defaults",
	      options.contract == -1 && options.pages == 64 && !options.seed_given);
	CHECK_TEXT("all options", parse("-k movable -t a -t b -p 128 -i 3 -s 0x1b2c -a -l -V"), "");
	CHECK("all options are taken",
	      options.contract == CONTRACT_MOVABLE && options.nr_filters == 2 &&
	      options.pages == 128 && options.iterations == 3 && options.seed == 0x1b2c &&
	      options.seed_given && options.slow && options.list && options.verbose &&
	      !options.unsafe && !options.help);
	CHECK_TEXT("--help", parse("--help"), "");
	CHECK("--help is taken", options.help && !options.version);
	CHECK_TEXT("--version", parse("--version"), "");
	CHECK("--version is taken", options.version);
	CHECK_TEXT("unknown long option", parse("-l --bogus"), "unknown option --bogus");
	CHECK_TEXT("--version with a value", parse("--version=1"), "unknown option --version=1");
	CHECK_TEXT("a contract with a bit", parse("-k opt-in=2"), "");
	CHECK("the bit is taken", options.contract == CONTRACT_OPT_IN && options.flag_bit == 2);
	CHECK_TEXT("a contract without its bit", parse("-k opt-in"), "");
	CHECK("the bit is that of the headers", options.contract == CONTRACT_OPT_IN &&
						options.flag_bit == contract_flag_bit());
	CHECK_TEXT("options in one word", parse("-lVh"), "");
	CHECK("options in one word are taken", options.list && options.verbose && options.help);
	CHECK_TEXT("the largest seed", parse("-s 0xffffffffffffffff"), "");
	CHECK("the largest seed is taken", options.seed == UINT64_MAX);
}

static void check_bad(void)
{
	CHECK_TEXT("an unknown option", parse("-x"), "unknown option -x");
	CHECK_TEXT("an option without its value", parse("-p"), "-p needs a value");
	CHECK_TEXT("a word too many", parse("-V more"), "unexpected argument 'more'");
	CHECK_TEXT("no such contract", parse("-k maybe"),
		   "-k needs 'movable', 'unmovable' or 'opt-in=BIT', not 'maybe'");
	CHECK_TEXT("a bit of another contract", parse("-k movable=2"),
		   "-k needs 'movable', 'unmovable' or 'opt-in=BIT', not 'movable=2'");
	CHECK_TEXT("a bit that is none", parse("-k opt-in=two"),
		   "-k opt-in=BIT needs the number of a bit, at most 63, not 'opt-in=two'");
	CHECK_TEXT("a bit of more than 64", parse("-k opt-in=64"),
		   "-k opt-in=BIT needs the number of a bit, at most 63, not 'opt-in=64'");
	CHECK_TEXT("an empty bit", parse("-k opt-in="),
		   "-k opt-in=BIT needs the number of a bit, at most 63, not 'opt-in='");
	CHECK_TEXT("the bit of another flag", parse("-k opt-in=1"),
		   "-k opt-in=1: this bit of a guest_memfd's flags has another meaning");
	CHECK_TEXT("pages that are no number", parse("-p many"),
		   "-p needs a number from 4 to 16777216, not 'many'");
	CHECK_TEXT("a number with a tail", parse("-p 64k"),
		   "-p needs a number from 4 to 16777216, not '64k'");
	CHECK_TEXT("a negative number", parse("-i -1"),
		   "-i needs a number from 1 to 1000000, not '-1'");
	CHECK_TEXT("too few pages", parse("-p 3"),
		   "-p needs a number from 4 to 16777216, not '3'");
	CHECK_TEXT("no iterations", parse("-i 0"),
		   "-i needs a number from 1 to 1000000, not '0'");
	CHECK_TEXT("a seed of more than 64 bits", parse("-s 0x10000000000000000"),
		   "-s needs a number from 0 to 18446744073709551615, not "
		   "'0x10000000000000000'");
	CHECK_TEXT("too many filters",
		   parse("-t 1 -t 2 -t 3 -t 4 -t 5 -t 6 -t 7 -t 8 -t 9 -t 0 -t 1 -t 2 -t 3 -t 4 "
			 "-t 5 -t 6 -t 7"), "-t is possible 16 times at most");
}

static void check_stress(void)
{
	size_t page_size = getpagesize();

	CHECK_TEXT("-v is for the stress test", parse("-v 2"), "unknown option -v");
	CHECK_TEXT("-b too", parse("-b 4M"), "unknown option -b");
	CHECK_TEXT("vCPUs and bytes", parse_stress("-v 8 -b 4M -i 100"), "");
	CHECK("vCPUs and bytes are taken",
	      options.stress_vcpus == 8 && options.pages == (4 << 20) / page_size &&
	      options.iterations == 100);
	CHECK_TEXT("memory in bytes", parse_stress("-b 262144"), "");
	CHECK("memory in bytes is taken", options.pages == 262144 / page_size);
	CHECK_TEXT("memory in KiB", parse_stress("-b 1024K"), "");
	CHECK("memory in KiB is taken", options.pages == (1 << 20) / page_size);
	CHECK_TEXT("memory that is no number", parse_stress("-b much"),
		   "-b needs a size like 256K or 4M, not 'much'");
	CHECK_TEXT("a negative size", parse_stress("-b -4M"),
		   "-b needs a size like 256K or 4M, not '-4M'");
	CHECK_TEXT("a unit that is none", parse_stress("-b 4X"),
		   "-b needs a size like 256K or 4M, not '4X'");
	CHECK_TEXT("two units", parse_stress("-b 4MM"),
		   "-b needs a size like 256K or 4M, not '4MM'");
	CHECK("too little memory", strstr(parse_stress("-b 1"), "-b needs 4 to"));
	CHECK("too much memory", strstr(parse_stress("-b 99999999G"), "-b needs 4 to"));
	CHECK("more than 64 bits of it",
	      strstr(parse_stress("-b 17179869184G"), "-b needs a size") ||
	      strstr(error, "-b needs 4 to"));
	CHECK_TEXT("no vCPU", parse_stress("-v 0"), "-v needs a number from 1 to 16, not '0'");
	CHECK_TEXT("too many vCPUs", parse_stress("-v 17"),
		   "-v needs a number from 1 to 16, not '17'");
}

static void check_perf(void)
{
	const struct migrate_options defaults = { .contract = -1, .pages = 64, .iterations = 9,
						  .results = "" };

	CHECK_TEXT("-j is for the performance test", parse("-j file"), "unknown option -j");
	CHECK_TEXT("a file for the results", parse_with("-j file -i 3", &defaults), "");
	CHECK("the file is taken", !strcmp(options.results, "file") && options.iterations == 3);
	CHECK_TEXT("-j without a file", parse_with("-j", &defaults), "-j needs a value");
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
	check_stress();
	check_perf();
	CHECK("no filter selects all", selects("", "move_pages.default.idle"));
	CHECK("the whole name selects", selects("-t a.b.c", "a.b.c"));
	CHECK("a first part selects", selects("-t a", "a.b.c"));
	CHECK("two parts select", selects("-t b.c", "a.b.c"));
	CHECK("half a part does not", !selects("-t running", "move_pages.default.running_hva"));
	CHECK("a whole name is not a longer one", !selects("-t a.b.c", "a.b.cd"));
	CHECK("another name does not", !selects("-t partial", "move_pages.default.idle"));
	CHECK("a star matches", selects("-t move*idle", "move_pages.default.idle"));
	CHECK("the second filter counts", selects("-t partial -t idle", "move_pages.default.idle"));
	CHECK("a filter matches alone", options_match("idle", "move_pages.default.idle") &&
					   !options_match("partial", "move_pages.default.idle"));
	return unit_finish();
}
