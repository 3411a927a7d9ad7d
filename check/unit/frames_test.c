// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which flags are those of an unmapped folio of guest_memfd; sets of frames; a look at all frames
 * of this machine.
 */
#include <errno.h>

#include "migrate/folio.h"
#include "migrate/frames.h"
#include "migrate/numa.h"
#include "unit.h"

#define GMEM (FOLIO_FLAG(UPTODATE) | FOLIO_FLAG(DIRTY) | FOLIO_FLAG(LRU) | FOLIO_FLAG(UNEVICTABLE))

static void check_flags(void)
{
	CHECK("guest_memfd", frame_flags_filled(GMEM));
	CHECK("off its list for a moment", frame_flags_filled(GMEM & ~FOLIO_FLAG(LRU)));
	CHECK("clean", frame_flags_filled(GMEM & ~FOLIO_FLAG(DIRTY)));
	CHECK("without content", !frame_flags_filled(GMEM & ~FOLIO_FLAG(UPTODATE)));
	CHECK("evictable", !frame_flags_filled(GMEM & ~FOLIO_FLAG(UNEVICTABLE)));
	CHECK("mapped", !frame_flags_filled(GMEM | FOLIO_FLAG(MMAP)));
	CHECK("locked anonymous memory", !frame_flags_filled(GMEM | FOLIO_FLAG(ANON)));
	CHECK("locked shmem", !frame_flags_filled(GMEM | FOLIO_FLAG(SWAPBACKED)));
	CHECK("out of use", !frame_flags_filled(GMEM | FOLIO_FLAG(HWPOISON)));
	CHECK("free", !frame_flags_filled(FOLIO_FLAG(BUDDY)) && !frame_flags_filled(0));
}

static void check_sets(void)
{
	uint64_t pfns[] = { 3, 5, 0x100000000 };
	const struct frame_set set = { .pfns = pfns, .nr = 3, .room = 3 };
	const struct frame_set empty = {};

	CHECK("members", frame_set_has(&set, 3) && frame_set_has(&set, 0x100000000));
	CHECK("others", !frame_set_has(&set, 4) && !frame_set_has(&set, 0));
	CHECK("the empty set", !frame_set_has(&empty, 3));
}

static void check_live(void)
{
	struct frame_set fresh = {}, filled = {};
	char here = 1;
	uint64_t entry;
	size_t i;
	bool good;

	if (frames_missing()) {
		ksft_test_result_code(KSFT_SKIP, "frames are searched", "page frames are hidden");
		return;
	}
	CHECK("frames are searched", !frames_scan(NUMA_ANY_NODE, &fresh, &filled));
	for (i = 0, good = true; i + 1 < filled.nr; i++)
		good &= filled.pfns[i] < filled.pfns[i + 1];
	CHECK("they come in order", good);
	good = !pagemap_read(&here, 1, &entry);
	CHECK("a mapped frame is none of them",
	      good && !frame_set_has(&filled, pagemap_pfn(entry)) &&
	      !frame_set_has(&fresh, pagemap_pfn(entry)));
	CHECK("a frame has a node", frame_node(pagemap_pfn(entry)) >= 0);
	CHECK("no frame, no node", frame_node(~0ULL >> 1) == -ENOENT);
	frame_set_free(&fresh);
	frame_set_free(&filled);
}

int main(void)
{
	check_flags();
	check_sets();
	check_live();
	return unit_finish();
}
