// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "migrate/perf/perf_results.h"
#include "test_util.h"

char *milli_text(uint64_t milli, char *text, size_t size)
{
	char *end;

	snprintf(text, size, "%" PRIu64 ".%03u", milli / MILLI, (unsigned int)(milli % MILLI));
	for (end = text + strlen(text); end[-1] == '0'; end--)
		;
	if (end[-1] == '.')
		end--;
	*end = '\0';
	return text;
}

char *rounded_text(uint64_t milli, char *text, size_t size)
{
	if (milli >= 100 * MILLI)
		milli = (milli + MILLI / 2) / MILLI * MILLI;
	return milli_text(milli, text, size);
}

static void print_value(const struct perf_value *value)
{
	char median[32], low[32], high[32], max[32];

	printf("# %-22s %-27s %8s %-7s quartiles %s to %s, max %s\n", value->test, value->name,
	       rounded_text(value->spread.median, median, sizeof(median)), value->unit,
	       rounded_text(value->spread.low, low, sizeof(low)),
	       rounded_text(value->spread.high, high, sizeof(high)),
	       rounded_text(value->spread.max, max, sizeof(max)));
}

void perf_results_add(struct perf_results *results, const char *test, const char *name,
		      const char *unit, uint64_t *samples, size_t nr)
{
	struct perf_value *value = &results->values[results->nr];

	TEST_ASSERT(results->nr < PERF_VALUES_MAX, "too many values");
	snprintf(value->test, sizeof(value->test), "%s", test);
	snprintf(value->name, sizeof(value->name), "%s", name);
	snprintf(value->unit, sizeof(value->unit), "%s", unit);
	value->nr_samples = nr;
	value->spread = spread_of(samples, nr);
	results->nr++;
	print_value(value);
}

static void write_value(FILE *file, const struct perf_value *value, const char *end)
{
	const struct spread *spread = &value->spread;
	const struct {
		const char *name;
		uint64_t milli;
	} members[] = {
		{ "min", spread->min }, { "low", spread->low }, { "median", spread->median },
		{ "high", spread->high }, { "max", spread->max },
	};
	char number[32];
	size_t i;

	fprintf(file, "    {\"case\": \"%s\", \"name\": \"%s\", \"unit\": \"%s\", \"samples\": %"
		PRIu64, value->test, value->name, value->unit, value->nr_samples);
	for (i = 0; i < ARRAY_SIZE(members); i++)
		fprintf(file, ", \"%s\": %s", members[i].name,
			milli_text(members[i].milli, number, sizeof(number)));
	fprintf(file, "}%s\n", end);
}

static int write_all(const struct perf_results *results, FILE *file)
{
	size_t i;
	int r = 0;

	fprintf(file, "{\n  \"format\": \"%s\",\n  \"kernel\": \"%s\",\n  \"values\": [\n",
		PERF_FORMAT, results->kernel);
	for (i = 0; i < results->nr; i++)
		write_value(file, &results->values[i], i + 1 < results->nr ? "," : "");
	fprintf(file, "  ]\n}\n");
	/* A full disk shows in one of these, and in each of them only on some file systems. */
	if (fflush(file) || ferror(file) || fsync(fileno(file)))
		r = -errno ?: -EIO;
	if (fclose(file) && !r)
		r = -errno;
	return r;
}

int perf_results_write(const struct perf_results *results, const char *path)
{
	char new[4096];
	FILE *file;
	int r;

	if (snprintf(new, sizeof(new), "%s.new", path) >= sizeof(new))
		return -ENAMETOOLONG;
	file = fopen(new, "w");
	if (!file)
		return -errno;
	r = write_all(results, file);
	if (!r && rename(new, path))
		r = -errno;
	if (r)
		unlink(new);
	return r;
}
