// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "migrate/util/ksft_text.h"

void ksft_print_text(FILE *out, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		fprintf(out, "# %.*s\n", (int)length, text);
		text += length;
		text += *text == '\n';
	}
}

const char *return_text(long ret, char *text, size_t size)
{
	const char *name = ret < 0 ? strerrorname_np(-ret) : NULL;

	if (name)
		snprintf(text, size, "-1 %s", name);
	else
		snprintf(text, size, "%ld", ret);
	return text;
}
