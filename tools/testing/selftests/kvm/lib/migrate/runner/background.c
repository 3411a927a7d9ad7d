// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "kselftest.h"
#include "migrate/runner/hook.h"
#include "migrate/util/sysfile.h"
#include "migrate/util/undo.h"

/*
 * Only the triggers under test may move pages.  Freed pages must return to the buddy allocator at
 * once: compaction does not find them on a per-CPU list.
 */
static void disable(void)
{
	static const struct {
		const char *path;
		const char *value;
		const char *consequence;
	} settings[] = {
		{ "/proc/sys/kernel/numa_balancing", "0\n", "it may move pages" },
		{ "/sys/kernel/mm/ksm/run", "0\n", "it may merge pages" },
		{ "/proc/sys/vm/percpu_pagelist_high_fraction", "1000000\n",
		  "compaction may find nothing to do" },
	};
	char before[32];
	size_t i;
	int r;

	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		if (sysfile_read(settings[i].path, before, sizeof(before)) < 0 ||
		    !strcmp(before, settings[i].value))
			continue;
		r = setting_write(settings[i].path, settings[i].value);
		if (r)
			ksft_print_msg("cannot write %s (%s): %s\n", settings[i].path,
				       strerror(-r), settings[i].consequence);
	}
}

const struct runner_hook hook_background = {
	.init = disable,
};
