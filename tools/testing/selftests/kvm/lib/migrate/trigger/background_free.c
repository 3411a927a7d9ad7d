// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mechanisms that replace or free pages: KSM, which merges equal pages, collapse, which makes a
 * huge page of small ones, and reclaim.
 */
#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm_util.h"
#include "migrate/mm/folio.h"
#include "migrate/mm/vmstat.h"
#include "migrate/runner/test_env.h"
#include "migrate/trigger/background.h"
#include "migrate/util/cgroup.h"
#include "migrate/util/sysfile.h"

#define KSM		"/sys/kernel/mm/ksm/"
#define HUGE_SIZE	"/sys/kernel/mm/transparent_hugepage/hpage_pmd_size"
#define DEMOTION	"/sys/kernel/mm/numa/demotion_enabled"
#define TIERS		"/sys/devices/virtual/memory_tiering"

/* How often to read the scan counter, with a sched_yield() each time. */
#define SCAN_READS	1000000

/* madvise() of the control and of @range.  Returns 0 or -errno. */
static int advise(const struct trigger_range *range, int advice)
{
	const struct control *control = range->control;

	if (madvise(control->mem, control->nr_pages * getpagesize(), advice) ||
	    madvise(range->addr, range->nr_pages * getpagesize(), advice))
		return -errno;
	return 0;
}

static void fire_advise(const struct trigger_range *range, struct trigger_result *result)
{
	result->ret = advise(range, range->trigger->flags);
}

static size_t count_flag(const struct control *control, uint64_t flags)
{
	struct folio_info *now = control_now(control);
	size_t i, found = 0;

	for (i = 0; i < control->nr_pages; i++)
		found += !!(now[i].flags & flags);
	free(now);
	return found;
}

/* ---- KSM --------------------------------------------------------------------------------- */

static const char *ksm_skip_reason(void)
{
	if (access(KSM "run", F_OK))
		return "no KSM (needs CONFIG_KSM)";
	if (access(KSM "run", W_OK) || !folio_pfns_visible())
		return "KSM cannot be started or observed (be root)";
	return NULL;
}

/* Wait for two more scans: the one that runs may be past the pages.  Returns 0 or -ETIMEDOUT. */
static int wait_for_full_scan(void)
{
	uint64_t first = sysfile_read_number(KSM "full_scans", 10);
	int reads;

	for (reads = 0; reads < SCAN_READS; reads++) {
		if (sysfile_read_number(KSM "full_scans", 10) >= first + 2)
			return 0;
		sched_yield();
	}
	return -ETIMEDOUT;
}

/* KSM takes only anonymous memory and ignores the advice for other memory. */
static void fire_ksm(const struct trigger_range *range, struct trigger_result *result)
{
	result->ret = advise(range, MADV_MERGEABLE) ?: wait_for_full_scan();
}

static size_t merged(const struct trigger_range *range)
{
	return count_flag(range->control, FOLIO_FLAG(KSM));
}

const struct trigger trigger_ksm = {
	.name = "ksm", .call = "madvise(MERGEABLE)",
	.kernel_picks_node = true, .skip_reason = ksm_skip_reason, .fire = fire_ksm,
	.env = &(const struct test_env) {
		.settings = (const struct setting[]) {
			{ .path = KSM "sleep_millisecs", .value = "0" },
			{ .path = KSM "run", .value = "1" },
			{},
		},
	},
	.must_not_touch = &(const struct must_not_touch) {
		.anonymous = true, .acts = "merged", .rounds = 20, .acted = merged,
	},
};

/* ---- Collapse ---------------------------------------------------------------------------- */

static const char *collapse_skip_reason(void)
{
	if (access(HUGE_SIZE, F_OK))
		return "no huge pages (needs CONFIG_TRANSPARENT_HUGEPAGE)";
	if (madvise(NULL, 0, MADV_COLLAPSE))
		return "no madvise(MADV_COLLAPSE) (needs Linux 6.1)";
	if (!folio_pfns_visible())
		return "page flags are hidden (be root)";
	return NULL;
}

/* Map the shared memory at @mem a second time, aligned for a huge page: mremap(2) of size 0. */
static void *alias_aligned(void *mem, size_t size)
{
	size_t huge = get_trans_hugepagesz();
	char *reserved = kvm_mmap(size + huge, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	char *place = (char *)(((uintptr_t)reserved + huge - 1) / huge * huge);
	void *alias = mremap(mem, 0, size, MREMAP_MAYMOVE | MREMAP_FIXED, place);

	TEST_ASSERT(alias == place, "mremap() to a second mapping: %s", strerror(errno));
	/* The rest of the reserved addresses goes with the process. */
	return alias;
}

static long collapse(void *mem, size_t nr_pages)
{
	size_t size = nr_pages * getpagesize();
	void *alias = alias_aligned(mem, size);
	int ret;

	madvise(alias, size, MADV_HUGEPAGE);
	ret = madvise(alias, size, MADV_COLLAPSE) ? -errno : 0;
	kvm_munmap(alias, size);
	return ret;
}

static void fire_collapse(const struct trigger_range *range, struct trigger_result *result)
{
	collapse(range->control->mem, range->control->nr_pages);
	result->ret = collapse(range->addr, range->nr_pages);
}

static size_t collapsed(const struct trigger_range *range)
{
	const struct control *control = range->control;
	const volatile char *page = control->mem;
	size_t i;

	/* Collapse removes the PTEs of small pages. */
	for (i = 0; i < control->nr_pages; i++)
		(void)page[i * getpagesize()];
	return count_flag(control, FOLIO_FLAG(COMPOUND_HEAD) | FOLIO_FLAG(COMPOUND_TAIL));
}

const struct trigger trigger_madv_collapse = {
	.name = "madv_collapse", .call = "madvise(COLLAPSE)",
	.kernel_picks_node = true, .huge = true,
	.skip_reason = collapse_skip_reason, .fire = fire_collapse,
	.must_not_touch = &(const struct must_not_touch) {
		.acts = "collapsed", .rounds = 20, .acted = collapsed,
		.counters = { "thp_collapse_alloc", "thp_collapse_alloc_failed" },
	},
};

/* ---- Reclaim ----------------------------------------------------------------------------- */

/* Without swap the kernel reclaims anonymous memory only after MADV_FREE. */
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

const struct trigger trigger_madv_pageout = {
	.name = "madv_pageout", .call = "madvise(PAGEOUT)",
	.kernel_picks_node = true, .fire = fire_advise, .flags = MADV_PAGEOUT,
	.must_not_touch = &(const struct must_not_touch) {
		.anonymous = true, .acts = "reclaimed", .rounds = 100,
		.counters = { "pglazyfreed", "pswpout", "unevictable_pgs_culled" },
		.prepare = free_control, .acted = reclaimed,
	},
};

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

const struct trigger trigger_madv_cold = {
	.name = "madv_cold", .call = "madvise(COLD)",
	.kernel_picks_node = true, .fire = fire_advise, .flags = MADV_COLD,
	.must_not_touch = &(const struct must_not_touch) {
		.acts = "made cold", .rounds = 100, .acted = cooled,
		.counters = { "pgdeactivate" },
	},
};

/* Bytes of files charged to the case's cgroup. */
static size_t charged_file_bytes(void)
{
	const char *path = cgroup_file("memory.stat");
	char text[16384];
	int r = sysfile_read(path, text, sizeof(text));

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
	char text[32];

	snprintf(text, sizeof(text), "%zu", pages * getpagesize());
	result->ret = sysfile_write(cgroup_file("memory.reclaim"), text);
	if (result->ret == -EAGAIN)
		result->ret = 0;
}

const struct trigger trigger_reclaim = {
	.name = "reclaim", .call = "memory.reclaim",
	.no_range = true, .kernel_picks_node = true, .fire = fire_reclaim,
	.env = &(const struct test_env) { .cgroup = "memory" },
	.must_not_touch = &(const struct must_not_touch) {
		.anonymous = true, .acts = "reclaimed", .rounds = 100,
		.counters = { "pglazyfreed", "pswpout", "pgscan_proactive", "pgsteal_proactive" },
		.prepare = prepare_reclaim, .acted = reclaimed,
	},
};

static const char *demotion_skip_reason(void)
{
	glob_t tiers = {};
	size_t nr;

	glob(TIERS "/memory_tier*", 0, NULL, &tiers);
	nr = tiers.gl_pathc;
	globfree(&tiers);
	if (access(DEMOTION, F_OK))
		return "no demotion (needs CONFIG_NUMA and CONFIG_MIGRATION)";
	if (access(DEMOTION, W_OK))
		return "demotion cannot be enabled (be root)";
	return nr < 2 ? "all memory is in one tier (needs slower memory, such as CXL)" : NULL;
}

/* Reclaim demotes cold memory. */
static const char *prepare_demotion(const struct trigger_range *range)
{
	return advise(range, MADV_COLD) ? "no madvise(MADV_COLD) (needs Linux 5.4)" : NULL;
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

const struct trigger trigger_demotion = {
	.name = "demotion", .call = "memory.reclaim, with demotion", .reason = "MR_DEMOTION",
	.no_range = true, .kernel_picks_node = true,
	.skip_reason = demotion_skip_reason, .fire = fire_reclaim,
	.env = &(const struct test_env) {
		.settings = (const struct setting[]) { { .path = DEMOTION, .value = "1" }, {} },
		.cgroup = "memory",
	},
	.must_not_touch = &(const struct must_not_touch) {
		.acts = "demoted", .rounds = 100,
		.counters = { "pgdemote_proactive", "pgdemote_direct", "pgmigrate_success",
			      "pgmigrate_fail" },
		.prepare = prepare_demotion, .acted = demoted,
	},
};
