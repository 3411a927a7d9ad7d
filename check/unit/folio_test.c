// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pagemap entries, flag names, and a look at memory of this very process.
 */
#include <errno.h>
#include <sys/mman.h>

#include "migrate/mm/folio.h"
#include "unit.h"

#define PAGES 600	/* more than one batch */

static const char *names(uint64_t flags)
{
	static char text[256];

	return folio_flag_names(flags, text, sizeof(text));
}

static const char *names_cut(uint64_t flags, size_t size)
{
	static char text[256];

	return folio_flag_names(flags, text, size);
}

static void check_live(void)
{
	size_t size = PAGES * getpagesize();
	char *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct folio_info info[PAGES];
	uint64_t entries[PAGES];
	bool numa = true;
	int r;

	mem[0] = 1;
	mem[(PAGES - 1) * getpagesize()] = 1;
	r = pagemap_read(mem, PAGES, entries);
	CHECK("pagemap is read", !r);
	CHECK("touched pages are present",
	      pagemap_present(entries[0]) && pagemap_present(entries[PAGES - 1]));
	CHECK("other pages are not", !pagemap_present(entries[1]));
	r = folio_inspect(mem, PAGES, info);
	if (r == -ENOSYS)
		numa = false;
	if (!numa) {
		ksft_test_result_code(KSFT_SKIP, "pages are inspected", "kernel without NUMA");
		return;
	}
	CHECK("touched pages have a node", !r && info[0].node >= 0 && info[PAGES - 1].node >= 0);
	CHECK("other pages say why they have none", info[1].node == -ENOENT);
	CHECK("frames are known where they are visible", !info[0].pfn == !folio_pfns_visible());
	CHECK("frames differ", !info[0].pfn || info[0].pfn != info[PAGES - 1].pfn);
	munmap(mem, size);
	r = folio_inspect(mem, 1, info);
	CHECK("no mapping is an answer, not an error", !r && info[0].node == -EFAULT);
}

int main(void)
{
	ksft_print_header();
	CHECK("an empty entry is not present", !pagemap_present(0));
	CHECK("a swapped entry has no frame", !pagemap_pfn(1ULL << 62 | 0x1234));
	CHECK("a present entry has its frame", pagemap_pfn(1ULL << 63 | 0x1234) == 0x1234);
	CHECK("soft-dirty and exclusive bits are no frame",
	      pagemap_pfn(1ULL << 63 | 1ULL << 61 | 1ULL << 56 | 1ULL << 55 | 0x99) == 0x99);
	CHECK_TEXT("no flag", names(0), "");
	CHECK_TEXT("flags by name", names(FOLIO_FLAG(UPTODATE) | FOLIO_FLAG(LRU) |
					  FOLIO_FLAG(MMAP) | FOLIO_FLAG(UNEVICTABLE)),
		   "UPTODATE LRU MMAP UNEVICTABLE");
	CHECK_TEXT("a flag without a name", names(1ULL << 40), "#40");
	CHECK("too little room ends the text in time",
	      strlen(names_cut(~0ULL, 16)) < 16);
	check_live();
	return unit_finish();
}
