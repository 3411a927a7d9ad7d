// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which flags are those of an unmapped folio of guest_memfd; sets of frames; a look at all frames
 * of this machine.
 */
#include <errno.h>

#include "migrate/mm/folio.h"
#include "migrate/mm/numa.h"
#include "migrate/mm/pageflags_scan.h"
#include "unit.h"

#define GMEM (FOLIO_FLAG(UPTODATE) | FOLIO_FLAG(DIRTY) | FOLIO_FLAG(LRU) | FOLIO_FLAG(UNEVICTABLE))

static void check_flags(void)
{
	CHECK("guest_memfd", pageflags_unmapped_uptodate(GMEM));
	CHECK("off its list for a moment", pageflags_unmapped_uptodate(GMEM & ~FOLIO_FLAG(LRU)));
	CHECK("clean", pageflags_unmapped_uptodate(GMEM & ~FOLIO_FLAG(DIRTY)));
	CHECK("without content", !pageflags_unmapped_uptodate(GMEM & ~FOLIO_FLAG(UPTODATE)));
	CHECK("evictable", !pageflags_unmapped_uptodate(GMEM & ~FOLIO_FLAG(UNEVICTABLE)));
	CHECK("mapped", !pageflags_unmapped_uptodate(GMEM | FOLIO_FLAG(MMAP)));
	CHECK("locked anonymous memory", !pageflags_unmapped_uptodate(GMEM | FOLIO_FLAG(ANON)));
	CHECK("locked shmem", !pageflags_unmapped_uptodate(GMEM | FOLIO_FLAG(SWAPBACKED)));
	CHECK("out of use", !pageflags_unmapped_uptodate(GMEM | FOLIO_FLAG(HWPOISON)));
	CHECK("free",
	      !pageflags_unmapped_uptodate(FOLIO_FLAG(BUDDY)) && !pageflags_unmapped_uptodate(0));
}

static void check_sets(void)
{
	uint64_t pfns[] = { 3, 5, 0x100000000 };
	const struct pfn_set set = { .pfns = pfns, .nr = 3, .room = 3 };
	const struct pfn_set empty = {};

	CHECK("members", pfn_set_has(&set, 3) && pfn_set_has(&set, 0x100000000));
	CHECK("others", !pfn_set_has(&set, 4) && !pfn_set_has(&set, 0));
	CHECK("the empty set", !pfn_set_has(&empty, 3));
}

static void check_live(void)
{
	struct pfn_set fresh = {}, filled = {};
	char here = 1;
	uint64_t entry;
	size_t i;
	bool good;

	if (pageflags_skip_reason()) {
		ksft_test_result_code(KSFT_SKIP, "frames are searched", "page frames are hidden");
		return;
	}
	CHECK("frames are searched", !pageflags_scan(NUMA_ANY_NODE, &fresh, &filled));
	for (i = 0, good = true; i + 1 < filled.nr; i++)
		good &= filled.pfns[i] < filled.pfns[i + 1];
	CHECK("they come in order", good);
	good = !pagemap_read(&here, 1, &entry);
	CHECK("a mapped frame is none of them",
	      good && !pfn_set_has(&filled, pagemap_pfn(entry)) &&
	      !pfn_set_has(&fresh, pagemap_pfn(entry)));
	CHECK("a frame has a node", pfn_to_node(pagemap_pfn(entry)) >= 0);
	CHECK("no frame, no node", pfn_to_node(~0ULL >> 1) == -ENOENT);
	pfn_set_free(&fresh);
	pfn_set_free(&filled);
}

int main(void)
{
	check_flags();
	check_sets();
	check_live();
	return unit_finish();
}
