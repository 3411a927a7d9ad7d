// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm_util.h"
#include "migrate/mm/folio.h"
#include "migrate/mm/hwpoison.h"
#include "migrate/util/sysfile.h"
#include "migrate/util/undo.h"

#define HARD_OFFLINE	"/sys/devices/system/memory/hard_offline_page"
#define SOFT_OFFLINE	"/sys/devices/system/memory/soft_offline_page"
#define UNPOISON	"/sys/kernel/debug/hwpoison/unpoison-pfn"
#define MEMINFO_SIZE	8192

/* Bits of a pagemap entry: Documentation/admin-guide/mm/pagemap.rst. */
#define PAGEMAP_SWAP	(1ULL << 62)
#define PAGEMAP_ENTRY	((1ULL << 55) - 1)
#define SWAP_TYPE_BITS	5

/* @missing: the reason where the kernel has no @path. */
static const char *skip_reason(const char *path, const char *missing)
{
	if (!folio_pfns_visible())
		return "page frames are hidden (be root)";
	if (access(path, W_OK))
		return missing;
	if (access(UNPOISON, W_OK))
		return "frames cannot be given back (needs CONFIG_HWPOISON_INJECT, mount debugfs)";
	return NULL;
}

const char *hwpoison_skip_reason(void)
{
	return skip_reason(HARD_OFFLINE,
			   "no handling of memory errors (needs CONFIG_MEMORY_FAILURE)");
}

const char *soft_offline_skip_reason(void)
{
	return skip_reason(SOFT_OFFLINE, "no soft offlining (needs CONFIG_MEMORY_FAILURE)");
}

static char *number_text(uint64_t number, char *text, size_t size)
{
	snprintf(text, size, "0x%" PRIx64, number);
	return text;
}

static void ignore_sigbus(int sig)
{
	(void)sig;
}

/* The kernel sends SIGBUS for a page that is mapped and dirty (kill_procs()). */
int hwpoison_mapped(void *addr)
{
	struct sigaction ignore = { .sa_handler = ignore_sigbus }, old;
	int r;

	sigaction(SIGBUS, &ignore, &old);
	r = madvise(addr, getpagesize(), MADV_HWPOISON) ? -errno : 0;
	sigaction(SIGBUS, &old, NULL);
	return r;
}

int hwpoison_phys(uint64_t pfn)
{
	char text[32];

	return sysfile_write(HARD_OFFLINE, number_text(pfn * getpagesize(), text, sizeof(text)));
}

int soft_offline_phys(uint64_t pfn)
{
	char text[32];

	return sysfile_write(SOFT_OFFLINE, number_text(pfn * getpagesize(), text, sizeof(text)));
}

int unpoison_memory(uint64_t pfn)
{
	char text[32];

	return sysfile_write(UNPOISON, number_text(pfn, text, sizeof(text)));
}

void hwpoison_undo_add(uint64_t pfn)
{
	char text[32];

	undo_add_another(UNPOISON, number_text(pfn, text, sizeof(text)));
}

int hwpoison_undo_run(uint64_t pfn)
{
	char text[32];
	int r;

	number_text(pfn, text, sizeof(text));
	if (!hwpoison_is_marked(pfn)) {
		undo_cancel(UNPOISON, text);
		return -ENOENT;
	}
	r = undo_run(UNPOISON, text);
	if (r)
		undo_cancel(UNPOISON, text);
	return r;
}

static bool is_marked(uint64_t flags)
{
	return flags & FOLIO_FLAG(HWPOISON);
}

bool hwpoison_is_marked(uint64_t pfn)
{
	return is_marked(pageflags_get(pfn));
}

void hwpoison_scan(struct pfn_set *set)
{
	const struct pageflags_query query = { is_marked, set };

	pageflags_scan(&query, 1);
}

size_t hwpoison_undo_since(const struct pfn_set *before)
{
	struct pfn_set now = {};
	size_t i, nr = 0;

	hwpoison_scan(&now);
	pfn_set_subtract(&now, before);
	for (i = 0; i < now.nr; i++)
		nr += !unpoison_memory(now.pfns[i]);
	pfn_set_free(&now);
	return nr;
}

long hwpoison_kib(void)
{
	static const char name[] = "HardwareCorrupted:";
	char text[MEMINFO_SIZE], *at;
	int r = sysfile_read("/proc/meminfo", text, sizeof(text));

	TEST_ASSERT(r > 0, "cannot read /proc/meminfo: %s", strerror(-r));
	at = strstr(text, name);
	TEST_ASSERT(at, "/proc/meminfo has no %s", name);
	return strtol(at + sizeof(name) - 1, NULL, 10);
}

uint64_t hwpoison_pfn_at(const void *addr)
{
	uint64_t entry, pfn;

	TEST_ASSERT(!pagemap_read(addr, 1, &entry), "cannot read pagemap");
	/* A PTE for a poisoned page is a swap entry: its type and the PFN. */
	pfn = pagemap_present(entry) ? pagemap_pfn(entry) :
	      entry & PAGEMAP_SWAP ? (entry & PAGEMAP_ENTRY) >> SWAP_TYPE_BITS : 0;
	return pfn && hwpoison_is_marked(pfn) ? pfn : 0;
}

static sigjmp_buf after_sigbus;
static siginfo_t sigbus;

static void note_sigbus(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	sigbus = *info;
	siglongjmp(after_sigbus, 1);
}

int sigbus_code_at(const void *addr)
{
	struct sigaction note = { .sa_sigaction = note_sigbus, .sa_flags = SA_SIGINFO }, old;
	uintptr_t page = ~((uintptr_t)getpagesize() - 1);
	int code = 0;

	sigaction(SIGBUS, &note, &old);
	if (!sigsetjmp(after_sigbus, 1)) {
		READ_ONCE(*(const char *)addr);
	} else {
		TEST_ASSERT(!(((uintptr_t)sigbus.si_addr ^ (uintptr_t)addr) & page),
			    "SIGBUS at %p, not at %p", sigbus.si_addr, addr);
		code = sigbus.si_code;
	}
	sigaction(SIGBUS, &old, NULL);
	return code;
}
