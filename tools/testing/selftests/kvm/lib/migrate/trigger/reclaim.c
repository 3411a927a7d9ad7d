// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reclaim.  Without swap the kernel reclaims anonymous memory only after MADV_FREE: the control is
 * such memory.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm_util.h"
#include "migrate/mm/folio.h"
#include "migrate/mm/vmstat.h"
#include "migrate/runner/test_env.h"
#include "migrate/trigger/trigger.h"
#include "migrate/util/cgroup.h"
#include "migrate/util/sysfile.h"

static const char *free_control(const struct trigger_range *range)
{
	kvm_madvise(range->control->mem, range->control->nr_pages * getpagesize(), MADV_FREE);
	lru_drain();
	return NULL;
}

static size_t reclaimed(const struct trigger_range *range)
{
	return control_moved(range->control, -ENOENT);
}

static void fire_pageout(const struct trigger_range *range, struct trigger_result *result)
{
	result->ret = trigger_advise(range, MADV_PAGEOUT);
}

static const struct must_not_touch must_not_touch_pageout = {
	.control = { .anonymous = true }, .acts = "reclaimed", .rounds = 100,
	.counters = { "pglazyfreed", "pswpout", "unevictable_pgs_culled" },
	.prepare = free_control, .acted = reclaimed,
};

const struct trigger trigger_madv_pageout = {
	.name = "madv_pageout", .call = "madvise(PAGEOUT)",
	.kernel_picks_node = true,
	.must_not_touch = &must_not_touch_pageout, .fire = fire_pageout,
};

static void fire_cold(const struct trigger_range *range, struct trigger_result *result)
{
	result->ret = trigger_advise(range, MADV_COLD);
}

/* Returns the referenced bytes of the mapping at @mem (/proc/PID/smaps). */
static size_t referenced(const void *mem)
{
	FILE *smaps = fopen("/proc/self/smaps", "re");
	size_t kib = 0, size = 0;
	bool found = false;
	uintptr_t start;
	char *line = NULL;

	TEST_ASSERT(smaps, "cannot read /proc/self/smaps: %s", strerror(errno));
	while (getline(&line, &size, smaps) > 0) {
		if (sscanf(line, "%" SCNxPTR "-", &start) == 1)
			found = start == (uintptr_t)mem;
		if (found && sscanf(line, "Referenced: %zu kB", &kib) == 1)
			break;
	}
	free(line);
	fclose(smaps);
	return kib * 1024;
}

static size_t cooled(const struct trigger_range *range)
{
	return range->control->nr_pages - referenced(range->control->mem) / getpagesize();
}

static const struct must_not_touch must_not_touch_cold = {
	.acts = "made cold", .rounds = 100,
	.counters = { "pgdeactivate" }, .acted = cooled,
};

const struct trigger trigger_madv_cold = {
	.name = "madv_cold", .call = "madvise(COLD)",
	.kernel_picks_node = true,
	.must_not_touch = &must_not_touch_cold, .fire = fire_cold,
};

/* Bytes of files charged to the case's cgroup. */
static size_t charged_file_bytes(void)
{
	char path[128], text[16384];
	int r;

	r = sysfile_read(cgroup_file("memory.stat", path, sizeof(path)), text,
			 sizeof(text));
	TEST_ASSERT(r >= 0, "cannot read %s: %s", path, strerror(-r));
	return vmstat_value(text, "file");
}

/* Only memory charged to the cgroup can be reclaimed from it. */
static const char *prepare_reclaim(const struct trigger_range *range)
{
	TEST_ASSERT(charged_file_bytes() >= range->nr_pages * getpagesize(),
		    "only %zu bytes of files are charged to the cgroup", charged_file_bytes());
	return free_control(range);
}

/* Ask for more than is charged, so that reclaim tries all: -EAGAIN is no error. */
static void fire_reclaim(const struct trigger_range *range, struct trigger_result *result)
{
	size_t pages = 2 * (range->nr_pages + range->control->nr_pages);
	char path[128], text[32];

	snprintf(text, sizeof(text), "%zu", pages * getpagesize());
	result->ret = sysfile_write(cgroup_file("memory.reclaim", path, sizeof(path)),
				    text);
	if (result->ret == -EAGAIN)
		result->ret = 0;
}

static const struct test_env reclaim_env = { .cgroup = "memory" };

static const struct must_not_touch must_not_touch_reclaim = {
	.control = { .anonymous = true }, .acts = "reclaimed", .rounds = 100,
	.counters = { "pglazyfreed", "pswpout", "pgscan_proactive", "pgsteal_proactive" },
	.prepare = prepare_reclaim, .acted = reclaimed,
};

const struct trigger trigger_reclaim = {
	.name = "reclaim", .call = "memory.reclaim",
	.no_range = true, .kernel_picks_node = true,
	.env = &reclaim_env, .must_not_touch = &must_not_touch_reclaim, .fire = fire_reclaim,
};

#define DEMOTION	"/sys/kernel/mm/numa/demotion_enabled"
#define TIERS		"/sys/devices/virtual/memory_tiering"

static const struct setting demotion_settings[] = {
	{ .path = DEMOTION, .value = "1" },
	{},
};

static const struct test_env demotion_env = { .settings = demotion_settings, .cgroup = "memory" };

static int count_tiers(void)
{
	DIR *dir = opendir(TIERS);
	struct dirent *entry;
	int found = 0;

	if (!dir)
		return 0;
	while ((entry = readdir(dir)))
		found += !strncmp(entry->d_name, "memory_tier", strlen("memory_tier"));
	closedir(dir);
	return found;
}

static const char *demotion_skip_reason(void)
{
	if (access(DEMOTION, F_OK))
		return "no demotion (needs CONFIG_NUMA and CONFIG_MIGRATION)";
	if (access(DEMOTION, W_OK))
		return "demotion cannot be enabled (be root)";
	if (count_tiers() < 2)
		return "all memory is in one tier (needs slower memory, such as CXL)";
	return NULL;
}

/* Reclaim demotes cold memory. */
static const char *prepare_demotion(const struct trigger_range *range)
{
	return trigger_advise(range, MADV_COLD) ? "no madvise(MADV_COLD) (needs Linux 5.4)" : NULL;
}

static size_t demoted(const struct trigger_range *range)
{
	struct folio_info *now = control_now(range->control);
	size_t i, found = 0;

	for (i = 0; i < range->control->nr_pages; i++)
		found += now[i].node >= 0 && now[i].node != range->from;
	free(now);
	return found;
}

static const struct must_not_touch must_not_touch_demotion = {
	.acts = "demoted", .rounds = 100,
	.counters = { "pgdemote_proactive", "pgdemote_direct", "pgmigrate_success",
		      "pgmigrate_fail" },
	.prepare = prepare_demotion, .acted = demoted,
};

const struct trigger trigger_demotion = {
	.name = "demotion", .call = "memory.reclaim, with demotion", .reason = "MR_DEMOTION",
	.no_range = true, .kernel_picks_node = true,
	.env = &demotion_env, .must_not_touch = &must_not_touch_demotion,
	.skip_reason = demotion_skip_reason, .fire = fire_reclaim,
};
