// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "migrate/runner/options.h"
#include "migrate/verdict/contract.h"

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

/* Bytes, with a K, M or G behind the number if that is shorter. */
static int take_memory(struct migrate_options *options, const char *text,
		       const struct complaint *complaint)
{
	static const char units[] = "KMG";
	size_t page_size = getpagesize();
	unsigned long long bytes = 0;
	const char *unit;
	char *end;

	errno = 0;
	if (text[0] >= '0' && text[0] <= '9')
		bytes = strtoull(text, &end, 0);
	if (!bytes || errno)
		return complain(complaint, "-m wants a size like 256K or 4M, not '%s'", text);
	unit = *end ? strchr(units, *end) : NULL;
	if (*end && (!unit || end[1]))
		return complain(complaint, "-m wants a size like 256K or 4M, not '%s'", text);
	if (unit)
		bytes <<= 10 * (unit - units + 1);
	if (bytes / page_size < OPTIONS_PAGES_MIN || bytes / page_size > OPTIONS_PAGES_MAX)
		return complain(complaint, "-m wants %d to %lu pages of %zu bytes, not %s",
				OPTIONS_PAGES_MIN, OPTIONS_PAGES_MAX, page_size, text);
	options->pages = bytes / page_size;
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
	case 'm':
		return take_memory(options, optarg, complaint);
	case 'j':
		r = take_number('j', optarg, 1, OPTIONS_THREADS_MAX, &number, complaint);
		options->threads = number;
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
	const char *known = options->threads ? "+:k:t:p:m:j:r:s:lvh" : "+:k:t:p:r:s:lvh";
	int option, r = 0;

	/* 0, not 1: also forgets an argument that an earlier call left half read. */
	optind = 0;
	opterr = 0;
	while (!r && (option = getopt(argc, argv, known)) != -1)
		r = take_option(option, options, &complaint);
	if (!r && optind < argc)
		r = complain(&complaint, "unexpected argument '%s'", argv[optind]);
	return r;
}

/* What the number of rounds and the seed are good for differs with the kind of test. */
static void help_on_work(FILE *out, const struct migrate_options *defaults)
{
	if (!defaults->threads) {
		fprintf(out,
			"  -r ROUNDS    moves there and back under a running guest (default %lu)\n"
			"  -s SEED      for the same contents again (default: a new one)\n",
			defaults->rounds);
		return;
	}
	fprintf(out,
		"  -m MEMORY    the same in bytes: 256K, 4M\n"
		"  -j THREADS   vCPUs of the guest, and as many threads that move its memory,\n"
		"               up to %d (default %d)\n"
		"  -r ROUNDS    how often to do everything (default %lu)\n"
		"  -s SEED      for the same contents and decisions again (default: a new one)\n",
		OPTIONS_THREADS_MAX, defaults->threads, defaults->rounds);
}

void options_help(FILE *out, const char *program, const struct migrate_options *defaults)
{
	fprintf(out,
		"usage: %s [-k CONTRACT] [-t PATTERN]... [-p PAGES]%s [-r ROUNDS] [-s SEED]\n"
		"       [-lvh]\n\n"
		"  -k CONTRACT  what this kernel promises: 'movable' or 'unmovable' (default: ask\n"
		"               its BTF; without BTF, the first move decides for all)\n"
		"  -t PATTERN   only cases with PATTERN among the dotted parts of their name:\n"
		"               '%s', '%s', '%s'; may be repeated\n"
		"  -p PAGES     pages of guest memory in each case, %lu and up (default %zu)\n",
		program, defaults->threads ? " [-m MEMORY] [-j THREADS]" : "",
		defaults->threads ? "all" : "idle",
		defaults->threads ? "by_node" : "move_pages.default",
		defaults->threads ? "by*" : "mbind*", OPTIONS_PAGES_MIN + 0UL, defaults->pages);
	help_on_work(out, defaults);
	fprintf(out,
		"  -l           list the cases and exit\n"
		"  -v           say more of each case\n"
		"  -h           this text\n"
		"\n"
		"Exit status: 0 all passed, 1 something failed, 4 everything was skipped.\n");
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
