// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "migrate/perf/perf_results.h"

int spread_apart(const struct spread *old, const struct spread *new)
{
	if (new->low > old->high)
		return 1;
	return new->high < old->low ? -1 : 0;
}

static const struct perf_value *find(const struct perf_results *results,
				     const struct perf_value *value)
{
	size_t i;

	for (i = 0; i < results->nr; i++)
		if (!strcmp(results->values[i].test, value->test) &&
		    !strcmp(results->values[i].name, value->name) &&
		    !strcmp(results->values[i].unit, value->unit))
			return &results->values[i];
	return NULL;
}

static const char *spread_text(const struct spread *spread, char *text, size_t size)
{
	char median[32], low[32], high[32];

	snprintf(text, size, "%s [%s %s]", rounded_text(spread->median, median, sizeof(median)),
		 rounded_text(spread->low, low, sizeof(low)),
		 rounded_text(spread->high, high, sizeof(high)));
	return text;
}

static void compare_value(FILE *out, const struct perf_value *old, const struct perf_value *new)
{
	static const char * const words[] = { "  lower", "", "  higher" };
	char before[100], after[100], ratio[32];

	fprintf(out, "%-22s %-27s %-7s %-24s %-24s %6s%s\n", old->test, old->name, old->unit,
		spread_text(&old->spread, before, sizeof(before)),
		spread_text(&new->spread, after, sizeof(after)),
		milli_text(ratio_milli(new->spread.median, old->spread.median), ratio,
			   sizeof(ratio)),
		words[spread_apart(&old->spread, &new->spread) + 1]);
}

size_t perf_results_compare(FILE *out, const struct perf_results *old,
			    const struct perf_results *new)
{
	const struct perf_value *value;
	size_t i, both = 0;

	fprintf(out, "%-22s %-27s %-7s %-24s %-24s %6s\n", "case", "value", "unit",
		"old median [quartiles]", "new median [quartiles]", "ratio");
	for (i = 0; i < old->nr; i++) {
		value = find(new, &old->values[i]);
		if (!value)
			continue;
		compare_value(out, &old->values[i], value);
		both++;
	}
	fprintf(out, "old: kernel %s, %zu values alone; new: kernel %s, %zu values alone\n",
		old->kernel, old->nr - both, new->kernel, new->nr - both);
	return both;
}
