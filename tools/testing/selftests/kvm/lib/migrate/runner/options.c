// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "migrate/runner/options.h"
#include "migrate/runner/version.h"
#include "migrate/verdict/contract.h"
#include "test_util.h"

/* Beyond the characters of short options. */
#define OPTION_VERSION	256

static const struct option long_options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{}
};

static const char *error(const char *format, ...) __attribute__((format(printf, 1, 2)));

static const char *error(const char *format, ...)
{
	static char text[128];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return text;
}

/* Not atoi_positive() of the library: it asserts, and a seed has 64 bits. */
static const char *parse_number(char option, unsigned long min, unsigned long max,
				unsigned long *value)
{
	char *end;

	errno = 0;
	*value = strtoul(optarg, &end, 0);
	/* strtoul() accepts a sign and spaces. */
	if (errno || *end || optarg[0] < '0' || optarg[0] > '9' || *value < min || *value > max)
		return error("-%c needs a number from %lu to %lu, not '%s'", option, min, max,
			     optarg);
	return NULL;
}

/* Returns whether parse_size(), which asserts, accepts @text.  Ten digits and G fit in 64 bits. */
static bool is_size(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	const char *unit = text + digits;

	return digits && digits <= 10 && text[0] != '0' &&
	       (!unit[0] || (strchr("kKmMgG", unit[0]) && !unit[1]));
}

static const char *parse_bytes(size_t *pages)
{
	size_t page_size = getpagesize();

	if (!is_size(optarg))
		return error("-b needs a size like 256K or 4M, not '%s'", optarg);
	*pages = parse_size(optarg) / page_size;
	if (*pages < OPTIONS_PAGES_MIN || *pages > OPTIONS_PAGES_MAX)
		return error("-b needs %d to %lu pages of %zu bytes, not %s", OPTIONS_PAGES_MIN,
			     OPTIONS_PAGES_MAX, page_size, optarg);
	return NULL;
}

static const char *allow_unsafe(struct migrate_options *options)
{
	options->unsafe = true;
	return NULL;
}

static const char *allow_slow(struct migrate_options *options)
{
	options->slow = true;
	return NULL;
}

static const char *name_results(struct migrate_options *options)
{
	options->results = optarg;
	return NULL;
}

static const char *parse_contract(struct migrate_options *options)
{
	options->contract = contract_parse(optarg, &options->flag_bit);
	switch (options->contract) {
	case -ERANGE:
		return error("-k opt-in=BIT needs the number of a bit, at most 63, not '%s'",
			     optarg);
	case -EEXIST:
		return error("-k %s: this bit of a guest_memfd's flags has another meaning",
			     optarg);
	case -EINVAL:
		return error("-k needs 'movable', 'unmovable' or 'opt-in=BIT', not '%s'", optarg);
	default:
		return NULL;
	}
}

static const char *parse_option(int option, struct migrate_options *options)
{
	switch (option) {
	case 'k':
		return parse_contract(options);
	case 't':
		if (options->nr_filters == OPTIONS_FILTERS_MAX)
			return error("-t is possible %d times at most", OPTIONS_FILTERS_MAX);
		options->filters[options->nr_filters++] = optarg;
		return NULL;
	case 'p':
		return parse_number('p', OPTIONS_PAGES_MIN, OPTIONS_PAGES_MAX, &options->pages);
	case 'b':
		return parse_bytes(&options->pages);
	case 'i':
		return parse_number('i', 1, OPTIONS_ITERATIONS_MAX, &options->iterations);
	case 'v':
		return parse_number('v', 1, OPTIONS_VCPUS_MAX, &options->stress_vcpus);
	case 's':
		options->seed_given = true;
		return parse_number('s', 0, UINT64_MAX, &options->seed);
	case 'j':
		return name_results(options);
	case 'l':
		options->list = true;
		return NULL;
	case 'V':
		options->verbose = true;
		return NULL;
	case 'h':
		options->help = true;
		return NULL;
	case OPTION_VERSION:
		options->version = true;
		return NULL;
	case 'a':
		return allow_slow(options);
	case 'U':
		return allow_unsafe(options);
	case ':':
		return error("-%c needs a value", optopt);
	default:
		return error("unknown option -%c", option == '?' ? optopt : option);
	}
}

const char *options_parse(int argc, char **argv, struct migrate_options *options)
{
	char known[32] = "+:k:t:p:i:s:alUVh";
	const char *wrong = NULL;
	int option;

	if (options->stress_vcpus)
		strcat(known, "b:v:");
	if (options->results)
		strcat(known, "j:");
	/* 0, not 1: getopt() also forgets where an earlier call stopped inside a word. */
	optind = 0;
	opterr = 0;
	while (!wrong && (option = getopt_long(argc, argv, known, long_options, NULL)) != -1) {
		if (option == '?' && (!optopt || optopt == OPTION_VERSION))
			wrong = error("unknown option %s", argv[optind - 1]);
		else
			wrong = parse_option(option, options);
	}
	if (!wrong && optind < argc)
		wrong = error("unexpected argument '%s'", argv[optind]);
	return wrong;
}

static void help_left_out(FILE *out)
{
	fprintf(out,
		"  -a             run slow cases, too; they are skipped unless -t selects them\n"
		"  -U             run cases that may need a reboot, if -t names them\n");
}

static void help_stress(FILE *out, const struct migrate_options *defaults)
{
	fprintf(out,
		"  -b BYTES       pages in bytes: 256K, 4M\n"
		"  -v VCPUS       vCPUs of the guest, and threads that move its memory\n"
		"                 (default %lu, at most %lu)\n",
		defaults->stress_vcpus, OPTIONS_VCPUS_MAX);
}

static void help_perf(FILE *out)
{
	fprintf(out,
		"  -j FILE        also write the results to FILE, as JSON\n"
		"  -c OLD NEW     compare two such files, and measure nothing; no other option\n");
}

void options_help(FILE *out, const char *program, const struct migrate_options *defaults)
{
	fprintf(out,
		"usage: %s [OPTION]...\n\n"
		"  -k CONTRACT    'movable', 'unmovable', or 'opt-in=BIT': only files with this\n"
		"                 bit of KVM_CREATE_GUEST_MEMFD's flags move (default: from the\n"
		"                 kernel's BTF and KVM_CAP_GUEST_MEMFD_FLAGS; without BTF, the\n"
		"                 first move decides)\n"
		"  -t PATTERN     only cases with PATTERN among the dotted parts of their name:\n"
		"                 'idle', 'mbind*', 'a.*' for 'a.b.c'; may be repeated\n"
		"  -p PAGES       pages of guest memory in each case, at least %d (default %zu)\n"
		"  -i ITERATIONS  moves there and back while the memory is in use (default %lu)\n"
		"  -s SEED        repeat the contents of an earlier run (default: random)\n"
		"  -l             list the cases\n"
		"  -V             print more about each case\n"
		"  -h, --help     print this help\n"
		"  --version      print the version of the tests\n",
		program, OPTIONS_PAGES_MIN, defaults->pages, defaults->iterations);
	help_left_out(out);
	if (defaults->stress_vcpus)
		help_stress(out, defaults);
	if (defaults->results)
		help_perf(out);
	fprintf(out, "\nExit status: 0 all passed, 1 a case failed or usage is wrong, "
		"4 all were skipped.\n");
}

bool options_match(const char *filter, const char *name)
{
	char dotted[256], pattern[256];

	snprintf(dotted, sizeof(dotted), ".%s.", name);
	snprintf(pattern, sizeof(pattern), "*.%s.*", filter);
	return !fnmatch(pattern, dotted, 0);
}

bool options_select(const struct migrate_options *options, const char *name)
{
	int i;

	for (i = 0; i < options->nr_filters; i++)
		if (options_match(options->filters[i], name))
			return true;
	return !options->nr_filters;
}
