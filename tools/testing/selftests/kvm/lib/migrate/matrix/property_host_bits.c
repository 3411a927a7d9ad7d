// SPDX-License-Identifier: GPL-2.0-only
/*
 * Properties host_accessed and host_soft_dirty; see migrate/matrix/property_table.h.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest.h"
#include "kvm_util.h"
#include "migrate/matrix/property.h"
#include "migrate/mm/host_mapping.h"

/* Pages 1, 3, 5 ... are accessed after the bits were cleared. */
static void access_some(const struct fixture *fx, bool write_them)
{
	size_t page;

	for (page = 1; page < fx->gvm->nr_pages; page += 2) {
		volatile u64 *word = gmem_page(fx->gvm, page);
		u64 value = *word;

		if (write_them)
			*word = value;
	}
}

int act_host_accessed(struct fixture *fx)
{
	struct host_mapping mapping;
	int result;

	TEST_ASSERT(!host_clear_accessed(), "cannot clear accessed bits");
	/* The CPU sets no bit of a PTE that its TLB holds. */
	property_protect(fx, PROT_READ);
	property_protect(fx, PROT_READ | PROT_WRITE);
	access_some(fx, false);
	TEST_ASSERT(!host_mapping_read(fx->gvm->mem, &mapping), "cannot find the mapping");
	if (!mapping.referenced || mapping.referenced == mapping.rss)
		return suite_skip("the CPU does not set accessed bits, or something accesses all "
				  "pages");
	result = property_move_and_compare(fx);
	return fixture_judge_content(fx) ?: result ?: property_rewrite_and_judge(fx);
}

/* Returns how many pages have a wrong soft-dirty bit; @all: each page must have it. */
static size_t soft_dirty_wrong(const struct fixture *fx, bool all)
{
	size_t nr = fx->gvm->nr_pages, page, wrong = 0;
	u64 *entries = calloc(nr, sizeof(*entries));

	TEST_ASSERT(entries && !pagemap_read(fx->gvm->mem, nr, entries), "cannot read pagemap");
	for (page = 0; page < nr; page++)
		wrong += pagemap_soft_dirty(entries[page]) != (all || page % 2);
	free(entries);
	return wrong;
}

int act_host_soft_dirty(struct fixture *fx)
{
	size_t wrong_before, wrong_after, wrong_written;
	int result;

	TEST_ASSERT(!host_clear_soft_dirty(), "cannot clear soft-dirty bits");
	access_some(fx, true);
	wrong_before = soft_dirty_wrong(fx, false);
	result = property_move_and_compare(fx);
	wrong_after = soft_dirty_wrong(fx, false);
	/* A page that was not written is still write-protected, so the next write shows. */
	result = fixture_judge_content(fx) ?: result;
	gmem_host_fill(fx->gvm);
	wrong_written = soft_dirty_wrong(fx, true);
	if (wrong_before || wrong_after || wrong_written) {
		ksft_print_msg("pages with a wrong soft-dirty bit: %zu before, %zu after, %zu once "
			       "all are written\n", wrong_before, wrong_after, wrong_written);
		return KSFT_FAIL;
	}
	return result ?: property_rewrite_and_judge(fx);
}

const char *host_accessed_skip_reason(void)
{
	if (access("/proc/self/clear_refs", W_OK) || access("/proc/self/smaps", R_OK))
		return "no accessed bits (needs CONFIG_PROC_PAGE_MONITOR)";
	return NULL;
}

/* A write after the bits were cleared must show. */
const char *host_soft_dirty_skip_reason(void)
{
	static char page[1 << 17];
	volatile char *byte = page + sizeof(page) / 2;
	uint64_t entry;

	*byte = 1;
	if (!host_clear_soft_dirty()) {
		*byte = 2;
		if (!pagemap_read((const char *)byte, 1, &entry) && pagemap_soft_dirty(entry))
			return NULL;
	}
	return "no soft-dirty bits (needs CONFIG_MEM_SOFT_DIRTY)";
}
