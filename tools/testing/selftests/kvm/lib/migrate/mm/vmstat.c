// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kvm_util.h"
#include "migrate/mm/numa.h"
#include "migrate/mm/vmstat.h"
#include "migrate/util/sysfile.h"

#define VMSTAT		"/proc/vmstat"
#define VMSTAT_SIZE	16384

/* Returns the text after @name, or NULL. */
static const char *find_value(const char *text, const char *name)
{
	size_t length = strlen(name);
	const char *line;

	for (line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, length) && line[length] == ' ')
			return line + length;
	}
	return NULL;
}

long long vmstat_value(const char *text, const char *name)
{
	const char *number = find_value(text, name);

	return number ? strtoll(number, NULL, 10) : 0;
}

long long vmstat_read(int node, const char *name)
{
	char path[64] = VMSTAT, text[VMSTAT_SIZE];
	int r;

	if (node != NUMA_ANY_NODE)
		snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/vmstat", node);
	r = sysfile_read(path, text, sizeof(text));
	TEST_ASSERT(r > 0, "cannot read %s: %s", path, strerror(-r));
	return vmstat_value(text, name);
}

bool vmstat_has(const char *name)
{
	char text[VMSTAT_SIZE];

	return sysfile_read(VMSTAT, text, sizeof(text)) > 0 && find_value(text, name);
}

bool vmstat_refresh(void)
{
	char nothing[16];

	return sysfile_read("/proc/sys/vm/stat_refresh", nothing, sizeof(nothing)) >= 0;
}
