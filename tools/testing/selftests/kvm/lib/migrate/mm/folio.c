// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "numaif.h"
#include "migrate/mm/folio.h"

/* Bits of a pagemap entry: Documentation/admin-guide/mm/pagemap.rst. */
#define PAGEMAP_PRESENT		(1ULL << 63)
#define PAGEMAP_PFN_MASK	((1ULL << 55) - 1)

/* Pages per call, so that the arrays fit on the stack. */
#define BATCH 256

bool pagemap_present(uint64_t entry)
{
	return entry & PAGEMAP_PRESENT;
}

uint64_t pagemap_pfn(uint64_t entry)
{
	return pagemap_present(entry) ? entry & PAGEMAP_PFN_MASK : 0;
}

int pagemap_read(const void *addr, size_t nr_pages, uint64_t *entries)
{
	ssize_t n, size = nr_pages * sizeof(*entries);
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	n = pread(fd, entries, size, (uintptr_t)addr / getpagesize() * sizeof(*entries));
	if (n != size)
		n = n < 0 ? -errno : -ENODATA;
	close(fd);
	return n < 0 ? n : 0;
}

void lru_drain(void)
{
	void *no_page = NULL;
	int no_node = 0, no_status;

	move_pages(0, 0, &no_page, &no_node, &no_status, MPOL_MF_MOVE);
}

bool folio_pfns_visible(void)
{
	char probe = 1;
	uint64_t entry;

	return !pagemap_read(&probe, 1, &entry) && pagemap_pfn(entry);
}

uint64_t pageflags_get(uint64_t pfn)
{
	int fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	uint64_t flags = 0;

	if (fd < 0)
		return 0;
	if (pread(fd, &flags, sizeof(flags), pfn * sizeof(flags)) < 0)
		flags = 0;
	close(fd);
	return flags;
}

static int inspect_batch(const char *mem, size_t nr_pages, struct folio_info *info)
{
	uint64_t entries[BATCH];
	void *pages[BATCH];
	int status[BATCH], r;
	size_t i;

	for (i = 0; i < nr_pages; i++)
		pages[i] = (void *)(mem + i * getpagesize());
	if (move_pages(0, nr_pages, pages, NULL, status, 0) < 0)
		return -errno;
	r = pagemap_read(mem, nr_pages, entries);
	for (i = 0; i < nr_pages && !r; i++) {
		info[i].node = status[i];
		info[i].pfn = pagemap_pfn(entries[i]);
		info[i].flags = info[i].pfn ? pageflags_get(info[i].pfn) : 0;
	}
	return r;
}

int folio_inspect(const void *addr, size_t nr_pages, struct folio_info *info)
{
	const char *page = addr;
	size_t done, n;
	int r = 0;

	for (done = 0; done < nr_pages && !r; done += n) {
		n = nr_pages - done < BATCH ? nr_pages - done : BATCH;
		r = inspect_batch(page + done * getpagesize(), n, info + done);
	}
	return r;
}

#define NAME(flag) [KPF_##flag] = #flag
static const char * const flag_names[64] = {
	NAME(LOCKED), NAME(ERROR), NAME(REFERENCED), NAME(UPTODATE), NAME(DIRTY), NAME(LRU),
	NAME(ACTIVE), NAME(SLAB), NAME(WRITEBACK), NAME(RECLAIM), NAME(BUDDY), NAME(MMAP),
	NAME(ANON), NAME(SWAPCACHE), NAME(SWAPBACKED), NAME(COMPOUND_HEAD),
	NAME(COMPOUND_TAIL), NAME(HUGE), NAME(UNEVICTABLE), NAME(HWPOISON), NAME(NOPAGE),
	NAME(KSM), NAME(THP), NAME(OFFLINE), NAME(ZERO_PAGE), NAME(IDLE), NAME(PGTABLE),
};

char *folio_flag_names(uint64_t flags, char *text, size_t size)
{
	size_t used = 0;
	int bit, n;

	text[0] = '\0';
	for (bit = 0; bit < 64; bit++) {
		if (!(flags & (1ULL << bit)))
			continue;
		if (flag_names[bit])
			n = snprintf(text + used, size - used, "%s%s", used ? " " : "",
				     flag_names[bit]);
		else
			n = snprintf(text + used, size - used, "%s#%d", used ? " " : "", bit);
		if (n < 0 || (size_t)n >= size - used)
			break;
		used += n;
	}
	return text;
}
