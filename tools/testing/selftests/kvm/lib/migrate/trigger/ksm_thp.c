// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSM, which merges equal pages, and collapse, which makes a huge page of small ones.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm_util.h"
#include "migrate/mm/folio.h"
#include "migrate/runner/test_env.h"
#include "migrate/trigger/trigger.h"
#include "migrate/util/sysfile.h"

#define KSM		"/sys/kernel/mm/ksm/"
#define HUGE_SIZE	"/sys/kernel/mm/transparent_hugepage/hpage_pmd_size"

/* How often to read the scan counter, with a sched_yield() each time. */
#define SCAN_READS	1000000

static const struct setting ksm_settings[] = {
	{ .path = KSM "sleep_millisecs", .value = "0" },
	{ .path = KSM "run", .value = "1" },
	{},
};

static const struct test_env ksm_env = { .settings = ksm_settings };

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
	result->ret = trigger_advise(range, MADV_MERGEABLE) ?: wait_for_full_scan();
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

static size_t merged(const struct trigger_range *range)
{
	return count_flag(range->control, FOLIO_FLAG(KSM));
}

static const struct must_not_touch must_not_touch_ksm = {
	.control = { .anonymous = true }, .acts = "merged", .rounds = 20,
	.acted = merged,
};

const struct trigger trigger_ksm = {
	.name = "ksm", .call = "madvise(MERGEABLE)",
	.kernel_picks_node = true,
	.env = &ksm_env, .must_not_touch = &must_not_touch_ksm, .skip_reason = ksm_skip_reason,
	.fire = fire_ksm,
};

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

static const struct must_not_touch must_not_touch_collapse = {
	.control = { .huge = true }, .acts = "collapsed", .rounds = 20,
	.counters = { "thp_collapse_alloc", "thp_collapse_alloc_failed" }, .acted = collapsed,
};

const struct trigger trigger_madv_collapse = {
	.name = "madv_collapse", .call = "madvise(COLLAPSE)",
	.kernel_picks_node = true, .huge = true,
	.must_not_touch = &must_not_touch_collapse, .skip_reason = collapse_skip_reason,
	.fire = fire_collapse,
};
