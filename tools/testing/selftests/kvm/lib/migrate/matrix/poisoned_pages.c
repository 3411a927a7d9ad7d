// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/mman.h>

#include "kselftest.h"
#include "kvm_util.h"
#include "migrate/gmem/guest_access.h"
#include "migrate/matrix/poisoned_pages.h"
#include "migrate/matrix/property.h"
#include "migrate/mm/folio.h"
#include "migrate/mm/hwpoison.h"
#include "migrate/runner/test_env.h"
#include "migrate/util/ksft_text.h"

#define FEW_PAGES 4

/* A folio that was on an LRU list or mapped keeps neither flag. */
#define FLAGS_OFF (FOLIO_FLAG(LRU) | FOLIO_FLAG(MMAP) | FOLIO_FLAG(BUDDY))

/* An error must kill no task, and not end in a panic. */
static const struct setting settings[] = {
	{ "/proc/sys/vm/memory_failure_early_kill", "0", .optional = true },
	{ "/proc/sys/vm/memory_failure_recovery", "1", .optional = true },
	{ "/proc/sys/vm/enable_soft_offline", "1", .optional = true },
	{},
};

static const struct setting *choose_settings(void)
{
	return hwpoison_skip_reason() ? NULL : settings;
}

const struct test_env env_hwpoison = { .choose = choose_settings };

void poisoned_pages_init(struct poisoned_pages *poisoned, size_t first)
{
	*poisoned = (struct poisoned_pages) { .first = first, .kib = hwpoison_kib() };
}

size_t poisoned_pages_few(const struct fixture *fx)
{
	size_t few = fx->gvm->nr_pages / 4;

	return few < FEW_PAGES ? few : FEW_PAGES;
}

/* Print what went wrong with @page, which has or had frame @pfn.  Returns KSFT_FAIL. */
static int fail(const struct fixture *fx, size_t page, uint64_t pfn, const char *what,
		const char *wanted, const char *got)
{
	ksft_print_msg("page %zu, poisoned frame 0x%" PRIx64 ": %s: wanted %s, got %s; %s\n", page,
		       pfn, what, wanted, got, suite_context(fx->suite));
	return KSFT_FAIL;
}

static int fail_return(const struct fixture *fx, size_t page, uint64_t pfn, const char *what,
		       long wanted, long got)
{
	char wanted_text[32], got_text[32];

	return fail(fx, page, pfn, what, return_text(wanted, wanted_text, sizeof(wanted_text)),
		    return_text(got, got_text, sizeof(got_text)));
}

static int fail_flags(const struct fixture *fx, size_t page, uint64_t pfn, const char *wanted)
{
	char names[256];

	return fail(fx, page, pfn, "page flags", wanted,
		    folio_flag_names(pageflags_get(pfn), names, sizeof(names)));
}

int poison_pages(struct fixture *fx, struct poisoned_pages *poisoned, size_t nr, bool mapped)
{
	size_t page = poisoned->first + poisoned->nr, end = page + nr;
	uint64_t pfn;
	int r;

	TEST_ASSERT(poisoned->nr + nr <= POISONED_PAGES_MAX, "too many poisoned pages");
	for (; page < end; page++) {
		pfn = fx->verdict.pages[page].before.pfn;
		hwpoison_undo_add(pfn);
		poisoned->pfns[poisoned->nr++] = pfn;
		r = mapped ? hwpoison_mapped(gmem_page(fx->gvm, page)) : hwpoison_phys(pfn);
		if (r && r != -EBUSY)
			return fail_return(fx, page, pfn, "the simulated error", -EBUSY, r);
	}
	return KSFT_PASS;
}

int poisoned_pages_check(struct fixture *fx, const struct poisoned_pages *poisoned)
{
	uint64_t pfn, flags;
	size_t i, page;
	int code;

	for (i = 0; i < poisoned->nr; i++) {
		pfn = poisoned->pfns[i];
		page = poisoned->first + i;
		flags = pageflags_get(pfn);
		if (!(flags & FOLIO_FLAG(HWPOISON)) || (flags & FLAGS_OFF))
			return fail_flags(fx, page, pfn, "HWPOISON, and neither LRU nor MMAP");
		if (!vm_kind_host_maps(fx->gvm->kind))
			continue;
		code = sigbus_code_at(gmem_page(fx->gvm, page));
		if (code != BUS_MCEERR_AR)
			return fail_return(fx, page, pfn, "si_code of the host's access",
					   BUS_MCEERR_AR, code);
	}
	return KSFT_PASS;
}

static int give_back(struct fixture *fx, size_t page, uint64_t pfn)
{
	int r = hwpoison_undo_run(pfn);

	if (r)
		return fail_return(fx, page, pfn, "unpoison-pfn", 0, r);
	return hwpoison_is_marked(pfn) ? fail_flags(fx, page, pfn, "no HWPOISON") : KSFT_PASS;
}

/* Twice: an access that failed must not open the page. */
static int guest_must_fail(struct fixture *fx, size_t page, uint64_t pfn)
{
	int r = gmem_guest_try_read(fx->gvm, page);

	if (r == -EHWPOISON)
		r = gmem_guest_try_again(fx->gvm);
	if (r != -EHWPOISON)
		return fail_return(fx, page, pfn, "KVM_RUN at the guest's access", -EHWPOISON, r);
	if (gmem_guest_fault_page(fx->gvm) == page)
		return KSFT_PASS;
	return fail(fx, page, pfn, "exit of KVM_RUN", "KVM_EXIT_MEMORY_FAULT for the page",
		    exit_reason_str(fx->gvm->vcpus[0].vcpu->run->exit_reason));
}

static int host_must_read_zero(struct fixture *fx, size_t page, uint64_t pfn)
{
	int code = sigbus_code_at(gmem_page(fx->gvm, page));

	if (code)
		return fail_return(fx, page, pfn, "si_code of the host's access", 0, code);
	if (*(u64 *)gmem_page(fx->gvm, page))
		return fail(fx, page, pfn, "the host's read after the hole", "0", "data");
	return KSFT_PASS;
}

/* The access that failed goes on, and finds a new page. */
static int must_read_zero(struct fixture *fx, size_t page, uint64_t pfn)
{
	int r = gmem_guest_try_again(fx->gvm);

	if (r)
		return fail_return(fx, page, pfn, "KVM_RUN after the hole", 0, r);
	if (vm_kind_reads_zero(fx->gvm->kind) && gmem_guest_word_read(fx->gvm))
		return fail(fx, page, pfn, "the guest's read after the hole", "0", "data");
	return vm_kind_host_maps(fx->gvm->kind) ? host_must_read_zero(fx, page, pfn) : KSFT_PASS;
}

/* The host's PTE for a poisoned page outlives the hole (zap_nonpresent_ptes() in mm/memory.c). */
void poisoned_pages_punch(struct fixture *fx, size_t first, size_t nr)
{
	gmem_punch(fx->gvm, first, nr);
	if (vm_kind_host_maps(fx->gvm->kind))
		kvm_madvise(gmem_page(fx->gvm, first), nr * fx->gvm->page_size, MADV_DONTNEED);
}

int poisoned_page_replace(struct fixture *fx, size_t page, uint64_t pfn)
{
	int result = guest_must_fail(fx, page, pfn);

	if (result)
		return result;
	poisoned_pages_punch(fx, page, 1);
	return must_read_zero(fx, page, pfn);
}

int poisoned_pages_unpoison(struct fixture *fx, const struct poisoned_pages *poisoned)
{
	int result = KSFT_PASS;
	size_t i;

	for (i = 0; i < poisoned->nr && !result; i++)
		result = give_back(fx, poisoned->first + i, poisoned->pfns[i]);
	if (result || hwpoison_kib() == poisoned->kib)
		return result;
	ksft_print_msg("HardwareCorrupted: wanted %ld kB, as before, got %ld kB; %s\n",
		       poisoned->kib, hwpoison_kib(), suite_context(fx->suite));
	return KSFT_FAIL;
}

int poisoned_pages_refill(struct fixture *fx, const struct poisoned_pages *poisoned)
{
	size_t i;

	gmem_leave_out(fx->gvm, 0, 0);
	for (i = poisoned->first; i < poisoned->first + poisoned->nr; i++) {
		fx->gvm->pages[i].bad_word = GUEST_NO_BAD_WORD;
		gmem_guest_fill_page(fx->gvm, i);
	}
	return fixture_judge_content(fx);
}

int poisoned_pages_recover(struct fixture *fx, const struct poisoned_pages *poisoned)
{
	int result = KSFT_PASS;
	size_t i;

	for (i = 0; i < poisoned->nr && !result; i++)
		result = poisoned_page_replace(fx, poisoned->first + i, poisoned->pfns[i]);
	return result ?: poisoned_pages_unpoison(fx, poisoned) ?:
	       poisoned_pages_refill(fx, poisoned);
}
