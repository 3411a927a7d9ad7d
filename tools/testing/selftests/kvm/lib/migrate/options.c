// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "migrate/contract.h"
#include "migrate/options.h"

struct complaint {
	char *text;
	size_t size;
};

static int __attribute__((format(printf, 2, 3)))
complain(const struct complaint *complaint, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(complaint->text, complaint->size, format, args);
	va_end(args);
	return -EINVAL;
}

static int parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 0);
	/* strtoull() takes "-1" and " 1", and both are slips of the hand here. */
	if (errno || end == text || *end || text[0] < '0' || text[0] > '9')
		return -EINVAL;
	return *value < min || *value > max ? -ERANGE : 0;
}

static int take_number(char option, const char *text, uint64_t min, uint64_t max,
		       uint64_t *value, const struct complaint *complaint)
{
	int r = parse_number(text, min, max, value);

	if (r == -EINVAL)
		return complain(complaint, "-%c wants a number, not '%s'", option, text);
	if (r == -ERANGE)
		return complain(complaint, "-%c wants %llu to %llu, not %s", option,
				(unsigned long long)min, (unsigned long long)max, text);
	return 0;
}

static int take_contract(struct migrate_options *options, const char *name,
			 const struct complaint *complaint)
{
	options->contract = contract_parse(name);
	if (options->contract < 0)
		return complain(complaint, "-k wants 'movable' or 'unmovable', not '%s'", name);
	return 0;
}

static int take_filter(struct migrate_options *options, const char *filter,
		       const struct complaint *complaint)
{
	if (options->nr_filters == OPTIONS_FILTERS_MAX)
		return complain(complaint, "-t can be given %d times at most",
				OPTIONS_FILTERS_MAX);
	options->filters[options->nr_filters++] = filter;
	return 0;
}

static int take_option(int option, struct migrate_options *options,
		       const struct complaint *complaint)
{
	uint64_t number = 0;
	int r = 0;

	switch (option) {
	case 'k':
		return take_contract(options, optarg, complaint);
	case 't':
		return take_filter(options, optarg, complaint);
	case 'p':
		r = take_number('p', optarg, OPTIONS_PAGES_MIN, OPTIONS_PAGES_MAX, &number,
				complaint);
		options->pages = number;
		return r;
	case 'r':
		r = take_number('r', optarg, 1, OPTIONS_ROUNDS_MAX, &number, complaint);
		options->rounds = number;
		return r;
	case 's':
		options->seed_given = true;
		return take_number('s', optarg, 0, UINT64_MAX, &options->seed, complaint);
	case 'l':
		options->list = true;
		return 0;
	case 'v':
		options->verbose = true;
		return 0;
	case 'h':
		options->help = true;
		return 0;
	case ':':
		return complain(complaint, "-%c wants a value", optopt);
	default:
		return complain(complaint, "unknown option -%c", optopt);
	}
}

int options_parse(int argc, char **argv, struct migrate_options *options, char *error,
		  size_t error_size)
{
	const struct complaint complaint = { error, error_size };
	int option, r = 0;

	/* 0, not 1: also forgets an argument that an earlier call left half read. */
	optind = 0;
	opterr = 0;
	while (!r && (option = getopt(argc, argv, "+:k:t:p:r:s:lvh")) != -1)
		r = take_option(option, options, &complaint);
	if (!r && optind < argc)
		r = complain(&complaint, "unexpected argument '%s'", argv[optind]);
	return r;
}

void options_help(FILE *out, const char *program, const struct migrate_options *defaults)
{
	fprintf(out,
		"usage: %s [-k CONTRACT] [-t PATTERN]... [-p PAGES] [-r ROUNDS] [-s SEED] [-lvh]\n"
		"\n"
		"  -k CONTRACT  what this kernel promises: 'movable' or 'unmovable' (default: ask\n"
		"               its BTF; without BTF, the first move decides for all)\n"
		"  -t PATTERN   only cases with PATTERN among the dotted parts of their name:\n"
		"               'idle', 'move_pages.default', 'mbind*'; may be repeated\n"
		"  -p PAGES     pages of guest memory in each case, %lu and up (default %zu)\n"
		"  -r ROUNDS    moves there and back under a running guest (default %lu)\n"
		"  -s SEED      for the same contents again (default: a new one each run)\n"
		"  -l           list the cases and exit\n"
		"  -v           say more of each case\n"
		"  -h           this text\n"
		"\n"
		"Exit status: 0 all passed, 1 something failed, 4 everything was skipped.\n",
		program, OPTIONS_PAGES_MIN + 0UL, defaults->pages, defaults->rounds);
}

bool options_select(const struct migrate_options *options, const char *name)
{
	char dotted[256], pattern[256];
	int i;

	snprintf(dotted, sizeof(dotted), ".%s.", name);
	for (i = 0; i < options->nr_filters; i++) {
		snprintf(pattern, sizeof(pattern), "*.%s.*", options->filters[i]);
		if (!fnmatch(pattern, dotted, 0))
			return true;
	}
	return !options->nr_filters;
}
