// SPDX-License-Identifier: GPL-2.0-only
/* The flags of unmapped folios of guest_memfd, sets of PFNs, a scan of this machine's frames. */
#include <errno.h>

#include "migrate/mm/folio.h"
#include "migrate/mm/pageflags_scan.h"
#include "unit.h"

#define GMEM (FOLIO_FLAG(UPTODATE) | FOLIO_FLAG(DIRTY) | FOLIO_FLAG(LRU) | FOLIO_FLAG(UNEVICTABLE))

static void check_flags(void)
{
	CHECK("guest_memfd", pageflags_unmapped_uptodate(GMEM));
	CHECK("isolated from its list", pageflags_unmapped_uptodate(GMEM & ~FOLIO_FLAG(LRU)));
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

static void check_subtract(void)
{
	uint64_t pfns[] = { 3, 5, 8 }, others[] = { 5, 9 };
	struct pfn_set set = { .pfns = pfns, .nr = 3, .room = 3 };
	const struct pfn_set other = { .pfns = others, .nr = 2, .room = 2 };

	pfn_set_subtract(&set, &other);
	CHECK("a difference", set.nr == 2 && pfns[0] == 3 && pfns[1] == 8);
}

/* Pages in 3, 5 and 8, the latter two of which moved. */
static void check_assign(void)
{
	const uint64_t before[] = { 3, 5, 8 }, later[] = { 3, 5, 6 };
	uint64_t now[] = { 3, 5, 6 }, pfns[3];
	const bool moved[] = { false, true, true }, one[] = { false, true, false };
	struct pfn_set set = { .pfns = now, .nr = 3, .room = 3 };

	pfn_set_assign(&set, moved, before, pfns, 3);
	CHECK("a page that stays", pfns[0] == 3);
	CHECK("no page gets the frame that it left", pfns[1] == 6 && pfns[2] == 5);
	pfn_set_assign(&set, one, later, pfns, 3);
	CHECK("a page without another frame", !pfns[1] && pfns[2] == 6);
}

static bool is_anon(uint64_t flags)
{
	return flags & FOLIO_FLAG(ANON);
}

static void check_live(void)
{
	struct pfn_set fresh = {}, filled = {};
	struct pfn_set anon = {};
	const struct pageflags_query queries[] = {
		{ is_anon, &anon },
		{ pageflags_unmapped_not_uptodate, &fresh },
		{ pageflags_unmapped_uptodate, &filled },
	};
	char here = 1;
	uint64_t entry;
	size_t i;
	bool good;

	if (pageflags_skip_reason()) {
		ksft_test_result_code(KSFT_SKIP, "frames are searched",
				      "%s", pageflags_skip_reason());
		return;
	}
	pageflags_scan(queries, 3);
	for (i = 0, good = true; i + 1 < filled.nr; i++)
		good &= filled.pfns[i] < filled.pfns[i + 1];
	CHECK("they come in order", good);
	good = !pagemap_read(&here, 1, &entry);
	CHECK("frames are searched", good && pfn_set_has(&anon, pagemap_pfn(entry)));
	CHECK("a mapped frame is none of them",
	      good && !pfn_set_has(&filled, pagemap_pfn(entry)) &&
	      !pfn_set_has(&fresh, pagemap_pfn(entry)));
	CHECK("a frame has a node", pfn_to_node(pagemap_pfn(entry)) >= 0);
	CHECK("no frame, no node", pfn_to_node(~0ULL >> 1) == -ENOENT);
	pfn_set_free(&anon);
	pfn_set_free(&fresh);
	pfn_set_free(&filled);
}

int main(void)
{
	check_flags();
	check_sets();
	check_subtract();
	check_assign();
	check_live();
	return unit_finish();
}
