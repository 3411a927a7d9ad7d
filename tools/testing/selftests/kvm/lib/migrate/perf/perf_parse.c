// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the files of perf_results_write(), and no other JSON.
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "migrate/perf/perf_results.h"
#include "test_util.h"

struct reader {
	const char *text, *at;
	const char *wrong;	/* the first error */
};

static void __printf(2, 3) error(struct reader *reader, const char *format, ...)
{
	static char text[256];
	const char *c;
	va_list args;
	int line = 1, length;

	if (reader->wrong)
		return;
	for (c = reader->text; c < reader->at; c++)
		line += *c == '\n';
	length = snprintf(text, sizeof(text), "line %d: ", line);
	va_start(args, format);
	vsnprintf(text + length, sizeof(text) - length, format, args);
	va_end(args);
	reader->wrong = text;
}

/* Skip white space.  Returns the next character; NUL after an error, too, so that all loops end. */
static char peek(struct reader *reader)
{
	reader->at += strspn(reader->at, " \t\r\n");
	return reader->wrong ? '\0' : *reader->at;
}

/* Returns whether the next character is @c, and skips it. */
static bool take(struct reader *reader, char c)
{
	if (peek(reader) != c || !c)
		return false;
	reader->at++;
	return true;
}

static void expect(struct reader *reader, char c)
{
	if (take(reader, c))
		return;
	if (peek(reader))
		error(reader, "'%c' is missing before '%.10s'", c, reader->at);
	else
		error(reader, "the file ends before '%c'", c);
}

/* A string, none of which has escapes in this format. */
static void read_string(struct reader *reader, char text[PERF_NAME_SIZE])
{
	size_t length;

	text[0] = '\0';
	expect(reader, '"');
	length = strcspn(reader->at, "\"\\\n");
	if (reader->at[length] != '"' || length >= PERF_NAME_SIZE) {
		error(reader, "a string is too long, or has no end");
		return;
	}
	memcpy(text, reader->at, length);
	text[length] = '\0';
	reader->at += length + 1;
}

/* A number of thousandths: digits, and up to three decimals. */
static uint64_t read_milli(struct reader *reader)
{
	uint64_t value = 0;
	int decimals = -1;
	const char *c;

	peek(reader);
	for (c = reader->at; (*c >= '0' && *c <= '9') || (*c == '.' && decimals < 0); c++) {
		decimals += *c == '.' || decimals >= 0;
		if (*c != '.' && (__builtin_mul_overflow(value, 10, &value) ||
				  __builtin_add_overflow(value, *c - '0', &value)))
			decimals = 4;
	}
	if (c == reader->at || decimals > 3 || !strchr(",}] \t\r\n", *c))
		error(reader, "'%.10s' is no number with up to three decimals", reader->at);
	reader->at = c;
	for (decimals = decimals < 0 ? 0 : decimals; decimals < 3; decimals++)
		if (__builtin_mul_overflow(value, 10, &value))
			error(reader, "a number is too large");
	return value;
}

/* Skip the string or number of an unknown member. */
static void skip(struct reader *reader)
{
	char text[PERF_NAME_SIZE];

	if (peek(reader) == '"')
		read_string(reader, text);
	else
		read_milli(reader);
}

static bool is_in_order(const struct spread *spread)
{
	return spread->min <= spread->low && spread->low <= spread->median &&
	       spread->median <= spread->high && spread->high <= spread->max;
}

static void read_member(struct reader *reader, struct perf_value *value, unsigned int *seen)
{
	struct {
		const char *name;
		char *text;
		uint64_t *number;
	} members[] = {
		{ "case", value->test, NULL },
		{ "name", value->name, NULL },
		{ "unit", value->unit, NULL },
		{ "samples", NULL, &value->nr_samples },
		{ "min", NULL, &value->spread.min },
		{ "low", NULL, &value->spread.low },
		{ "median", NULL, &value->spread.median },
		{ "high", NULL, &value->spread.high },
		{ "max", NULL, &value->spread.max },
	};
	char name[PERF_NAME_SIZE];
	size_t i;

	read_string(reader, name);
	expect(reader, ':');
	for (i = 0; i < ARRAY_SIZE(members) && strcmp(name, members[i].name); i++)
		;
	if (i == ARRAY_SIZE(members)) {
		skip(reader);
		return;
	}
	*seen |= 1U << i;
	if (members[i].text)
		read_string(reader, members[i].text);
	else
		*members[i].number = read_milli(reader);
}

#define ALL_MEMBERS ((1U << 9) - 1)

static void read_value(struct reader *reader, struct perf_value *value)
{
	unsigned int seen = 0;

	expect(reader, '{');
	do
		read_member(reader, value, &seen);
	while (take(reader, ','));
	expect(reader, '}');
	value->nr_samples /= MILLI;
	if (seen != ALL_MEMBERS)
		error(reader, "a value lacks a member");
	else if (!is_in_order(&value->spread))
		error(reader, "min, low, median, high and max are not in order");
}

static void read_values(struct reader *reader, struct perf_results *results)
{
	expect(reader, '[');
	if (take(reader, ']'))
		return;
	do {
		if (results->nr == PERF_VALUES_MAX) {
			error(reader, "more than %d values", PERF_VALUES_MAX);
			return;
		}
		read_value(reader, &results->values[results->nr++]);
	} while (take(reader, ','));
	expect(reader, ']');
}

static void read_file_member(struct reader *reader, struct perf_results *results, char *format)
{
	char name[PERF_NAME_SIZE];

	read_string(reader, name);
	expect(reader, ':');
	if (!strcmp(name, "format"))
		read_string(reader, format);
	else if (!strcmp(name, "kernel"))
		read_string(reader, results->kernel);
	else if (!strcmp(name, "values"))
		read_values(reader, results);
	else
		skip(reader);
}

const char *perf_results_parse(const char *text, struct perf_results *results)
{
	struct reader reader = { .text = text, .at = text };
	char format[PERF_NAME_SIZE] = "";

	memset(results, 0, sizeof(*results));
	expect(&reader, '{');
	do
		read_file_member(&reader, results, format);
	while (take(&reader, ','));
	expect(&reader, '}');
	if (peek(&reader))
		error(&reader, "'%.10s' follows the end", reader.at);
	if (strcmp(format, PERF_FORMAT))
		error(&reader, "\"format\" is not \"%s\"", PERF_FORMAT);
	if (!results->nr)
		error(&reader, "there is no value");
	return reader.wrong;
}

/* A value has about 250 characters. */
#define FILE_SIZE_MAX	(512 * PERF_VALUES_MAX)

const char *perf_results_read(const char *path, struct perf_results *results)
{
	static char text[FILE_SIZE_MAX + 1];
	FILE *file = fopen(path, "r");
	bool failed;
	size_t size;

	if (!file)
		return strerror(errno);
	size = fread(text, 1, sizeof(text), file);
	failed = ferror(file);
	fclose(file);
	if (failed)
		return "it cannot be read";
	if (size == sizeof(text))
		return "it is too large";
	if (memchr(text, '\0', size))
		return "it is no text";
	text[size] = '\0';
	return perf_results_parse(text, results);
}
