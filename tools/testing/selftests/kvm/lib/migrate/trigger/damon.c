// SPDX-License-Identifier: GPL-2.0-only
/*
 * DAMON's migration schemes (Documentation/admin-guide/mm/damon/usage.rst): a kernel thread
 * watches regions and moves those with an access pattern to a node.  Here every pattern matches,
 * and the regions are the pages under test and the control.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kvm_util.h"
#include "migrate/mm/folio.h"
#include "migrate/runner/test_env.h"
#include "migrate/trigger/background.h"
#include "migrate/util/sysfile.h"
#include "migrate/util/undo.h"

#define KDAMONDS	"/sys/kernel/mm/damon/admin/kdamonds/"
#define KDAMOND		KDAMONDS "0/"
#define CONTEXT		KDAMOND "contexts/0/"
#define TARGET		CONTEXT "targets/0/"
#define SCHEME		CONTEXT "schemes/0/"

/* Written in this order, before action, target and regions. */
static const struct {
	const char *path, *value;
} damon_files[] = {
	{ KDAMONDS "nr_kdamonds", "1" },
	{ KDAMOND "contexts/nr_contexts", "1" },
	{ CONTEXT "monitoring_attrs/intervals/sample_us", "1000" },
	{ CONTEXT "monitoring_attrs/intervals/aggr_us", "5000" },
	{ CONTEXT "monitoring_attrs/nr_regions/max", "100000" },
	{ CONTEXT "targets/nr_targets", "1" },
	{ CONTEXT "schemes/nr_schemes", "1" },
	{ SCHEME "access_pattern/sz/max", "18446744073709551615" },
	{ SCHEME "access_pattern/nr_accesses/max", "4294967295" },
	{ SCHEME "access_pattern/age/max", "4294967295" },
};

static void set(const char *path, const char *value)
{
	int r = sysfile_write(path, value);

	TEST_ASSERT(!r, "cannot write %s to %s: %s", value, path, strerror(-r));
}

static void set_number(const char *path, uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	set(path, text);
}

static int by_start(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Write where the pages at @mem start, or their frames, to @starts. */
static void find_starts(const void *mem, size_t nr_pages, bool frames, uint64_t *starts)
{
	size_t i;

	TEST_ASSERT(!pagemap_read(mem, nr_pages, starts), "cannot read pagemap");
	for (i = 0; i < nr_pages; i++)
		starts[i] = frames ? pagemap_pfn(starts[i]) * getpagesize() :
				     (uintptr_t)mem + i * getpagesize();
}

/* A region for each page. */
static void set_regions(const struct trigger_range *range, bool frames)
{
	size_t i, nr = range->nr_pages + range->control->nr_pages;
	uint64_t *starts = calloc(nr, sizeof(*starts));
	char path[128];

	TEST_ASSERT(starts, "out of memory");
	find_starts(range->addr, range->nr_pages, frames, starts);
	find_starts(range->control->mem, range->control->nr_pages, frames,
		    starts + range->nr_pages);
	qsort(starts, nr, sizeof(*starts), by_start);
	set_number(TARGET "regions/nr_regions", nr);
	for (i = 0; i < nr; i++) {
		snprintf(path, sizeof(path), TARGET "regions/%zu/start", i);
		set_number(path, starts[i]);
		snprintf(path, sizeof(path), TARGET "regions/%zu/end", i);
		set_number(path, starts[i] + getpagesize());
	}
	free(starts);
}

static const char *start(const struct trigger_range *range, const char *operations,
			 const char *action, bool frames)
{
	size_t i;
	int r;

	for (i = 0; i < ARRAY_SIZE(damon_files); i++)
		set(damon_files[i].path, damon_files[i].value);
	set(CONTEXT "operations", operations);
	set(SCHEME "action", action);
	set_number(SCHEME "target_nid", range->to);
	set_number(TARGET "pid_target", getpid());
	set_regions(range, frames);
	undo_add(KDAMONDS "nr_kdamonds", "0");
	undo_add(KDAMOND "state", "off");
	r = sysfile_write(KDAMOND "state", "on");
	if (r == -EBUSY)
		return "a kernel module uses DAMON (write N to "
		       "/sys/module/damon_*/parameters/enabled)";
	TEST_ASSERT(!r, "cannot start DAMON: %s", strerror(-r));
	return NULL;
}

/* "fvaddr" watches like "vaddr", but only the given addresses. */
static const char *start_vaddr(const struct trigger_range *range)
{
	return start(range, "fvaddr", "migrate_hot", false);
}

static const char *start_paddr(const struct trigger_range *range)
{
	return start(range, "paddr", "migrate_cold", true);
}

/* The kernel thread answers between two samples: it has done some work then. */
static void fire_damon(const struct trigger_range *range, struct trigger_result *result)
{
	(void)range;
	result->ret = sysfile_write(KDAMOND "state", "update_schemes_stats");
}

static void stop_damon(void)
{
	sysfile_write(KDAMOND "state", "off");
	sysfile_write(KDAMONDS "nr_kdamonds", "0");
}

/* A scheme does not start while DAMON_STAT runs. */
static const struct test_env env = {
	.settings = (const struct setting[]) {
		{ "/sys/module/damon_stat/parameters/enabled", "N", .optional = true },
		{},
	},
};

static const char *damon_skip_reason(void)
{
	char text[16];

	if (access(KDAMONDS "nr_kdamonds", F_OK))
		return "no DAMON (needs CONFIG_DAMON_SYSFS, _VADDR and _PADDR)";
	if (access(KDAMONDS "nr_kdamonds", W_OK) || !folio_pfns_visible())
		return "DAMON cannot be configured (be root)";
	if (sysfile_read(KDAMONDS "nr_kdamonds", text, sizeof(text)) < 0 || strcmp(text, "0\n"))
		return "another process uses DAMON (stop it, and write 0 to nr_kdamonds)";
	return NULL;
}

#define DEFINE_DAMON_TRIGGER(_name, _text, _start)					\
const struct trigger trigger_##_name = {						\
	.name = #_name, .call = _text, .reason = "MR_DAMON",				\
	.no_range = true,								\
	.env = &env, .skip_reason = damon_skip_reason, .fire = fire_damon,		\
	.must_not_touch = &(const struct must_not_touch) {				\
		.acts = "moved", .rounds = 500,						\
		.counters = { "pgmigrate_success", "pgmigrate_fail" },			\
		.prepare = _start, .stop = stop_damon,					\
	},										\
}

DEFINE_DAMON_TRIGGER(damon_hot_vaddr, "DAMON migrate_hot (vaddr)", start_vaddr);
DEFINE_DAMON_TRIGGER(damon_cold_paddr, "DAMON migrate_cold (paddr)", start_paddr);
